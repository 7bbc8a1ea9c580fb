"""The expediter and the ovens: loads, burnt pizzas, and pizzas that are lost."""

import pytest

from pizzeria.ovens.expediter.audit import audit
from support.expediters import RUN, again, facts_of, handed, loaded, says, told


def test_a_baked_pizza_is_taken_out_and_its_oven_takes_the_next(expediter):
    work = loaded(expediter)
    assert (work["order"], work["minutes"], work["burns_after"]) == (1, 30.0, 5.0)
    expediter.ask(0.0, 2, "bake", 30.0, 5.0)
    expediter.oven_says(1.0, "1", says("baking", work["lease"], order=1))
    expediter.tablet_says(1.0, "anna", says("ready"))
    assert not handed(expediter), "nothing to take out yet"
    expediter.oven_says(31.0, "1", says("baked", work["lease"], order=1))
    rescue = handed(expediter, 31.0)["anna"]
    assert rescue["step"] == "take_out"
    expediter.tablet_says(32.0, "anna", says("done", rescue["lease"]))
    assert handed(expediter, 32.0)["1"]["order"] == 2
    assert not expediter.burnt


@pytest.mark.parametrize(("burnt_first", "burnt"), [(True, True), (False, False)])
def test_a_pizza_is_burnt_when_it_was_before_a_cook_came(expediter, burnt_first, burnt):
    work = loaded(expediter)
    expediter.oven_says(31.0, "1", says("baked", work["lease"], order=1))
    if burnt_first:
        expediter.oven_says(40.0, "1", says("burnt", work["lease"], order=1))
    expediter.tablet_says(40.0, "anna", says("ready"))
    rescue = handed(expediter, 40.0)["anna"]
    if not burnt_first:
        expediter.oven_says(40.1, "1", says("burnt", work["lease"], order=1))
    expediter.tablet_says(41.0, "anna", says("done", rescue["lease"]))
    expediter.ask(41.0, 1, "finish", 0.5)
    finish = handed(expediter, 41.0)["anna"]
    expediter.tablet_says(42.0, "anna", says("done", finish["lease"]))
    assert expediter.closed == {1: burnt}
    assert (expediter.burnt, expediter.charcoal) == (set(), {}), "nothing of it is kept"
    assert audit(expediter.take_facts()).closed == {1: burnt}


def test_a_pizza_that_was_baked_before_anybody_asked_for_it_is_taken_out_at_once(expediter):
    expediter.ask(0.0, 1, "bake", 30.0, 5.0)
    expediter.oven_says(0.0, "1", says("empty"))
    lease = handed(expediter)["1"]["lease"]
    expediter.oven_says(31.0, "1", says("baked", lease, order=1))
    expediter.ask(32.0, 1, "take_out", 0.5)
    expediter.tablet_says(32.0, "anna", says("ready"))
    assert handed(expediter, 32.0)["anna"]["step"] == "take_out"


def test_an_oven_that_comes_back_empty_lost_its_pizza_and_says_so_once(expediter):
    work = loaded(expediter)
    expediter.oven_says(1.0, "1", says("baking", work["lease"], order=1))
    expediter.oven_says(9.0, "1", says("empty", session=9, seq=1, order=None) | {"boot": 8.0})
    assert expediter.burnt == {1}
    assert handed(expediter)["1"]["order"] is None
    expediter.oven_says(9.0, "1", says("empty", session=9, seq=2, order=None) | {"boot": 8.0})
    assert [f.fact for f in expediter.take_facts()].count("lost") == 1


def test_an_oven_that_missed_its_load_hears_it_again(expediter):
    work = loaded(expediter)
    expediter.oven_says(1.0, "1", says("empty", order=None))
    assert handed(expediter)["1"] == work
    assert not expediter.burnt


def test_an_oven_that_never_answers_loses_its_pizza_in_the_end(expediter):
    loaded(expediter)
    expediter.tick(2 * 30 + 4 * 5 - 0.1)
    assert not expediter.burnt
    expediter.tick(2 * 30 + 4 * 5)
    assert expediter.burnt == {1}


