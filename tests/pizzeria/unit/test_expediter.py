"""The expediter without a broker: rules one by one, then whole lunches on a network that loses, repeats and delays."""

import heapq
import itertools
import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter.audit import audit, spans
from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.expediter.process import Pass
from pizzeria.ovens.protocol.messages import WORDS, decode
from support.ledgers import held

RUN = "today"
COUNT = itertools.count(1)


def says(state, lease=None, session=1, seq=None, run=RUN, **more):
    return {
        "run": run,
        "session": session,
        "seq": seq or next(COUNT),
        "boot": 0.0,
        "state": state,
        "lease": lease,
        **more,
    }


def handed(expediter, now=0.0):
    """Dispatch; return what was handed to whom, as {name: message}."""
    expediter.dispatch(now)
    return {name: work for _, name, work in expediter.take_work()}


@pytest.fixture
def expediter():
    return Expediter(RUN, scale=1.0, patience=5.0)


def test_the_most_urgent_goes_first_and_equals_in_the_order_of_asking(expediter):
    for order, step in ((1, "start"), (2, "prepare"), (3, "finish"), (4, "prepare"), (5, "start")):
        expediter.ask(0.0, order, step, 1.0)
    given = []
    for n in range(5):
        expediter.tablet_says(0.0, f"t{n}", says("ready"))
        given += [(w["order"], w["step"]) for w in handed(expediter).values()]
    assert given == [(3, "finish"), (2, "prepare"), (4, "prepare"), (1, "start"), (5, "start")]


def test_the_wall_is_told_who_is_inside_the_longest_and_the_last_one_out(expediter):
    """Times of asking and leaving come from facts, so the next expediter knows them too."""
    expediter.tablet_says(0.0, "anna", says("ready"))
    facts = []
    for order, rang, out in ((1, 100.0, 130.0), (2, 110.0, 190.0), (3, 120.0, None)):
        expediter.ask(rang, order, "finish", 1.0)
        facts += expediter.take_facts()
        if out:
            lease = handed(expediter, rang)["anna"]["lease"]
            expediter.tablet_says(out, "anna", says("done", lease))
            facts += expediter.take_facts()
    assert (expediter.first, expediter.last_out, expediter.longest) == (100.0, 190.0, 80.0)
    assert expediter.inside == {3: 120.0}
    after = Expediter(RUN, 1.0, 5.0, facts)
    assert (after.first, after.last_out, after.longest) == (100.0, 190.0, 80.0)
    assert after.inside == {3: 120.0}


def test_nothing_was_over_before_it_began_whatever_two_clocks_say(expediter):
    """An expediter whose clock is behind closes what one before him was asked for."""
    expediter.tablet_says(0.0, "anna", says("ready"))
    expediter.ask(100.0, 1, "finish", 1.0)
    lease = handed(expediter, 100.0)["anna"]["lease"]
    expediter.tablet_says(40.0, "anna", says("done", lease))
    stands = SimpleNamespace(expediter=expediter, ledger=SimpleNamespace(scale=1.0))
    shown = Pass.board(stands)
    assert (shown["served"], shown["last_out"], shown["longest"]) == (1, 0.0, 0.0)


