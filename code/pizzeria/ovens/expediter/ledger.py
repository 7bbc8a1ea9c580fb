"""The expediter's ledger in SQLite: facts are committed in groups before anybody hears of them; one holder at a time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from os import PathLike
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from pizzeria.ovens.expediter.state import LedgerFact

VERSION = 1
TABLES = """
create table if not exists about (name text primary key, value);
create table if not exists facts (
    number integer primary key, at real, fact text, "order" integer, step text, who text, lease integer,
    minutes real, burns_after real
);
"""


class LedgerError(OSError):
    """A ledger cannot be used; the message is one line for a person."""


class LedgerHeld(LedgerError):
    """Another expediter holds the ledger."""


class Ledger:
    """The facts of one run; open it to hold it, and close it, or die, to let the next one have it.

    The holder keeps a lock on a file beside the ledger. The system takes it back however a process ends, so a standby
    that gets it knows that the holder is gone. With `durable`, a commit waits for the disk: then facts outlive a power
    cut too, and not only kill -9.
    """

    def __init__(self, path: str | PathLike[str], scale: float = 0.02, durable: bool = False) -> None:
        self.path = Path(path)
        self._lock: sqlite3.Connection | None = None
        self._db: sqlite3.Connection | None = None
        try:
            self._hold()
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
            self._db.executescript(TABLES)
            self._open(scale)
        except LedgerHeld:
            raise
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise LedgerError(f"{self.path} is no ledger that can be used here: {error}") from None
        except BaseException:
            self.close()
            raise

    def _hold(self) -> None:
        lock = self._lock = sqlite3.connect(f"{self.path}.lock", isolation_level=None, timeout=0)
        try:
            lock.execute("begin exclusive")
        except sqlite3.OperationalError as error:
            self.close()
            if "locked" not in str(error):
                raise
            raise LedgerHeld(f"another expediter holds {self.path}") from None

    @property
    def _open_file(self) -> sqlite3.Connection:
        if self._db is None:
            raise LedgerError(f"{self.path} was let go")
        return self._db

    def _open(self, scale: float) -> None:
        about = dict(self._open_file.execute("select name, value from about"))
        if not about:
            about = {
                "version": VERSION,
                "run": uuid4().hex[:12],
                "opened": time.time(),
                "scale": scale,
                "epoch": 0,
            }
        if about["version"] != VERSION:
            raise LedgerError(f"{self.path} is of version {about['version']}; this expediter keeps {VERSION}")
        about["epoch"] += 1
        self._open_file.executemany("insert or replace into about values (?, ?)", about.items())
        self.run, self.opened, self.epoch, self.scale = (
            about[n] for n in ("run", "opened", "epoch", "scale")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def facts(self) -> Iterator[LedgerFact]:
        """Return an iterator over every `LedgerFact`, in order."""
        return map(LedgerFact._make, self._open_file.execute("select * from facts order by number"))

    def write(self, facts: Sequence[LedgerFact]) -> None:
        """Commit these facts together."""
        if facts:
            self._open_file.execute("begin")
            self._open_file.executemany("insert into facts values (?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
            self._open_file.execute("commit")

    def close(self) -> None:
        """Let the ledger go; harmless when it is not held."""
        for db in (self._db, self._lock):
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()
        self._db = self._lock = None


def read(path: str | PathLike[str]) -> tuple[dict[str, Any], list[LedgerFact]]:
    """Return `(about, facts)` of a ledger without holding it: its run, epoch and scale by name, every `LedgerFact` in order."""
    with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as db:
        about = dict(db.execute("select name, value from about"))
        return about, [LedgerFact._make(row) for row in db.execute("select * from facts order by number")]
