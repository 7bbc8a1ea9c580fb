"""The ledger of several machines: a server that goes away and comes back, and one that does not answer."""

import threading
from uuid import uuid4

import pytest

from pizzeria.ovens.expediter import postgres_ledger
from pizzeria.ovens.expediter.ledger import (
    LedgerAway,
    LedgerError,
    Superseded,
    open_ledger,
    read,
)
from support.ledgers import fact, held, patient
from support.waiting import SOON, soon

pytestmark = pytest.mark.usefixtures("long_epochs")


@pytest.fixture
def address(postgres):
    return f"{postgres.url}#{uuid4().hex}"


def test_a_server_that_is_killed_and_comes_back_has_lost_nothing(postgres, address):
    with held(address) as ledger:
        ledger.write([fact(1)])
        postgres.kill()
        for _ in range(2):
            with pytest.raises(LedgerAway, match=r"^postgresql://127\.0\.0\.1:\d+/postgres#\w+: "):
                ledger.write([fact(2)])
        postgres.restart()
        ledger.write([fact(2)])
        assert list(ledger.facts()) == [fact(1), fact(2)]
        assert ledger.sure


def test_after_the_server_was_away_it_may_be_somebody_elses_turn(postgres, address):
    with held(address) as leader, patient(address) as standby:
        postgres.kill()
        postgres.restart()
        soon(lambda: acquired(standby), "his turn: the server knows no session of the other")
        with pytest.raises(LedgerAway):
            leader.write([fact(1)])
        with pytest.raises(Superseded):
            leader.write([fact(1)])


def acquired(ledger):
    try:
        return ledger.acquire()
    except LedgerAway:  # its connection was of the server before
        return False


def test_a_write_that_nobody_answers_is_broken_off_and_written_once(address):
    """The server goes on with it: it was written although we did not hear so, and writing it again changes nothing."""
    import psycopg

    server, name = address.split("#")
    with held(address) as ledger, psycopg.connect(server) as other:
        lock = "select backend from ledgers where name = %s for update"
        (backend,) = other.execute(lock, (name,)).fetchone()
        failed = []

        def write():
            try:
                ledger.write([fact(1), fact(2)])
            except LedgerAway as error:
                failed.append(error)

        writing = threading.Thread(target=write)
        writing.start()
        waits = "select from pg_locks where not granted and pid = %s"
        soon(lambda: other.execute(waits, (backend,)).fetchall(), "a write that waits")
        ledger.interrupt()
        writing.join(SOON)
        assert failed
        other.rollback()
        soon(lambda: len(read(address)[1]) == 2, "the write of which we do not know")
        ledger.write([fact(1), fact(2)])
        ledger.write([fact(3)])
        assert [one.number for one in ledger.facts()] == [1, 2, 3]


def test_ledgers_of_one_database_do_not_mix(postgres, address):
    with held(address) as one, held(f"{postgres.url}#{uuid4().hex}") as other:
        one.write([fact(1)])
        assert other.epoch == 1
        assert one.run != other.run
        assert list(other.facts()) == []


def test_a_database_without_a_ledger_is_one_line(postgres):
    with postgres_ledger.driver("ledger").connect(postgres.url, autocommit=True) as db:
        db.execute("create database bare")
    address = postgres.url.replace("/postgres", "/bare")
    with pytest.raises(LedgerError, match=r"bare#ledger: nobody has kept a ledger there yet$"):
        read(address)
    with open_ledger(address):
        assert read(address) == ({}, [])


def test_a_database_that_is_not_there_is_one_line_without_a_password(postgres, monkeypatch):
    monkeypatch.setattr(postgres_ledger, "PATIENCE", 0.2)
    for url, why in (
        ("postgresql://pizza:secret@127.0.0.1:9/none", "refused"),
        (postgres.url.replace("pizza@", "pizza:secret@").replace("/postgres", "/none"), "does not exist"),
        (postgres.url.replace("pizza@", "nobody:secret@"), 'role "nobody" does not exist'),
    ):
        with pytest.raises(
            LedgerError, match=f"^the ledger cannot be used: postgresql://127.*{why}"
        ) as error:
            open_ledger(url)
        assert not [word for word in ("secret", "\n") if word in str(error.value)]
    for url in (
        "postgresql://u:p%zzsecret@h/db",
        "postgresql://u:se secret@h/db",
        "postgresql://u:secret@[::1]x/db",
    ):
        with pytest.raises(LedgerError, match="is no postgresql:// address: in a user or password") as error:
            open_ledger(url)
        assert "secret" not in str(error.value)
    with pytest.raises(LedgerError, match="mysql://host/x: a ledger is a path, or a postgresql:// address"):
        open_ledger("mysql://me:secret@host/x")
