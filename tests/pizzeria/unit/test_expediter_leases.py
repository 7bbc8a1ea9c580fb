"""The expediter's leases: whose work goes back, what counts twice, and what the ledger makes of it."""

from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.protocol.messages import WORDS
from support.expediters import RUN, again, facts_of, handed, late, loaded, says
from support.ledgers import held


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
