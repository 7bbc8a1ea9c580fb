"""The ledger of one machine: who is stopped in the middle of a write, a full disk, files that are none."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from pizzeria.ovens.expediter import sign_of_life, sqlite_ledger
from pizzeria.ovens.expediter.ledger import (
    LedgerAway,
    LedgerError,
    open_ledger,
    read,
)
from pizzeria.ovens.expediter.sqlite_ledger import SqliteLedger
from support.ledgers import HOLDER, LONG, SqliteStore, fact, held
from support.waiting import SOON, soon

pytestmark = pytest.mark.usefixtures("long_epochs")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


STOPPED = (
    HOLDER
    + """
ledger._db.execute("begin immediate")
ledger._db.execute("update about set value = 'never' where name = 'run'")
print("writes", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""
)


def test_where_no_kernel_tells_who_lives_the_time_alone_does(path, monkeypatch):
    monkeypatch.setattr(sign_of_life, "fcntl", None)
    store = SqliteStore(path)
    with store.open() as dead, store.open() as standby:
        assert dead.acquire()
        dead._db.close()  # as if he had been killed
        assert not standby.acquire()
        store.passed += LONG
        assert standby.acquire()


def test_who_cannot_commit_his_epoch_shows_no_sign_of_life(path):
    def refuse(action, what, *_):
        return sqlite3.SQLITE_DENY if what == "COMMIT" else sqlite3.SQLITE_OK

    with SqliteLedger(path) as dead, SqliteLedger(path) as unlucky, SqliteLedger(path) as standby:
        assert dead.acquire()
        dead._life.hide()  # as if he had been killed
        unlucky._db.set_authorizer(refuse)
        with pytest.raises(LedgerError, match="not authorized"):
            unlucky.acquire()
        assert standby.acquire(), "the dead one's epoch, for which nobody vouches"
        assert standby.epoch == 2


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="only Linux tells who holds a lock")
def test_who_is_stopped_in_the_middle_of_a_write_is_ended_once_his_epoch_is(path, caplog):
    """SQLite lets nobody else write then, for ever: the one case in which a standby does more than wait."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, path, "1.0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"leads\n"
        holder.stdin.close()
        assert holder.stdout.readline() == b"writes\n"
        with SqliteLedger(path) as standby:
            standby.tenure = 1.0
            run = standby.about()["run"]
            soon(standby.acquire)
            assert holder.wait(SOON) == -signal.SIGKILL
            assert (standby.run, standby.epoch) == (run, 2), "what he had not committed is not there"
            standby.write([fact(1)])
    assert f"process {holder.pid} was stopped in the middle of a write" in caplog.text


def test_a_writer_who_is_only_slow_is_waited_for(path, monkeypatch):
    monkeypatch.setattr(sqlite_ledger, "PATIENCE", 0.3)
    with SqliteLedger(path) as slow, SqliteLedger(path) as leader:
        assert leader.acquire()
        slow._db.execute("begin immediate")
        with pytest.raises(LedgerAway, match="locked"):
            leader.write([fact(1)])
        slow._db.execute("rollback")
        leader.write([fact(1)])
        assert list(leader.facts()) == [fact(1)]


def test_a_full_disk_writes_nothing_and_passes(path):
    with SqliteLedger(path) as ledger:
        assert ledger.acquire()
        pages = ledger._db.execute("pragma page_count").fetchone()[0]
        ledger._db.execute(f"pragma max_page_count = {pages}")
        many = [fact(number) for number in range(1, 2000)]
        with pytest.raises(LedgerAway, match="full"):
            ledger.write(many)
        assert list(ledger.facts()) == []
        ledger._db.execute("pragma max_page_count = 1000000")
        ledger.write(many)
        assert list(ledger.facts()) == many


def test_a_file_that_is_no_ledger_is_one_line(path, tmp_path):
    path.write_text("pizza " * 1000)
    with pytest.raises(LedgerError, match=r"ledger\.db is no ledger"):
        open_ledger(path)
    for use in (open_ledger, read):
        with pytest.raises(LedgerError, match="no ledger"):
            use(tmp_path / "absent" / "ledger.db")
    assert not (tmp_path / "absent").exists()


def test_a_ledger_of_another_version_is_one_line(path):
    with held(path) as ledger:
        ledger._db.execute("update about set value = 7 where name = 'version'")
    with pytest.raises(LedgerError, match="is of version 7; this expediter keeps 1"):
        open_ledger(path)
