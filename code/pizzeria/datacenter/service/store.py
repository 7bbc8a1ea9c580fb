"""The database file: one writer, many records to a commit, and nothing acknowledged before it is on the disk.

The writer is a thread of its own. Whoever has a record queues it and waits for the outcome; the writer takes all that
is there, writes it in one transaction (one fsync for all: a *group commit*) and then tells each. SQLite by default;
a `postgresql://` address for those who outgrow a file.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from pizzeria.common.postgres import is_postgres
from pizzeria.datacenter.service.engine import StoreError
from pizzeria.datacenter.service.interfaces import Engine, Item, Outcome
from pizzeria.datacenter.service.reservation import Record

LARGEST_BATCH = 256
CLOSES_WITHIN = 10.0  # s: a store that hangs does not keep its server from ending
STOP = None  # the last thing in the queue


def open_engine(where: str) -> Engine:
    """Open the store at `where`: the path of a SQLite file, or a `postgresql://` address."""
    if is_postgres(where):
        from pizzeria.datacenter.service.postgres import Postgres

        return Postgres(where)
    if "://" in where:
        raise ValueError(f"--store {where.split('://')[0]}://...: a path, or a postgresql:// address")
    from pizzeria.datacenter.service.sqlite_file import SqliteFile

    return SqliteFile(where)


class Store:
    """The writer: `submit` from any thread; `deliver` hears of a whole batch, in the writer's thread.

    An item is ``(key, digest, record)`` to write, or an id (str) to read. ``deliver([(token, outcome), ...])``: an
    outcome is a `Saved`, a record or None, or an exception.
    """

    def __init__(
        self, where: str, deliver: Callable[[list[tuple[Any, Outcome]]], None], room: int = 4096
    ) -> None:
        self.engine, self.deliver = open_engine(where), deliver
        self.waiting: queue.Queue[tuple[Item, Any] | None] = queue.Queue(room)
        self.commits = self.written = 0
        self.thread = threading.Thread(target=self.run, name="store", daemon=True)
        self.thread.start()

    def submit(self, item: Item, token: Any) -> None:
        """Queue an item; 503 when the disk is too far behind."""
        try:
            self.waiting.put_nowait((item, token))
        except queue.Full:
            raise StoreError(503, "the disk is behind: come again", retry=1) from None

    def run(self) -> None:
        """Write batch after batch until told to stop; what was queued before is written first."""
        more = True
        while more:
            entries = [self.waiting.get()]
            while len(entries) < LARGEST_BATCH and not self.waiting.empty():
                entries.append(self.waiting.get())
            more = STOP not in entries
            asked = [entry for entry in entries if entry is not STOP]
            if asked:
                self.deliver(self.outcomes(asked))

    def outcomes(self, entries: list[tuple[Item, Any]]) -> list[tuple[Any, Outcome]]:
        """Write what is to be written, then read what is to be read; return ``(token, outcome)`` for all."""
        records = [(item, token) for item, token in entries if not isinstance(item, str)]
        written = self.write([item for item, _ in records])
        done = list(zip([token for _, token in records], written, strict=True))
        return done + [(token, self.read(item)) for item, token in entries if isinstance(item, str)]

    def write(self, batch: list[tuple[str, str, Record]]) -> list[Outcome]:
        if not batch:
            return []
        try:
            done = self.engine.write(batch)
        except self.engine.errors as error:
            return [self.engine.refusal(error)] * len(batch)
        self.commits += 1
        self.written += len(batch)
        return done

    def read(self, name: str) -> Outcome:
        try:
            return self.engine.read(name)
        except self.engine.errors as error:
            return self.engine.refusal(error)

    def close(self, within: float = CLOSES_WITHIN) -> None:
        """Write what is queued, then close the file; `TimeoutError` when that takes longer than `within` seconds."""
        due = time.monotonic() + within
        with contextlib.suppress(queue.Full):
            self.waiting.put(STOP, timeout=within)
        self.thread.join(max(0.0, due - time.monotonic()))
        if self.thread.is_alive():
            raise TimeoutError(f"the store has not closed within {within:g} s: left to itself")
        self.engine.close()
