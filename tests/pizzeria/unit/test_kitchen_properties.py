"""What must hold in every kitchen, whatever its size: read off the trace, not off the books."""

import warnings
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.kitchen import POLICIES, STRATEGIES, KitchenError, OverloadWarning, Setup, Trace, simulate
from pizzeria.kitchen.staff import Ahead, VirtualTime

KITCHENS = st.builds(
    Setup,
    cooks=st.integers(1, 5),
    agents=st.integers(1, 3),
    ovens=st.integers(1, 8),
    orders_per_hour=st.floats(0.5, 30),
    out_of_stock=st.floats(0, 1),
    hand_over=st.sampled_from([0.0, 0.5, 2.0]),
    lines=st.sampled_from([None, 0, 2]),
)


def lunch(setup, strategy, policy="urgent", seed=1, orders=30):
    trace = Trace()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverloadWarning)
        return simulate(setup, strategy, orders, seed, policy, trace=trace), trace


@settings(max_examples=60, deadline=None)
@given(KITCHENS, st.sampled_from(STRATEGIES), st.sampled_from(POLICIES), st.integers(0, 99))
def test_invariants(setup, strategy, policy, seed):
    run, trace = lunch(setup, strategy, policy, seed)
    assert run.arrived == 30 == run.served + run.lost
    stays = [span for span in trace.spans if span.what == "in the house"]
    assert len(stays) == run.served == len({span.order for span in stays})  # none twice, none forgotten
    prepared = [span.order for span in trace.spans if (span.who, span.what) == ("order", "prepare")]
    assert sorted(prepared) == sorted(span.order for span in stays)
    # Nobody is in two places, and there are no more cooks, ovens and agents than there are.
    held = defaultdict(list)
    for span in trace.spans:
        if span.who != "order":
            held[span.who].append(span)
            kind, number = span.who.split()
            assert 1 <= int(number) <= getattr(setup, f"{kind}s")
    for spans in held.values():
        assert all(before.end <= after.start for before, after in pairwise(spans))
    # Little's law, with both sides taken from the trace: the area under the work in process, stepped through.
    area = in_process = last = 0.0
    for at, change in sorted([(s.start, 1) for s in stays] + [(s.end, -1) for s in stays]):
        area, last, in_process = area + in_process * (at - last), at, in_process + change
    assert in_process == 0
    assert area == pytest.approx(run.served * run.sojourn.mean, rel=1e-6, abs=1e-3)
    if run.minutes:
        assert run.work_in_process == pytest.approx(area / run.minutes, rel=1e-6, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(KITCHENS, st.sampled_from(STRATEGIES), st.booleans(), st.integers(0, 99))
def test_who_is_not_watched_saves_turns_and_nothing_else(setup, strategy, at_once, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverloadWarning)
        watched = simulate(setup, strategy, 30, seed, at_once=at_once, trace=Trace())
        assert simulate(setup, strategy, 30, seed, at_once=at_once) == watched


def test_who_goes_ahead_is_alone_with_it():
    host, seen = VirtualTime(), []

    async def hurry():
        await host.go_ahead(2)
        await Ahead(host, 3)
        seen.append(("ahead", host.now))
        await host.sleep(1)
        seen.append(("back", host.now))

    async def say(word):
        seen.append((word, host.now))

    host.spawn(say("late"), delay=4)
    host.spawn(hurry())
    host.spawn(say("beside"))
    assert host.run() == 6.0
    assert seen == [("ahead", 5.0), ("beside", 0.0), ("late", 4.0), ("back", 6.0)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_gives_the_same_trace_and_another_seed_another(strategy):
    first, again, other = (lunch(Setup(cooks=2), strategy, seed=seed)[1].to_json() for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_both_kitchens_see_the_same_clients():
    talks = [
        sorted(
            (s.order, round(s.end - s.start, 5))
            for s in lunch(Setup(cooks=2), name)[1].spans
            if s.what == "restock"
        )
        for name in STRATEGIES
    ]
    assert talks[0] == talks[1] != []


@pytest.mark.parametrize(
    "wrong",
    [
        {"cooks": 0},
        {"cooks": -1},
        {"cooks": 1.5},
        {"ovens": 0},
        {"agents": 0},
        {"orders_per_hour": 0},
        {"orders_per_hour": -1},
        {"bake": 0},
        {"prepare": -15},
        {"hand_over": -0.5},
        {"out_of_stock": 1.2},
        {"deliver": float("nan")},
        {"call": "five"},
        {"lines": -1},
    ],
)
def test_an_impossible_kitchen_is_named(wrong):
    with pytest.raises(KitchenError, match=next(iter(wrong))):
        Setup(**wrong)


def test_unknown_names_and_empty_lunches_are_named():
    with pytest.raises(KitchenError, match="strategy 'kebab'"):
        simulate(Setup(), "kebab", 1)
    with pytest.raises(KitchenError, match="policy 'lazy'"):
        simulate(Setup(), "apachehut", 1, policy="lazy")
    with pytest.raises(KitchenError, match="orders"):
        simulate(Setup(), "apachehut", 0)


def test_overload_warns_with_the_utilisation():
    with pytest.warns(OverloadWarning, match=r"cooks at 113%.*no steady state"):
        simulate(Setup(cooks=1, orders_per_hour=1.0), "apachehut", 5)


@pytest.mark.parametrize("damage", ["", "{}", "[]", "half", "count", "version"])
def test_a_damaged_trace_is_refused(damage):
    text = lunch(Setup(cooks=1), "apachehut", orders=3)[1].to_json()
    assert Trace.from_json(text).to_json() == text
    broken = {
        "half": text[: len(text) // 2],
        "count": text.replace('"count": ', '"count": 9'),
        "version": text.replace('"version": 1', '"version": 2'),
    }.get(damage, damage)
    with pytest.raises(KitchenError, match="trace"):
        Trace.from_json(broken)
