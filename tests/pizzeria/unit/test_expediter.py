"""The expediter without a broker, rule by rule: who is handed what, and who hears of it."""

from types import SimpleNamespace

import pytest

from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.process import Pass
from pizzeria.ovens.protocol.messages import WORDS
from support.expediters import RUN, handed, loaded, says, told


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
