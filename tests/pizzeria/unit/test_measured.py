"""The one rule for measurements: tried again a few times, never an error, and said when it did not come out."""

import asyncio

import pytest

from pizzeria.common.measured import NOT_THIS_TIME, TRIES, Measured, measured, measured_async, unless


def by_call(measure, came_out, **options):
    return measured(measure, came_out, **options)


def by_await(measure, came_out, **options):
    async def awaited():
        return measure()

    return asyncio.run(measured_async(awaited, came_out, **options))


both = pytest.mark.parametrize("rule", [by_call, by_await])


@both
@pytest.mark.parametrize(
    ("values", "counts", "came_out", "tries"),
    [
        ([9, 1, 1], 9, True, 1),  # the first that comes out counts, and nothing is measured after it
        ([1, 9, 1], 9, True, 2),
        ([1, 2, 9], 9, True, 3),
        ([1, 2, 3], 3, False, 3),  # otherwise the last
    ],
)
def test_the_first_that_comes_out_counts_otherwise_the_last(rule, values, counts, came_out, tries):
    left = iter(values)
    found = rule(lambda: next(left), lambda value: value > 5)
    assert found == Measured(value=counts, came_out=came_out, tries=tries)
    assert len(list(left)) == TRIES - tries


@both
def test_as_often_as_one_says(rule):
    left = iter(range(100))
    assert rule(lambda: next(left), lambda value: False, tries=7).tries == 7
    assert next(left) == 7
    with pytest.raises(ValueError, match="at least once, not 0 times"):
        rule(lambda: next(left), lambda value: True, tries=0)
    assert next(left) == 8


@both
def test_an_error_is_no_bad_luck(rule):
    calls = []

    def breaks():
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rule(breaks, lambda value: True)
    assert len(calls) == 1


def test_a_sentence_says_what_did_not_come_out():
    good, bad = (Measured(value=0, came_out=came_out, tries=1) for came_out in (True, False))
    assert (good.unless(), bad.unless()) == ("", NOT_THIS_TIME) == (unless(True), unless(False))
    assert (good.unless("no", "yes"), bad.unless("no", "yes")) == ("yes", "no")
