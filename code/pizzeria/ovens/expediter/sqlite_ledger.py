"""The ledger in SQLite, for expediters of one machine: its clock and its kernel say when a holder is gone."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from pizzeria.ovens.expediter.ledger import PAGE, LedgerAway, LedgerError, StoredLedger
from pizzeria.ovens.expediter.sign_of_life import SignOfLife, end_stopped_writer
from pizzeria.ovens.expediter.state import LedgerFact

VERSION = 1
TABLES = (
    "create table if not exists about (name text primary key, value)",
    """create table if not exists facts (
    number integer primary key, at real, fact text, "order" integer, step text, who text, lease integer,
    minutes real, burns_after real
)""",
)
BUSY = 0.2  # s in which another's write is over, if it is not stopped in the middle of it
PATIENCE = 5.0  # s of trying


class SqliteLedger(StoredLedger):
    """The facts of one run in a file; see `Ledger`.

    `ends` in the file is when the epoch ends by the machine's monotonic `clock`, which all its processes share and
    nobody sets; a time that lies further away than an epoch lasts is from before the machine started. Who holds the
    epoch also shows a sign of life that the kernel takes back however he ends. With `durable`, a commit waits for the
    disk: then facts outlive a power cut too, and not only kill -9.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        scale: float = 0.02,
        durable: bool = False,
        only_read: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(os.fspath(path), scale)
        self.path, self._clock = Path(path), clock
        self._life = SignOfLife(f"{self.path}.lock")
        self._db: sqlite3.Connection | None = None
        try:
            # Used by one thread at a time, not always the same.
            file = f"{self.path.absolute().as_uri()}?mode={'ro' if only_read else 'rwc'}"
            self._db = sqlite3.connect(
                file, uri=True, isolation_level=None, timeout=BUSY, check_same_thread=False
            )
            if not only_read:
                self._patiently("pragma journal_mode = wal")
                self._patiently(f"pragma synchronous = {'full' if durable else 'normal'}")
                for table in TABLES:
                    self._patiently(table)
            version = self.about().get("version", VERSION)
        except (sqlite3.Error, OSError) as error:
            self.release()
            why = str(error).removeprefix(f"{self.path}: ")
            raise LedgerError(f"{self.path} is no ledger that can be used here: {why}") from None
        if version != VERSION:
            self.release()
            raise LedgerError(f"{self.path} is of version {version}; this expediter keeps {VERSION}")

    def _take(self) -> bool:
        # First a look that locks nothing: a standby that is stopped in the middle of it is in nobody's way.
        if self._taken(self.about()):
            return False
        with ExitStack() as unless_committed:
            with self._transaction() as db:
                about = self.about()
                if self._taken(about):
                    return False
                about = about or {
                    "version": VERSION, "run": uuid4().hex[:12], "opened": time.time(), "scale": self.scale, "epoch": 0,
                }  # fmt: skip
                about["epoch"] += 1
                about |= {"holder": self.holder, "ends": self._clock() + self.tenure}
                # Before the commit, since whoever reads a new epoch looks for its sign.
                unless_committed.callback(self._life.hide)
                self._life.show()
                db.executemany("insert or replace into about values (?, ?)", about.items())
            unless_committed.pop_all()
        self.run, self.opened, self.epoch, self.scale = (
            about[n] for n in ("run", "opened", "epoch", "scale")
        )
        return True

    def _taken(self, about: dict[str, Any]) -> bool:
        now = self._clock()
        return now < about.get("ends", now) <= now + self.tenure and self._life.shown()

    def _write(self, facts: Sequence[LedgerFact]) -> bool:
        with self._transaction() as db:
            if self.about()["epoch"] != self.epoch:
                return False
            db.executemany("insert or ignore into facts values (?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
            db.execute("update about set value = ? where name = 'ends'", (self._clock() + self.tenure,))
        return True

    def _page(self, last: int) -> list[LedgerFact]:
        with self._translated():
            asked = "select * from facts where number > ? order by number limit ?"
            return list(map(LedgerFact._make, self._open_file.execute(asked, (last, PAGE))))

    def about(self) -> dict[str, Any]:
        with self._translated():
            return dict(self._open_file.execute("select name, value from about"))

    def interrupt(self) -> None:
        if self._db is not None:
            self._db.interrupt()

    def release(self) -> None:
        if self._db is not None:
            self.resign()
        db, self._db = self._db, None
        if db is not None:
            db.close()
        self._life.hide()

    def _resign(self) -> None:
        self._life.hide()
        ours = "? = (select value from about where name = 'epoch')"
        with self._translated():
            self._open_file.execute(
                f"update about set value = 0 where name = 'ends' and {ours}", (self.epoch,)
            )

    @property
    def _open_file(self) -> sqlite3.Connection:
        if self._db is None:
            raise LedgerError(f"{self.path} was let go")
        return self._db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._open_file
        with self._translated():
            self._patiently("begin immediate")
            try:
                yield db
                db.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("rollback")
                raise

    def _patiently(self, statement: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._open_file.execute(statement)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                end_stopped_writer(self.path)
                time.sleep(0.01)  # there are locks that SQLite does not wait for
            else:
                return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # a full disk, a lock: it may pass
            raise LedgerAway(f"{self.path}: {error}") from None
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path} is no ledger that can be used here: {error}") from None
