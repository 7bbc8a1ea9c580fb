"""PostgreSQL in the place of the file, for those who outgrow one: the same batches, the same outcomes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pizzeria.common.postgres import driver, first_words, parsed
from pizzeria.datacenter.service.engine import StoreError
from pizzeria.datacenter.service.interfaces import Outcome
from pizzeria.datacenter.service.reservation import Conflict, Record, Saved

if TYPE_CHECKING:
    import psycopg


class Postgres:
    """Reservations in a PostgreSQL database, by psycopg; one connection, one writer."""

    TABLE = (
        "CREATE TABLE IF NOT EXISTS reservations"
        " (id text PRIMARY KEY, key text UNIQUE, digest text NOT NULL, record text NOT NULL)"
    )

    def __init__(self, address: str) -> None:
        psycopg = driver("store")
        self.psycopg, self.where, self.errors = psycopg, parsed(address, "store"), (psycopg.Error,)
        try:
            self.writer = self.connect()
            self.writer.execute(self.TABLE)
            self.writer.commit()
        except psycopg.Error as error:
            raise ValueError(f"the PostgreSQL store cannot be opened: {first_words(error)}") from None

    def transaction(self) -> AbstractContextManager[object]:
        if self.writer.closed:  # the server went away and may be back
            self.writer = self.connect()
        return self.writer.transaction()

    def connect(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = self.psycopg.connect(**self.where, connect_timeout=5)
        return connection

    def write(self, batch: list[tuple[str, str, Record]]) -> list[Outcome]:
        """Write ``(key, digest, record)`` items in one transaction; return a `Saved` or an error for each."""
        with self.transaction():
            return [self.write_one(self.writer.execute, *item) for item in batch]

    @staticmethod
    def write_one(run: Callable[..., Any], key: str, digest: str, record: Record) -> Outcome:
        name = secrets.token_hex(8)
        row = (name, key or None, digest, json.dumps(record))
        # The other writers of a shared database may hold the key: only the database can say who was first.
        insert = "INSERT INTO reservations VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO NOTHING"
        if run(insert, row).rowcount:
            return Saved(name, True, record)
        known = run("SELECT id, digest, record FROM reservations WHERE key = %s", (key,)).fetchone()
        return Saved(known[0], False, json.loads(known[2])) if known[1] == digest else Conflict()

    def read(self, name: str) -> Record | None:
        """Return the record with this id, or None."""
        with self.transaction():
            row = self.writer.execute("SELECT record FROM reservations WHERE id = %s", (name,)).fetchone()
        return {"id": name, **json.loads(row[0])} if row else None

    def close(self) -> None:
        """Close the connection."""
        self.writer.close()

    @staticmethod
    def refusal(error: Exception) -> StoreError:
        """Return what to tell a client whose record was not written because of `error`."""
        return StoreError(503, f"the database cannot write: {first_words(error)}", retry=1)