def test_an_oven_is_offered_once_and_only_while_it_is_there(expediter):
    for _ in range(2):
        expediter.oven_says(0.0, "1", says("empty"))
    assert len(expediter.free_ovens) == 1
    assert not expediter.take_work(), "it is as it should be"
    expediter.oven_says(0.0, "1", says("gone"))
    expediter.ask(0.0, 1, "bake", 30.0, 5.0)
    assert not handed(expediter)
    expediter.oven_says(0.0, "1", says("empty", session=2))
    assert handed(expediter)["1"]["order"] == 1
    expediter.ask(0.0, 2, "bake", 30.0, 5.0)
    expediter.oven_says(0.0, "1", says("empty", session=2))
    assert handed(expediter)["1"]["order"] == 1, "it is not offered before it has heard"


def test_an_oven_that_holds_what_it_should_not_is_told_so(expediter):
    expediter.oven_says(0.0, "1", says("baked", 7, order=5))
    assert handed(expediter)["1"] == {
        "run": RUN,
        "lease": 0,
        "order": None,
        "minutes": 0.0,
        "burns_after": 0.0,
    }


@pytest.mark.parametrize(
    ("baking", "said"),
    [
        (True, says("empty", order=None, session=2) | {"boot": 5.0}),  # a state from before it was loaded
        (True, says("baked", order=5, session=2) | {"boot": 8.0}),
        (False, says("empty", order=None, session=2) | {"boot": 8.0}),
    ],
)
def test_an_oven_has_lost_its_pizza_only_if_it_had_it_and_began_anew(expediter, baking, said):
    first = loaded(expediter)
    expediter.oven_says(1.0, "1", says("baking", first["lease"], order=1))
    expediter.oven_says(2.0, "1", says("baked", first["lease"], order=1))
    expediter.tablet_says(3.0, "anna", says("ready"))
    lease = handed(expediter, 3.0)["anna"]["lease"]
    expediter.tablet_says(4.0, "anna", says("done", lease))
    expediter.oven_says(4.5, "1", says("empty", order=None) | {"boot": 4.4})
    assert not expediter.burnt, "it was empty"
    expediter.ask(5.0, 2, "bake", 30.0, 5.0)
    work = handed(expediter, 5.0)["1"]
    if baking:
        expediter.oven_says(6.0, "1", says("baking", work["lease"], order=2))
    expediter.oven_says(9.0, "1", said)
    assert "lost" not in facts_of(expediter)
    assert handed(expediter, 9.0) == {"1": work}


def test_an_oven_that_lost_its_pizza_takes_the_next_and_the_cook_takes_nothing_out_of_it(expediter):
    work = loaded(expediter)
    expediter.ask(0.0, 2, "bake", 30.0, 5.0)
    expediter.oven_says(1.0, "1", says("baking", work["lease"], order=1))
    told(expediter)
    expediter.oven_says(9.0, "1", says("empty", session=9, order=None) | {"boot": 8.0})
    assert told(expediter) == [(1, "bake", "done", 9.0, "1")]
    expediter.tablet_says(9.0, "anna", says("ready"))
    now = handed(expediter, 9.0)
    assert (now["1"]["order"], now["anna"]["step"]) == (2, "take_out")
    expediter.tablet_says(10.0, "anna", says("done", now["anna"]["lease"]))
    assert expediter.ovens["1"].order == 2
    assert not handed(expediter, 10.0)


def test_a_baked_pizza_waits_in_its_oven_for_as_long_as_it_takes(expediter):
    work = loaded(expediter)
    for _ in range(2):
        expediter.oven_says(31.0, "1", says("burnt", work["lease"], order=1))
    assert expediter.tick(1000.0) is None
    assert facts_of(expediter) == ["asked", "asked", "loaded", "baking", "baked", "charcoal"]
    told(expediter)
    expediter.oven_says(1001.0, "1", says("empty", session=9, order=None) | {"boot": 1000.0})
    assert told(expediter) == [], "it was baked before"
    assert facts_of(expediter) == ["lost"]


def test_a_pizza_whose_order_ended_needs_no_oven_any_more(expediter):
    expediter.ask(0.0, 1, "bake", 30.0, 5.0)
    expediter.ask(0.0, 1, "finish", 1.0)
    expediter.ask(0.0, 2, "bake", 30.0, 5.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    lease = handed(expediter)["anna"]["lease"]
    expediter.tablet_says(1.0, "anna", says("done", lease))
    expediter.oven_says(1.0, "1", says("empty"))
    assert handed(expediter, 1.0)["1"]["order"] == 2
    twin = again(expediter)
    assert (twin.ovens["1"].order, twin.closed) == (2, {1: False})
