"""A ledger, whatever store is behind it: facts in order, and an epoch whose holder alone may write."""

from __future__ import annotations

import os
import socket
import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol, Self

from pizzeria.common.postgres import is_postgres, without_credentials
from pizzeria.ovens.expediter.state import LedgerFact

TENURE = 2.0  # s that an epoch lasts without a sign of its holder
PAGE = 10_000  # facts that are read at once


class LedgerError(OSError):
    """A ledger cannot be used; the message is one line for a person, without credentials."""


class LedgerAway(LedgerError):
    """The ledger does not answer now: what was to be written may be written or not; it may be back."""


class Superseded(LedgerError):
    """Another expediter has taken a later epoch: what was to be written is not."""


class Ledger(Protocol):
    """The facts of one run. `acquire` an epoch to write; `release` it, die, or say nothing for `TENURE`, to lose it.

    Epochs grow by one. Every write is fenced: it is refused, in the same transaction, when its epoch is not the last
    one. So two who both think that they lead cannot both write, whatever any clock says. Of an epoch's end the
    store's own clock judges; that decides how soon somebody leads, not who may write. `run`, `opened` (seconds since
    1970), `scale` and `epoch` are known once it was acquired.
    """

    name: str
    run: str
    opened: float
    scale: float
    epoch: int

    def acquire(self) -> bool:
        """Take the next epoch if nobody holds the last one any more, and return whether; raise `LedgerAway`."""

    def facts(self) -> Iterator[LedgerFact]:
        """Return every `LedgerFact` in order, renewing the epoch on the way; raise as `write` does."""

    def write(self, facts: Sequence[LedgerFact]) -> None:
        """Commit these facts together, and renew the epoch; the same ones again change nothing.

        Raises `Superseded`, or `LedgerAway` when nobody knows what became of it: then call again.
        """

    @property
    def due(self) -> bool:
        """Whether it is time to renew: a `write`, be it of nothing."""

    @property
    def sure(self) -> bool:
        """Whether the epoch is ours still, by our own clock since we last asked for it."""

    def interrupt(self) -> None:
        """Break off what another thread waits for in this ledger; that one gets `LedgerAway`."""

    def resign(self) -> None:
        """Let the next one have the epoch, if it was ours; the ledger stays open, to be acquired again."""

    def release(self) -> None:
        """Let the next one have the ledger, if it was ours, and close it; harmless when it is closed."""

    def about(self) -> dict[str, Any]:
        """Return what the ledger says of itself, by name: its run, epoch, scale and the rest."""


def holder_named(pid: int) -> str:
    """Return how a ledger names a process of this machine that holds it."""
    return f"{socket.gethostname()} {pid}"


class StoredLedger(Ledger):
    """What the ledgers here have in common: whose epoch it is by our own clock, and facts read by pages."""

    tenure = TENURE

    def __init__(self, name: str, scale: float) -> None:
        self.name, self.scale = name, scale
        self.run, self.opened, self.epoch = "", 0.0, 0
        self.holder = holder_named(os.getpid())
        self._renewed = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def due(self) -> bool:
        return time.monotonic() > self._renewed + self.tenure / 4

    @property
    def sure(self) -> bool:
        return time.monotonic() < self._renewed + self.tenure

    def acquire(self) -> bool:
        asked = time.monotonic()
        if taken := self._take():
            self._renewed = asked
        return taken

    def write(self, facts: Sequence[LedgerFact]) -> None:
        # Our tenure counts from before we asked: the store's cannot have begun earlier.
        asked = time.monotonic()
        if not self._write(facts):
            self._renewed = float("-inf")  # not sure of it any more
            raise Superseded(f"another expediter has taken over {self.name}")
        self._renewed = asked

    def facts(self) -> Iterator[LedgerFact]:
        last = 0
        while page := self._page(last):
            yield from page
            last = page[-1].number
            if self.epoch and self.due:
                self.write(())

    def resign(self) -> None:
        self._renewed = float("-inf")
        if self.epoch:
            with suppress(LedgerError):
                self._resign()

    @abstractmethod
    def _resign(self) -> None:
        """Write that our epoch has ended, if it is the last one."""

    @abstractmethod
    def _take(self) -> bool:
        """Take the next epoch if it is free, and return whether."""

    @abstractmethod
    def _write(self, facts: Sequence[LedgerFact]) -> bool:
        """Write these facts and renew, if the epoch is ours; return whether it is."""

    @abstractmethod
    def _page(self, last: int) -> list[LedgerFact]:
        """Return up to `PAGE` facts that follow that number."""


def open_ledger(
    where: str | os.PathLike[str], scale: float = 0.02, durable: bool = False, only_read: bool = False
) -> StoredLedger:
    """Return the ledger at this path or ``postgresql://`` address, nobody's yet; raise `LedgerError`.

    `scale` is that of a new run. With `durable` SQLite's commits wait for the disk; PostgreSQL's do as the server says.
    Who will `only_read` needs no right to write.
    """
    if is_postgres(address := os.fspath(where)):
        from pizzeria.ovens.expediter.postgres_ledger import PostgresLedger

        return PostgresLedger(address, scale, only_read)
    if "://" in address:
        raise LedgerError(f"{without_credentials(address)}: a ledger is a path, or a postgresql:// address")
    from pizzeria.ovens.expediter.sqlite_ledger import SqliteLedger

    return SqliteLedger(where, scale, durable, only_read)


def about(where: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a ledger says of itself, whoever holds it: its run, epoch, holder and scale by name."""
    with open_ledger(where, only_read=True) as ledger:
        return ledger.about()


def read(where: str | os.PathLike[str]) -> tuple[dict[str, Any], list[LedgerFact]]:
    """Return `(about, facts)` of a ledger, whoever holds it: see `about`; every `LedgerFact` in order."""
    with open_ledger(where, only_read=True) as ledger:
        return ledger.about(), list(ledger.facts())
