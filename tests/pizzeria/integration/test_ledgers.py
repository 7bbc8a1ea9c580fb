"""One contract for every ledger: facts are kept in order and once, and of all who think that they lead one can write."""

import asyncio
import subprocess
import sys
import threading
import time
from itertools import count
from uuid import uuid4

import pytest

from pizzeria.ovens.expediter import clerk
from pizzeria.ovens.expediter.ledger import (
    LedgerError,
    Superseded,
    open_ledger,
    read,
)
from support.ledgers import HOLDER, LONG, PostgresStore, SqliteStore, fact, held, patient
from support.waiting import SOON, soon

pytestmark = pytest.mark.usefixtures("long_epochs")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "sqlite":
        return SqliteStore(str(tmp_path / "ledger.db"))
    server = request.getfixturevalue("postgres")
    return PostgresStore(f"{server.url}#{uuid4().hex}")


@pytest.fixture
def where(store):
    """The address of a new ledger."""
    return store.where


def test_facts_are_read_as_they_were_written_by_pages(where, monkeypatch):
    for module in {sys.modules[type(open_ledger(where)).__module__]}:
        monkeypatch.setattr(module, "PAGE", 3)
    facts = [fact(number) for number in range(1, 11)]
    with held(where, scale=0.25) as ledger:
        assert list(ledger.facts()) == []
        ledger.write(facts[:4])
        ledger.write([])
        ledger.write(facts[4:])
        assert list(ledger.facts()) == facts
        about, read_by_others = read(where)
    assert read_by_others == facts
    assert (about["run"], about["epoch"], about["scale"]) == (ledger.run, 1, 0.25)
    assert 0 < about["opened"] <= time.time()


def test_the_same_facts_again_change_nothing(where):
    """Whoever did not hear that they were written says them again."""
    with held(where) as ledger:
        ledger.write([fact(1), fact(2)])
        ledger.write([fact(1), fact(2)])
        ledger.write([fact(3)])
        assert list(ledger.facts()) == [fact(1), fact(2), fact(3)]


def test_one_holds_it_and_the_next_goes_on_with_the_same_run_in_the_next_epoch(where):
    first, second = patient(where), patient(where)
    assert first.acquire()
    assert first.sure
    assert not second.acquire()
    assert not second.sure
    first.write([fact(1)])
    first.release()
    first.release()
    assert second.acquire(), "at once: it was let go"
    assert (second.run, second.opened, second.epoch) == (first.run, first.opened, 2)
    assert list(second.facts()) == [fact(1)]
    second.release()


def test_who_says_nothing_for_a_tenure_is_followed_and_can_write_nothing_any_more(store):
    with store.open() as old, store.open() as new:
        assert old.acquire()
        old.write([fact(1)])
        assert not new.acquire()
        store.passed += LONG
        assert new.acquire()
        for facts in ([fact(2)], []):
            with pytest.raises(Superseded, match="another expediter has taken over"):
                old.write(facts)
        new.write([fact(2, order=7)])
        assert list(new.facts()) == [fact(1), fact(2, order=7)]
        assert (old.epoch, new.epoch) == (1, 2)
        old.release()  # which lets nothing go that is not his
        new.write([fact(3)])


def test_who_was_superseded_leads_again_when_his_turn_comes(store):
    with store.open() as one, store.open() as other:
        one.tenure = other.tenure = LONG
        assert one.acquire()
        store.passed += LONG
        assert other.acquire()
        with pytest.raises(Superseded):
            one.write([])
        assert not one.sure
        other.write([fact(1)])
        assert not one.acquire()
        other.release()
        assert one.acquire()
        assert one.epoch == 3
        one.write([fact(2)])
        assert one.sure


def test_who_renews_is_never_followed(store):
    with store.open() as leader, store.open() as standby:
        leader.tenure = standby.tenure = LONG
        assert leader.acquire()
        for number in range(1, 9):  # six tenures
            store.passed += 0.75 * LONG
            leader.write([fact(number)] if number % 2 else [])
            assert not standby.acquire()
        store.passed += LONG
        assert standby.acquire(), "or the clock of this test stands still"


def test_who_resigns_is_followed_at_once_and_may_come_back(store):
    with store.open() as one, store.open() as other:
        one.tenure = other.tenure = LONG
        assert one.acquire()
        one.resign()
        assert not one.sure
        assert other.acquire()
        one.resign()  # which takes nothing from the other
        assert not one.acquire()
        other.resign()
        assert one.acquire()
        assert one.epoch == 3
        one.write([fact(1)])


