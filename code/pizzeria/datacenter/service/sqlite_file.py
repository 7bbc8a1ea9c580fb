"""Reservations in a SQLite file, for everybody who has not outgrown one."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from pizzeria.datacenter.service.engine import StoreError
from pizzeria.datacenter.service.interfaces import Outcome
from pizzeria.datacenter.service.reservation import Conflict, Record, Saved


class SqliteFile:
    """A SQLite file in write-ahead mode, synced at every commit."""

    TABLE = (
        "CREATE TABLE IF NOT EXISTS reservations"
        " (id TEXT PRIMARY KEY, key TEXT UNIQUE, digest TEXT NOT NULL, record TEXT NOT NULL)"
    )
    errors = (sqlite3.Error,)

    def __init__(self, path: str | PathLike[str], busy: float = 1.0) -> None:
        self.path = Path(path)
        self.writer = self.connect(busy)
        try:
            self.writer.execute("PRAGMA synchronous=FULL")
            self.writer.execute("PRAGMA journal_mode=WAL")
            self.writer.execute(self.TABLE)
        except sqlite3.Error as error:
            self.writer.close()
            raise ValueError(f"{self.path}: {error}; give --store another file") from None

    def connect(self, busy: float) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self.path, timeout=busy, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise ValueError(f"{self.path}: {error}; give --store a file in a folder that exists") from None

    def write(self, batch: list[tuple[str, str, Record]]) -> list[Outcome]:
        """Write ``(key, digest, record)`` items in one transaction; return a `Saved` or an error for each."""
        run = self.writer.execute
        run("BEGIN IMMEDIATE")
        try:
            outcomes = [self.write_one(run, *item) for item in batch]
            run("COMMIT")
        except BaseException:
            if self.writer.in_transaction:
                run("ROLLBACK")
            raise
        return outcomes

    @staticmethod
    def write_one(run: Callable[..., Any], key: str, digest: str, record: Record) -> Outcome:
        if key:
            known = run("SELECT id, digest, record FROM reservations WHERE key = ?", (key,)).fetchone()
            if known:
                return Saved(known[0], False, json.loads(known[2])) if known[1] == digest else Conflict()
        name = secrets.token_hex(8)
        row = (name, key or None, digest, json.dumps(record))
        run("INSERT INTO reservations VALUES (?, ?, ?, ?)", row)
        return Saved(name, True, record)

    def read(self, name: str) -> Record | None:
        """Return the record with this id, or None."""
        row = self.writer.execute("SELECT record FROM reservations WHERE id = ?", (name,)).fetchone()
        return {"id": name, **json.loads(row[0])} if row else None

    def close(self) -> None:
        """Close the file; the last one out folds the log back into it."""
        self.writer.close()

    @staticmethod
    def refusal(error: Exception) -> StoreError:
        """Return what to tell a client whose record was not written because of `error`."""
        if "locked" in str(error) or "busy" in str(error):
            return StoreError(503, "the database is locked by somebody else: come again", retry=1)
        return StoreError(507, f"the database cannot write: {error}")