def test_work_is_given_back_when_the_will_fires_and_keeps_its_place(expediter):
    for order in (1, 2, 3):
        expediter.ask(0.0, order, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    assert handed(expediter)["anna"]["order"] == 1
    expediter.tablet_says(1.0, "anna", says("gone", seq=2**31 - 1))
    expediter.tablet_says(1.0, "bruno", says("ready"))
    assert handed(expediter)["bruno"]["order"] == 1
    assert expediter.given_back == 1


def test_a_will_of_an_older_connection_takes_nothing(expediter):
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready", session=7))
    assert handed(expediter)
    expediter.tablet_says(0.0, "anna", says("gone", session=6, seq=2**31 - 1))
    assert expediter.given_back == 0
    assert expediter.stale == 1


def test_a_lease_ends_and_what_was_late_still_counts_once(expediter):
    expediter.ask(0.0, 1, "finish", 10.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    first = handed(expediter)["anna"]["lease"]
    expediter.tablet_says(0.0, "bruno", says("ready"))
    assert expediter.tick(24.9) == 25.0
    assert not handed(expediter, 24.9)
    expediter.tick(25.0)
    second = handed(expediter, 25.0)["bruno"]["lease"]
    assert second > first
    expediter.tablet_says(26.0, "anna", says("done", first))
    assert expediter.closed == {1: False}
    expediter.tablet_says(27.0, "bruno", says("done", second))
    assert [f.fact for f in expediter.take_facts()].count("done") == 1


@pytest.mark.parametrize("state", ["ready", "done"])
def test_a_tablet_that_missed_its_work_hears_it_again(expediter, state):
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    work = handed(expediter)["anna"]
    expediter.tablet_says(1.0, "anna", says(state, 0))
    assert handed(expediter)["anna"] == work
    assert audit(expediter.take_facts()).hand_outs == 1


def test_what_is_said_twice_or_late_or_in_yesterdays_run_changes_nothing(expediter):
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready", seq=5))
    lease = handed(expediter)["anna"]["lease"]
    for state in ("done", "done"):
        expediter.tablet_says(1.0, "anna", says(state, lease, seq=6))
    expediter.tablet_says(1.0, "anna", says("ready", seq=4))
    expediter.tablet_says(1.0, "anna", says("ready", seq=9, run="yesterday"))
    expediter.oven_says(1.0, "1", says("baked", 3, order=1, run="yesterday"))
    assert [f.fact for f in expediter.take_facts()] == ["asked", "handed", "done"]
    assert expediter.stale == 4


def loaded(expediter, order=1):
    expediter.ask(0.0, order, "bake", 30.0, 5.0)
    expediter.ask(0.0, order, "take_out", 0.5)
    expediter.oven_says(0.0, "1", says("empty"))
    return handed(expediter)["1"]


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


def facts_of(expediter):
    return [fact.fact for fact in expediter.take_facts()]


def told(expediter):
    return [(n["order"], n["step"], n["state"], n["at"], n["who"]) for n in expediter.take_news()]


def test_an_order_hears_all_that_becomes_of_it_and_again_when_it_asks_again(expediter):
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.ask(0.5, 1, "prepare", 1.0)
    assert told(expediter) == []
    expediter.tablet_says(1.0, "anna", says("ready"))
    work = handed(expediter, 2.0)["anna"]
    assert work == {"run": RUN, "lease": 2, "order": 1, "step": "prepare", "minutes": 1.0}
    hand_out = (1, "prepare", "handed", 2.0, "anna")
    assert told(expediter) == [hand_out]
    expediter.ask(3.0, 1, "prepare", 1.0)
    assert told(expediter) == [hand_out]
    expediter.tablet_says(4.0, "anna", says("done", work["lease"]))
    done = (1, "prepare", "done", 4.0, "anna")
    assert told(expediter) == [done]
    expediter.ask(5.0, 1, "prepare", 1.0)
    assert told(expediter) == [hand_out, done]
    load = loaded(expediter)
    expediter.oven_says(30.0, "1", says("baked", load["lease"], order=1))
    assert told(expediter) == [(1, "bake", "handed", 0.0, "1"), (1, "bake", "done", 30.0, "1")]
    for step in ("take_out", "finish"):
        expediter.ask(31.0, 1, step, 1.0)
        lease = handed(expediter, 31.0)["anna"]["lease"]
        told(expediter)
        expediter.tablet_says(32.0, "anna", says("done", lease))
    assert expediter.take_news() == [
        {"order": 1, "step": "finish", "state": "done", "at": 32.0, "who": "anna", "burnt": False}
    ]
    expediter.ask(33.0, 1, "start", 1.0)
    assert told(expediter) == [(1, "start", "done", 33.0, None)]
    assert (expediter.tasks, expediter.leases, expediter.burnt, expediter.charcoal) == ({}, {}, set(), {})


def test_who_works_or_is_gone_is_handed_nothing(expediter):
    for order in (1, 2):
        expediter.ask(0.0, order, "prepare", 1.0)
    for state in ("working", "gone"):
        expediter.tablet_says(0.0, "anna", says("ready"))
        expediter.tablet_says(0.0, "anna", says("ready"))
        expediter.tablet_says(0.0, "anna", says(state))
        assert not handed(expediter)
    expediter.tablet_says(0.0, "anna", says("ready", seq=10_000))
    expediter.tablet_says(0.0, "anna", says("working", seq=10_002))
    expediter.tablet_says(0.0, "anna", says("ready", seq=10_001))
    assert not handed(expediter), "that was before"
    for _ in range(2):
        expediter.tablet_says(1.0, "bruno", says("ready"))
    assert len(expediter.free_tablets) == 1
    assert set(handed(expediter)) == {"bruno"}


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


def test_leases_are_as_long_as_twice_the_work_and_end_one_by_one():
    expediter = Expediter(RUN, scale=0.5, patience=5.0)
    expediter.ask(0.0, 1, "prepare", 4.0)
    expediter.ask(0.0, 2, "prepare", 10.0)
    expediter.ask(0.0, 3, "prepare", 6.0)
    for name in ("anna", "bruno", "carla"):
        expediter.tablet_says(0.0, name, says("ready"))
    work = handed(expediter)
    assert expediter.tick(0.0) == 9.0
    expediter.tablet_says(1.0, "anna", says("done", work["anna"]["lease"]))
    assert expediter.tick(11.0) == 15.0, "anna's was over, and carla's has ended"
    assert facts_of(expediter)[-1] == "back"
    assert expediter.given_back == 1
    expediter.tablet_says(12.0, "carla", says("done", work["carla"]["lease"]))
    assert expediter.tick(15.0) is None
    assert expediter.given_back == 2


def test_after_a_reconnection_all_outstanding_work_is_said_and_its_leases_begin_anew():
    expediter = Expediter(RUN, scale=0.5, patience=5.0)
    bake = loaded(expediter)
    expediter.ask(0.0, 2, "prepare", 100.0)
    expediter.ask(0.0, 3, "prepare", 4.0)
    expediter.ask(0.0, 4, "prepare", 4.0)
    for name in ("anna", "bruno", "carla", "dora"):
        expediter.tablet_says(0.0, name, says("ready"))
    work = handed(expediter)
    expediter.tablet_says(1.0, "carla", says("done", work["carla"]["lease"]))
    expediter.oven_says(1.0, "2", says("empty"))
    expediter.reconnected(50.0)
    assert {name: said for _, name, said in expediter.take_work()} == {
        "1": bake,
        "anna": work["anna"],
        "bruno": work["bruno"],
    }
    assert expediter.tick(50.0) == 50.0 + 2 * 4 * 0.5 + 5
    assert expediter.tick(59.0) == 50.0 + 2 * 30 * 0.5 + 4 * 5
    assert expediter.given_back == 1
    expediter.oven_says(60.0, "1", says("baked", bake["lease"], order=1))
    out = handed(expediter, 60.0)["dora"]
    assert out["step"] == "take_out"
    expediter.tablet_says(61.0, "dora", says("done", out["lease"]))
    expediter.take_work()
    expediter.reconnected(70.0)
    assert {name for _, name, _ in expediter.take_work()} == {"anna", "carla"}


def test_while_we_stood_still_nobody_lost_his_lease(expediter):
    expediter.ask(0.0, 1, "prepare", 10.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    assert handed(expediter)
    expediter.stood_still(100.0)
    assert expediter.tick(124.9) == 125.0
    assert expediter.given_back == 0
    expediter.tick(125.0)
    assert expediter.given_back == 1


def late(expediter):
    """Let anna's lease end and bruno have her work; return both leases."""
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    first = handed(expediter)["anna"]["lease"]
    expediter.tick(7.0)
    assert not handed(expediter, 7.0), "anna says nothing"
    expediter.tablet_says(7.0, "bruno", says("ready"))
    return first, handed(expediter, 7.0)["bruno"]["lease"]


def test_work_that_was_done_twice_is_counted_and_no_more(expediter):
    first, second = late(expediter)
    expediter.tablet_says(8.0, "bruno", says("done", second))
    expediter.tablet_says(8.5, "bruno", says("done", second))
    assert expediter.repeated == 0
    expediter.tablet_says(9.0, "anna", says("done", first))
    assert expediter.repeated == 1
    assert facts_of(expediter) == ["asked", "handed", "back", "handed", "done", "again"]


def test_what_is_done_goes_back_to_nobody(expediter):
    first, _ = late(expediter)
    expediter.tablet_says(8.0, "anna", says("done", first))
    expediter.tablet_says(9.0, "bruno", says("gone", seq=2**31 - 1))
    assert expediter.given_back == 1


def test_who_finishes_late_keeps_what_was_handed_since(expediter):
    first, second = late(expediter)
    expediter.ask(8.0, 2, "prepare", 1.0)
    expediter.tablet_says(8.0, "anna", says("ready"))
    now = handed(expediter, 8.0)["anna"]
    expediter.tablet_says(9.0, "anna", says("done", first))
    assert handed(expediter, 9.0) == {"anna": now}
    assert expediter.tablets["anna"].lease == now["lease"] > second
    assert again(expediter).tablets["anna"].lease == now["lease"]


def again(expediter):
    """Make an expediter of all facts until now."""
    expediter.seen = [*getattr(expediter, "seen", []), *expediter.take_facts()]
    return Expediter(RUN, expediter.scale, expediter.patience, expediter.seen)


def test_facts_are_replayed_over_what_was_done_meanwhile(expediter):
    first, _ = late(expediter)
    expediter.ask(7.0, 2, "start", 1.0)
    expediter.tick(20.0)
    expediter.tablet_says(21.0, "anna", says("done", first))
    assert expediter.waiting(5) == (1, [{"order": 2, "task": WORDS["start"]}])
    expediter.tablet_says(22.0, "anna", says("ready"))
    assert handed(expediter, 22.0)["anna"]["order"] == 2
    twin = again(expediter)
    assert {key: task.state for key, task in twin.tasks.items()} == {
        (1, "prepare"): "done",
        (2, "start"): "handed",
    }
    assert twin.tablets["anna"].lease == expediter.tablets["anna"].lease
    assert twin.tablets["bruno"].lease is None
    assert (twin.given_back, twin.number) == (expediter.given_back, expediter.number)


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


def test_a_ledger_that_hands_out_what_was_not_the_most_urgent_is_refused(expediter):
    for order in (1, 2):
        expediter.ask(0.0, order, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    handed(expediter)
    facts = expediter.take_facts()
    with pytest.raises(ValueError, match="fact 3 of the ledger"):
        Expediter(RUN, 1.0, facts=[*facts[:2], facts[2]._replace(order=2)])


def test_the_most_urgent_that_wait_are_told(expediter):
    for order, step in ((1, "start"), (2, "prepare"), (3, "finish"), (4, "take_out")):
        expediter.ask(0.0, order, step, 1.0)
    assert expediter.waiting(2) == (
        3,
        [{"order": 3, "task": WORDS["finish"]}, {"order": 2, "task": WORDS["prepare"]}],
    )


def test_nonsense_that_fits_the_schema_is_survived(expediter):
    expediter.ask(0.0, 1, "finish", 1.0)
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("done", 99))
    expediter.tablet_says(0.0, "anna", says("done", handed(expediter)["anna"]["lease"]))
    expediter.oven_says(0.0, "1", says("baked", 7, order=5))
    expediter.oven_says(0.0, "1", says("burnt", 7, order=None))
    assert not [w for w in handed(expediter).values() if w.get("step")], "the order is closed"
    assert expediter.closed == {1: False}


class Storm:
    """A lunch in virtual time: the real devices, and a network and expediters that fail as `dice` says."""

    def __init__(self, dice, folder, orders=6, cooks=2, ovens=3, loss=0.1, deaths=4):
        self.dice, self.path, self.loss = dice, folder / "ledger.db", loss
        self.now, self.agenda, self.tick = 1000.0, [], itertools.count()
        self.done = {(order, step): False for order in range(1, orders + 1) for step in PATH}
        self.devices = [Tablet(f"t{n}", 1000.0) for n in range(cooks)] + [
            Oven(f"o{n}", 1000.0) for n in range(ovens)
        ]
        self.sessions = dict.fromkeys((d.name for d in self.devices), 1)
        self.ledger = None
        self.crashes = deaths
        self.open()

    def at(self, delay, what, *args):
        heapq.heappush(self.agenda, (self.now + delay, next(self.tick), what, args))

    def send(self, what, *args):
        for _ in range(self.dice.choices((0, 1, 2), (self.loss, 1 - 2 * self.loss, self.loss))[0]):
            self.at(self.dice.uniform(0.0, 0.05), what, *args)

    def open(self):
        if self.ledger:
            self.ledger.release()
        self.ledger = held(self.path, scale=0.02)
        self.expediter = Expediter(self.ledger.run, 0.02, 1.0, self.ledger.facts())
        self.expediter.reconnected(self.now)
        run = {"run": self.ledger.run, "scale": 0.02}
        for device in self.devices:
            self.at(0.0, self.device_hears, device, "run", run)

    def device_hears(self, device, kind, said):
        if device.hear(kind, said, self.now):
            self.device_says(device)

    def device_says(self, device):
        topic, payload, _ = device.state_message(self.sessions[device.name])
        self.send(self.pass_hears, *decode(topic, payload))

    def pass_hears(self, kind, name, said):
        (self.expediter.tablet_says if kind == "tablet_state" else self.expediter.oven_says)(
            self.now, name, said
        )

    def ask(self):
        for order in {order for order, _ in self.done}:
            wants = next((step for step in PATH if not self.done[order, step]), None)
            for step in ("bake", "take_out") if wants == "bake" else (wants,) if wants else ():
                self.send(self.expediter_asked, order, step)

    def expediter_asked(self, order, step):
        self.expediter.ask(self.now, order, step, 15.0, 20.0)

    def turn(self):
        """Let the expediter decide, write down, and say; or die before or after writing."""
        self.expediter.tick(self.now)
        self.expediter.dispatch(self.now)
        fate = self.dice.random() if self.crashes > 0 else 1.0
        facts = self.expediter.take_facts()
        if fate < 0.01:
            self.crashes -= 1
            self.open()  # what he decided is lost, and nobody heard of it
            return
        self.ledger.write(facts)
        if fate < 0.02:
            self.crashes -= 1
            self.open()  # it is written, and nobody heard of it
            return
        names = {device.name: device for device in self.devices}
        for kind, name, work in self.expediter.take_work():
            self.send(self.device_hears, names[name], f"{kind}_work", work)
        for news in self.expediter.take_news():
            if news["state"] == "done":
                self.send(self.done.__setitem__, (news["order"], news["step"]), True)

    def kill_a_cook(self):
        if self.crashes <= 0:
            return
        self.crashes -= 1
        device = self.dice.choice([d for d in self.devices if d.kind == "tablet"])
        topic, payload = device.will(self.sessions[device.name])
        self.send(self.pass_hears, *decode(topic, payload))
        self.sessions[device.name] += 1
        self.devices[self.devices.index(device)] = reborn = Tablet(device.name, self.now)
        self.at(0.1, self.device_hears, reborn, "run", {"run": self.ledger.run, "scale": 0.02})

    def run(self):
        self.at(self.dice.uniform(0, 3), self.kill_a_cook)
        ask_at = say_at = self.now
        for _ in range(60_000):
            self.now += 0.005
            while self.agenda and self.agenda[0][0] <= self.now:
                _, _, what, args = heapq.heappop(self.agenda)
                what(*args)
            for device in self.devices:
                if device.tick(self.now):
                    self.device_says(device)
            if self.now >= say_at:
                say_at = self.now + 0.5
                for device in self.devices:
                    self.device_says(device)
            if self.now >= ask_at:
                ask_at = self.now + 0.2
                self.ask()
            self.turn()
            if all(self.done.values()):
                return
        raise AssertionError(f"not done after 5 minutes: {[k for k, v in self.done.items() if not v]}")


PATH = ("start", "prepare", "bake", "take_out", "finish")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_order_ends_once_whatever_is_lost_repeated_or_killed(seed, tmp_path_factory):
    storm = Storm(random.Random(seed), tmp_path_factory.mktemp("storm"))
    storm.run()
    storm.ledger.release()
    about, facts = read(storm.path)
    counted = audit(facts)
    assert set(counted.closed) == {order for order, _ in storm.done}
    assert counted.doubled == 0
    assert counted.out_of_urgency == 0
    assert [f.number for f in facts] == list(range(1, len(facts) + 1))
    assert counted.hand_outs >= 4 * len(counted.closed)
    works = spans(facts, about["opened"], about["scale"])
    assert {order for _, _, order, *_ in works} == set(counted.closed)
    assert all(start <= end for start, end, *_ in works)


def test_an_expediter_reborn_from_the_ledger_goes_on_as_if_nothing_had_been(tmp_path):
    with held(tmp_path / "ledger.db") as ledger:
        old = Expediter(ledger.run, 1.0)
        for order in range(1, 9):
            old.ask(0.0, order, "prepare", 1.0)
        for name in ("anna", "bruno"):
            old.tablet_says(0.0, name, says("ready", run=ledger.run))
        work = handed(old)
        old.tablet_says(1.0, "anna", says("done", work["anna"]["lease"], run=ledger.run))
        ledger.write(old.take_facts())
        run, epoch = ledger.run, ledger.epoch
    with held(tmp_path / "ledger.db") as ledger:
        assert (ledger.run, ledger.epoch) == (run, epoch + 1)
        new = Expediter(ledger.run, 1.0, facts=ledger.facts())
    assert not new.take_news(), "it was told before"
    assert not new.take_work()
    assert new.waiting(50) == old.waiting(50)
    assert new.number == old.number
    new.tablet_says(2.0, "bruno", says("done", work["bruno"]["lease"], run=run))
    new.tablet_says(2.0, "anna", says("ready", run=run))
    assert {w["order"] for w in handed(new).values()} == {3, 4}
