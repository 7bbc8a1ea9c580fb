"""A cook who is killed at his work: what an order comes to that he held, in either house.

At Ngin O' Pepperonix the tablet had the work under a lease of twice its minutes, as in the connected kitchen. When that
is over the work is handed out again, with the urgency it had, and begun anew. At Apach' Hut nobody but the cook knows
of his order: what the oven or the warehouse does is done, then it stands still for good, and so does its oven.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from pizzeria.eventloop import NOBODY
from pizzeria.kitchen.trace import PARTS, Watched

FOR_GOOD = 1e6


@dataclass
class Fate:
    """The first cook at work at minute `at` is killed, or whoever begins next, in the midst of it; `since` when.

    `order` is what he held, and its `part`; `again` is when another took over (min), or 0: then it `stands` since, in its
    `oven` if it has one.
    """

    at: float
    order: int = 0
    part: str = ""
    since: float = 0.0
    who: str = ""
    again: float = 0.0
    stands: float = 0.0
    oven: Any = None

    def takes(self, seen: Watched, part: str, minutes: float) -> bool:
        """Return whether the cook who begins so many minutes of this now is the one; his last moment is `since`."""
        now = seen.clock.now
        if self.order or now + minutes <= self.at:
            return False
        self.order, self.part = seen.number, part
        self.since = self.at if now < self.at else now + minutes / 2
        return True


class Mortal:
    """A kitchen as one order sees it, whose cook may be the one."""

    def __init__(self, seen: Watched, kitchen: Any, fate: Fate) -> None:
        self._seen, self._kitchen, self._fate = seen, kitchen, fate
        setup = kitchen.setup
        self._leased = seen.cook_throughout is NOBODY
        if self._leased:
            for step, part in PARTS.items():
                minutes = setup.prepare if step == "prepare" else setup.hand_over
                block = _Leased(seen, getattr(seen, f"cook_to_{step}"), fate, part, minutes)
                setattr(self, f"cook_to_{step}", block)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seen, name)

    @property
    def prepare(self) -> Awaitable[object]:
        """Prepare; at Apach' Hut perhaps not to the end."""
        return self._seen.prepare if self._leased else self._work()

    @property
    def bake(self) -> Awaitable[object]:
        """Bake, which the oven does."""
        seen, minutes = self._seen, self._kitchen.setup.bake
        return seen.bake if self._leased else self._wait(seen.bake, "bake", minutes)

    def wait_for_stock(self, minutes: float) -> Awaitable[object]:
        """Wait for the delivery, which comes whoever waits for it."""
        stock = self._seen.wait_for_stock(minutes)
        return stock if self._leased else self._wait(stock, "restock", minutes)

    async def _work(self) -> None:
        seen, fate, now = self._seen, self._fate, self._seen.clock.now
        if fate.takes(seen, "prepare", self._kitchen.setup.prepare):
            await seen.clock.sleep(fate.since - now)
            seen.note(now, "order", "prepare")
            await self._stand_still()
        await seen.prepare

    async def _wait(self, wait: Awaitable[object], part: str, minutes: float) -> None:
        gone = self._fate.takes(self._seen, part, minutes)
        await wait
        if gone:
            self._fate.oven = self._seen.oven if part == "bake" else None
            await self._stand_still()

    async def _stand_still(self) -> None:
        block: Any = self._seen.cook_throughout
        self._fate.who = block.note_until(self._fate.since)
        self._fate.stands = self._seen.clock.now
        await self._seen.clock.sleep(FOR_GOOD)


class _Leased:
    """A cook's block: if he is the one, it is entered when another has taken over."""

    def __init__(self, seen: Watched, block: Any, fate: Fate, part: str, minutes: float) -> None:
        self._seen, self._block, self._fate, self._part, self._minutes = seen, block, fate, part, minutes

    async def __aenter__(self) -> None:
        await self._block.__aenter__()
        clock, fate = self._seen.clock, self._fate
        begun = clock.now
        if not fate.takes(self._seen, self._part, self._minutes):
            return
        await clock.sleep(fate.since - begun)
        fate.who = self._block.note_until(clock.now)
        await clock.sleep(begun + 2 * self._minutes - clock.now)
        self._seen.note(fate.since, "order", "waiting for lease")
        fate.stands = clock.now
        await self._block.__aenter__()
        fate.again = clock.now

    async def __aexit__(self, *error: Any) -> None:
        await self._block.__aexit__(*error)
