"""Who goes to the ledger for the expediter: in a thread of its own, with bounded patience, again until it answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.ledger import TENURE, Ledger, LedgerAway
from pizzeria.ovens.expediter.state import LedgerFact

LOG = logging.getLogger("pizzeria.ovens")
LOOK_EVERY = 0.05  # s between a standby's looks at who leads
ANSWER_WITHIN = 2 * TENURE  # s, then the ledger is asked anew
READ_WITHIN = 3600.0  # s
PAUSE = 0.2  # s between two attempts at a ledger that is away

T = TypeVar("T")


class Clerk:
    """The way to a ledger for a program that must not stand still meanwhile; an asynchronous context manager.

    Leaving it lets the ledger go.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._away = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.call(self.ledger.release)
        self._thread.shutdown()

    async def call(self, work: Callable[[], T], within: float | None = None) -> T:
        """Return what this comes to, in the thread; break it off after `within` seconds, or when we are cancelled."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            await asyncio.wait((future,), timeout=within or ANSWER_WITHIN)
        finally:
            while not future.done():
                self.ledger.interrupt()
                await asyncio.wait((future,), timeout=PAUSE)
        return future.result()

    async def persistently(self, work: Callable[[], T], within: float | None = None) -> T:
        """Return what this comes to, tried again for as long as the ledger is away; it is said once, and when it is back."""
        while True:
            try:
                result = await self.call(work, within)
            except LedgerAway as why:
                if not self._away:
                    LOG.warning("expediter: no answer from the ledger: %s; orders wait", why)
                self._away = True
                await asyncio.sleep(PAUSE)
            else:
                if self._away:
                    LOG.warning("expediter: the ledger %s answers again", self.ledger.name)
                self._away = False
                return result

    async def expediter(self, patience: float) -> Expediter:
        """Return an expediter who knows all that is in the ledger, which we hold; see `Expediter` about `patience`."""
        ledger = self.ledger
        known = lambda: Expediter(ledger.run, ledger.scale, patience, ledger.facts())
        # However long it is: reading renews the epoch, and a cut is noticed by the ledger's own connection.
        return await self.persistently(known, READ_WITHIN)

    async def hold(self, waiting: Callable[[], object] = lambda: None) -> bool:
        """Take the next epoch; while another expediter has one stand by, and say so once by `waiting()`; return whether."""
        told = False
        while not await self.persistently(self.ledger.acquire):
            if not told:
                waiting()
                told = True
            await asyncio.sleep(LOOK_EVERY)
        return told

    async def write(self, facts: Sequence[LedgerFact]) -> None:
        """Commit these facts, or renew the epoch if it is time; raise `Superseded` when it is not ours any more."""
        if facts or self.ledger.due:
            await self.persistently(lambda: self.ledger.write(facts))
