"""The database file: one writer, many records to a commit, and nothing acknowledged before it is on the disk.

The writer is a thread of its own. Whoever has a record queues it and waits for the outcome; the writer takes all that
is there, writes it in one transaction (one fsync for all: a *group commit*) and then tells each. SQLite by default;
a `postgresql://` address for those who outgrow a file.
"""

import json
import queue
import secrets
import sqlite3
import threading
from pathlib import Path

from pizzeria.datacenter.service import Conflict, Refused, Saved

LARGEST_BATCH = 256
STOP = object()


class StoreError(Refused):
    """The store could not write; the request may be tried again."""


class SqliteFile:
    """A SQLite file in write-ahead mode, synced at every commit."""

    TABLE = (
        "CREATE TABLE IF NOT EXISTS reservations"
        " (id TEXT PRIMARY KEY, key TEXT UNIQUE, digest TEXT NOT NULL, record TEXT NOT NULL)"
    )
    errors = (sqlite3.Error,)

    def __init__(self, path, busy=1.0):
        self.path = Path(path)
        self.writer = self.connect(busy)
        try:
            self.writer.execute("PRAGMA synchronous=FULL")
            self.writer.execute("PRAGMA journal_mode=WAL")
            self.writer.execute(self.TABLE)
        except sqlite3.Error as error:
            self.writer.close()
            raise ValueError(f"{self.path}: {error}; give --store another file") from None

    def connect(self, busy):
        try:
            return sqlite3.connect(self.path, timeout=busy, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise ValueError(f"{self.path}: {error}; give --store a file in a folder that exists") from None

    def write(self, batch):
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
    def write_one(run, key, digest, record):
        if key:
            known = run("SELECT id, digest, record FROM reservations WHERE key = ?", (key,)).fetchone()
            if known:
                return Saved(known[0], False, json.loads(known[2])) if known[1] == digest else Conflict()
        name = secrets.token_hex(8)
        row = (name, key or None, digest, json.dumps(record))
        run("INSERT INTO reservations VALUES (?, ?, ?, ?)", row)
        return Saved(name, True, record)

    def read(self, name):
        """Return the record with this id, or None."""
        row = self.writer.execute("SELECT record FROM reservations WHERE id = ?", (name,)).fetchone()
        return {"id": name, **json.loads(row[0])} if row else None

    def close(self):
        """Close the file; the last one out folds the log back into it."""
        self.writer.close()

    @staticmethod
    def refusal(error):
        """Return what to tell a client whose record was not written because of `error`."""
        if "locked" in str(error) or "busy" in str(error):
            return StoreError(503, "the database is locked by somebody else: come again", retry=1)
        return StoreError(507, f"the database cannot write: {error}")


def open_engine(where):
    """Open the store at `where`: the path of a SQLite file, or a `postgresql://` address."""
    if where.startswith(("postgresql://", "postgres://")):
        from pizzeria.datacenter.postgres import Postgres

        return Postgres(where)
    if "://" in where:
        raise ValueError(f"--store {where.split('://')[0]}://...: a path, or a postgresql:// address")
    return SqliteFile(where)


class Store:
    """The writer: `submit` from any thread; `deliver` hears of a whole batch, in the writer's thread.

    An item is ``(key, digest, record)`` to write, or an id (str) to read. ``deliver([(token, outcome), ...])``: an
    outcome is a `Saved`, a record or None, or an exception.
    """

    def __init__(self, where, deliver, room=4096):
        self.engine, self.deliver = open_engine(where), deliver
        self.waiting = queue.Queue(room)
        self.commits = self.written = 0
        self.thread = threading.Thread(target=self.run, name="store", daemon=True)
        self.thread.start()

    def submit(self, item, token):
        """Queue an item; 503 when the disk is too far behind."""
        try:
            self.waiting.put_nowait((item, token))
        except queue.Full:
            raise StoreError(503, "the disk is behind: come again", retry=1) from None

    def run(self):
        """Write batch after batch until told to stop; what was queued before is written first."""
        more = True
        while more:
            entries = [self.waiting.get()]
            while len(entries) < LARGEST_BATCH and not self.waiting.empty():
                entries.append(self.waiting.get())
            more = STOP not in entries
            entries = [entry for entry in entries if entry is not STOP]
            if entries:
                self.deliver(self.outcomes(entries))

    def outcomes(self, entries):
        """Write what is to be written, then read what is to be read; return ``(token, outcome)`` for all."""
        records = [entry for entry in entries if not isinstance(entry[0], str)]
        done = list(
            zip([token for _, token in records], self.write([item for item, _ in records]), strict=True)
        )
        return done + [(token, self.read(item)) for item, token in entries if isinstance(item, str)]

    def write(self, batch):
        if not batch:
            return []
        try:
            done = self.engine.write(batch)
        except self.engine.errors as error:
            return [self.engine.refusal(error)] * len(batch)
        self.commits += 1
        self.written += len(batch)
        return done

    def read(self, name):
        try:
            return self.engine.read(name)
        except self.engine.errors as error:
            return self.engine.refusal(error)

    def close(self):
        """Write what is queued, then close the file."""
        self.waiting.put(STOP)
        self.thread.join()
        self.engine.close()