def test_who_cannot_know_whether_he_still_leads_is_not_sure(where):
    with open_ledger(where) as ledger:
        ledger.tenure = 0.2
        assert ledger.acquire()
        soon(lambda: not ledger.sure)
        ledger.tenure = LONG
        ledger.write([])
        assert ledger.sure


def test_a_new_holder_is_due_to_renew_before_his_tenure_ends(where):
    with open_ledger(where) as ledger:
        ledger.tenure = 0.2
        assert ledger.acquire()
        soon(lambda: ledger.due)
        ledger.tenure = LONG  # else a slow write may be due again
        ledger.write([])
        assert not ledger.due


def test_of_many_who_want_it_at_once_one_gets_it(where):
    for epoch in range(1, 6):
        ledgers = [patient(where) for _ in range(6)]
        start, got = threading.Barrier(len(ledgers)), []

        def want(ledger, start=start, got=got):
            start.wait(SOON)
            got.append(ledger.acquire())

        threads = [threading.Thread(target=want, args=(ledger,)) for ledger in ledgers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [False] * 5 + [True]
        assert next(one.epoch for one in ledgers if one.epoch) == epoch
        for ledger in ledgers:
            ledger.release()


def test_what_the_next_one_reads_is_all_that_the_last_one_ever_wrote(where):
    """Four take the ledger from one another while each writes as fast as he can: no number is given twice."""
    wrote, errors, over = [], [], threading.Event()

    def expediter(name):
        try:
            with open_ledger(where) as ledger:
                ledger.tenure = 0.02  # hardly longer than a write: they are superseded all the time
                while not over.is_set():
                    if not ledger.acquire():
                        continue
                    last = sum(1 for _ in ledger.facts())
                    for number in count(last + 1):
                        ledger.write([fact(number, order=name)])
                        wrote.append((number, name))
                        if ledger.epoch > 12 or over.is_set():
                            over.set()
                            break
                        if number % 7 == 0:
                            time.sleep(0.03)
        except Superseded:
            if not over.is_set():
                expediter(name)
        except BaseException as error:
            errors.append(error)
            over.set()

    threads = [threading.Thread(target=expediter, args=(name,)) for name in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert not errors
    about, facts = read(where)
    assert about["epoch"] > 12
    assert [one.number for one in facts] == list(range(1, len(facts) + 1))
    assert sorted(wrote) == [(one.number, one.order) for one in facts], (
        "what was confirmed is there, and nothing else"
    )


def test_a_killed_holder_is_followed_at_once(where):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, where, str(LONG)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"leads\n"
        with patient(where) as standby:
            assert not standby.acquire()
            holder.kill()
            holder.wait()
            soon(standby.acquire, "the place of a dead man")
            assert standby.epoch == 2


def test_a_ledger_that_was_let_go_is_one_line(where):
    ledger = held(where)
    ledger.release()
    with pytest.raises(LedgerError, match="let go"):
        ledger.write([fact(1)])
    with held(where), pytest.raises(LedgerError, match="another expediter holds"):
        held(where)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, -1e8])
def test_a_clock_that_jumps_gives_neither_two_leaders_nor_none(store, jump):
    with store.open() as old, store.open() as new:
        assert old.acquire()
        assert not new.acquire()
        store.passed += jump
        assert new.acquire(), "an epoch that ends in an hour is none of now"
        with pytest.raises(Superseded):
            old.write([fact(1)])
        new.write([fact(1)])
        assert not old.acquire()


def test_after_a_jump_whoever_renews_first_leads_on(store):
    with store.open() as leader, store.open() as standby:
        assert leader.acquire()
        store.passed -= 900.0
        leader.write([])
        assert not standby.acquire()


def test_a_long_ledger_is_read_to_its_end_however_impatient_the_clerk(where, monkeypatch):
    """Nobody but he who reads renews the epoch meanwhile, and nobody breaks it off."""
    monkeypatch.setattr(clerk, "ANSWER_WITHIN", 0.001)
    ledger = held(where)
    ledger.write([fact(number, order=number) for number in range(1, 15_001)])
    ledger.tenure = 0.01  # shorter than a page takes

    async def main():
        async with clerk.Clerk(ledger) as reader:
            expediter = await reader.expediter(5.0)
            return expediter.number, ledger.about()["ends"]

    before = ledger.about()["ends"]
    number, ends = asyncio.run(main())
    assert number == 15_000
    assert ends != before
