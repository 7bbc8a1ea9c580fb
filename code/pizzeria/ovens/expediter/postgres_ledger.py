"""The ledger in PostgreSQL, for expediters of several machines: the server's clock and its sessions tell who is gone."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pizzeria.common.postgres import driver, first_words, parsed, without_credentials
from pizzeria.ovens.expediter.ledger import PAGE, LedgerAway, LedgerError, StoredLedger
from pizzeria.ovens.expediter.state import LedgerFact

if TYPE_CHECKING:
    import psycopg

VERSION = 1
PATIENCE = 5.0  # s of trying to reach a server that nobody has seen yet
CONNECTION = {
    "connect_timeout": 2,
    "application_name": "pizzeria expediter",
    # A cut that nobody tells us of is noticed within a few seconds.
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,
}
COMES_BACK = ("refused", "timeout", "starting up", "shutting down", "recovery", "closed the connection")
TABLES = """
select pg_advisory_xact_lock(hashtext('pizzeria ledgers'));
create table if not exists ledgers (
    name text primary key, version int not null, run text not null, opened float8 not null, scale float8 not null,
    epoch bigint not null, ends timestamptz, backend int, holder text
);
create table if not exists facts (
    ledger text not null references ledgers, number bigint not null, at float8 not null, fact text not null,
    "order" bigint not null, step text not null, who text not null, lease bigint not null,
    minutes float8 not null, burns_after float8 not null,
    primary key (ledger, number)
);
"""
NEW = "insert into ledgers values (%s, %s, %s, %s, %s, 0) on conflict do nothing"
KEPT = "name, version, run, opened, scale, epoch, ends, backend, holder"
# The row of a ledger is the fence: an update waits for whoever writes to it, and then looks again.
TAKE = """
update ledgers
set epoch = epoch + 1, ends = {now} + {tenure}, backend = pg_backend_pid(), holder = %(holder)s
where name = %(name)s and (
    ends is null or ends <= {now} or ends > {now} + {tenure}
    or not exists (select from pg_stat_activity where pid = backend)
) returning run, opened, epoch, scale
"""
# One statement: whoever is stopped while he sends it has sent nothing, and holds no lock.
WRITE = """
with fence as (
    update ledgers set ends = {now} + {tenure}, backend = pg_backend_pid()
    where name = %(name)s and epoch = %(epoch)s returning name
), written as (
    insert into facts
    select fence.name, fact.* from fence, unnest(
        %(number)s::bigint[], %(at)s::float8[], %(fact)s::text[], %(order)s::bigint[], %(step)s::text[],
        %(who)s::text[], %(lease)s::bigint[], %(minutes)s::float8[], %(burns_after)s::float8[]
    ) as fact
    on conflict do nothing
) select name from fence
"""
READ = """
select number, at, fact, "order", step, who, lease, minutes, burns_after from facts
where ledger = %s and number > %s order by number limit %s
"""
LET_GO = "update ledgers set ends = null where name = %s and epoch = %s"


class PostgresLedger(StoredLedger):
    """The facts of one run in a database; see `Ledger`. ``postgresql://…#NAME`` is one of several there.

    Whoever holds the epoch has a session; when the server has seen it end, the next one need not wait. The server must
    not forget what it has committed: a copy that takes over from it has to be a synchronous one.
    """

    now = "clock_timestamp()"  # the store's clock, in its own words

    def __init__(self, address: str, scale: float = 0.02, only_read: bool = False) -> None:
        self.address, _, name = address.partition("#")
        self.ledger = name or "ledger"
        super().__init__(f"{without_credentials(self.address)}#{self.ledger}", scale)
        self._psycopg = driver("ledger")
        try:
            self._where = parsed(self.address, "ledger")
        except ValueError as error:
            raise LedgerError(str(error)) from None
        self._db: psycopg.Connection[Any] | None = None
        self._let_go = False
        try:
            self._reach()
            if not only_read:
                self._run(TABLES)
            version = self.about().get("version", VERSION)
        except LedgerError as error:
            self.release()
            raise LedgerError(f"the ledger cannot be used: {error}") from None
        if version != VERSION:
            self.release()
            raise LedgerError(f"{self.name} is of version {version}; this expediter keeps {VERSION}")

    def _take(self) -> bool:
        named = {"name": self.ledger, "holder": self.holder}
        rows = self._run(self._timed(TAKE), named)
        if not rows and not self.about():
            self._run(NEW, (self.ledger, VERSION, uuid4().hex[:12], time.time(), self.scale))
            rows = self._run(self._timed(TAKE), named)
        if rows:
            self.run, self.opened, self.epoch, self.scale = rows[0]
        return bool(rows)

    def _write(self, facts: Sequence[LedgerFact]) -> bool:
        columns = {column: [getattr(fact, column) for fact in facts] for column in LedgerFact._fields}
        return bool(self._run(self._timed(WRITE), {"name": self.ledger, "epoch": self.epoch, **columns}))

    def _page(self, last: int) -> list[LedgerFact]:
        return list(map(LedgerFact._make, self._run(READ, (self.ledger, last, PAGE))))

    def about(self) -> dict[str, Any]:
        rows = self._run(f"select {KEPT} from ledgers where name = %s", (self.ledger,))
        return dict(zip(KEPT.split(", "), rows[0], strict=True)) if rows else {}

    def interrupt(self) -> None:
        if (db := self._db) is not None:  # the ledger's own thread may let go of it meanwhile
            with suppress(self._psycopg.Error, OSError), socket.socket(fileno=os.dup(db.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        if self._db is not None:
            self.resign()
        self._let_go = True
        self._drop()

    def _resign(self) -> None:
        self._run(LET_GO, (self.ledger, self.epoch))

    def _timed(self, statement: str) -> str:
        return statement.format(now=self.now, tenure=f"make_interval(secs => {self.tenure:f})")

    def _run(self, statement: str, values: Any = None) -> list[Any]:
        errors = self._psycopg
        try:
            cursor = self._connection().execute(statement, values)
            return cursor.fetchall() if cursor.description else []
        except errors.errors.UndefinedTable:
            raise LedgerError(f"{self.name}: nobody has kept a ledger there yet") from None
        except (
            errors.ProgrammingError,
            errors.DataError,
            errors.IntegrityError,
            errors.NotSupportedError,
        ) as error:
            raise LedgerError(f"{self.name}: {first_words(error)}") from None
        except errors.Error as error:
            self._drop()
            raise LedgerAway(f"{self.name}: {first_words(error)}") from None

    def _connection(self) -> psycopg.Connection[Any]:
        if self._let_go:
            raise LedgerError(f"{self.name} was let go")
        if self._db is None:
            self._db = self._psycopg.connect(**CONNECTION | self._where, autocommit=True)
        return self._db

    def _reach(self) -> None:
        """Wait for a server that is starting; raise when it is none, or does not come."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._run("select")
            except LedgerAway as error:
                if time.monotonic() > deadline or not any(words in str(error) for words in COMES_BACK):
                    raise
                time.sleep(0.1)
            else:
                return

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(self._psycopg.Error):
                db.close()
