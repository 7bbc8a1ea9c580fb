"""Where it happens: a lunch, its programs, and whoever kills, stops or cuts them at moments that are drawn."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from pizzeria.order import STEPS
from pizzeria.ovens.brokers.interface import Broker
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import Served
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen

AGAIN_AFTER = 0.3  # s until a killed cook or broker is started again
LOOK_EVERY = 0.05  # s, who leads
WILL_WITHIN = 10.0  # s without a word in which a dead cook's will must be read

Fault: TypeAlias = Callable[[random.Random], Awaitable[object]]
"""Something that goes wrong and is over when it returns."""


class Scene:
    """Where it happens: the house, the broker, what was begun and what ended so far, and who was killed when."""

    link: Link

    def __init__(
        self,
        house: WholeKitchen,
        broker: Broker,
        dice: random.Random,
        orders: int,
        faults: Mapping[str, Fault] = MappingProxyType({}),
    ) -> None:
        self.house, self.broker, self.dice, self.orders, self.faults = house, broker, dice, orders, faults
        self.take_overs: list[tuple[str, float]] = []
        self.endings: list[int] = []
        self.kills: list[tuple[float, str]] = []
        self.begun = 0

    def ended(self, served: Served) -> None:
        """Take note of an order that ended."""
        self.endings.append(served.order)

    def newly_ended(self, served: Served) -> None:
        """Take note of an order that ended, if we were not told before: who carries a lunch on is told of all again."""
        if served.order not in self.endings:
            self.ended(served)

    async def kill_all(self, victims: Sequence[str]) -> None:
        """Kill the victims one after the other, at moments spread over the lunch."""
        moments = sorted(self.dice.uniform(0.02, 0.6) * self.orders * len(STEPS) for _ in victims)
        for moment, victim in zip(moments, victims, strict=True):
            while self.begun < moment:
                await self.work_begun()
            if fault := self.faults.get(victim):
                self._note(victim)
                await fault(self.dice)
            else:
                await getattr(self, f"kill_{victim}")()

    async def look_after(self) -> None:
        """Start again whoever ended by himself: the broker or the ledger was away when he came, or the standby ended him."""
        while True:
            await asyncio.sleep(AGAIN_AFTER)
            for name in self.house.ended():
                await self.house.start(name)

    async def work_begun(self) -> tuple[str, str]:
        """Wait until some cook begins something; return who and what."""
        while True:
            heard = await self.link.hear()
            if heard is None:
                continue
            _, who, said = heard
            if said["state"] == "working":
                self.begun += 1
                return who, said["task"]

    async def kill_cook(self) -> None:
        """Kill a cook who has just begun to prepare a pizza; another takes his place a little later.

        He may be done before he is dead. Then it is the next cook's turn, until one died over a pizza.
        """
        at_work = False
        while not at_work:
            task = None
            while task != "prepare":
                name, task = await self.work_begun()
            await self._kill(name, self.house.kill(name))
            at_work = await self.died_at_work(name)
            await asyncio.sleep(AGAIN_AFTER)
            await self.house.start(name)

    async def died_at_work(self, name: str) -> bool:
        """Return whether a killed cook had something in hand: the last he said before the broker read his will."""
        working, said = True, {"state": ""}
        while said["state"] != "gone":
            heard = await self.link.hear(WILL_WITHIN)
            if heard is None:  # the broker died too, and his will with it
                return False
            _, who, said = heard
            self.begun += said["state"] == "working"
            if who != name:
                said = {"state": ""}
            elif said["state"] != "gone":
                working = said["state"] == "working"
        return working

    async def kill_expediter(self) -> None:
        """Kill who stands at the pass; the standby takes over, and another stands by."""
        name, epoch = await self.leader()
        await self._kill("expediter", self.house.kill(name))
        await self.taken_over("killed", epoch)
        await self.house.start(name)

    async def kill_stopped(self) -> None:
        """Stop who stands at the pass until the standby has taken over; then let him go on."""
        name, epoch = await self.leader()
        self._note("stopped expediter")
        self.house.stop(name)
        try:
            await self.taken_over("stopped", epoch)
        finally:
            self.house.go_on(name)

    async def taken_over(self, how: str, epoch: int) -> None:
        """Wait for the epoch that follows; note how long it took."""
        began = time.monotonic()
        await self.leader(after=epoch)
        self.take_overs.append((how, time.monotonic() - began))

    async def leader(self, after: int = 0) -> tuple[str, int]:
        """Wait until one of our expediters leads in an epoch after that one; return his name and the epoch."""
        while (found := await asyncio.to_thread(self.house.leader)) is None or found[1] <= after:
            await asyncio.sleep(LOOK_EVERY)
        return found

    async def kill_oven(self) -> None:
        """Cut the link of some oven."""
        self._note("an oven's link")
        self.house.cut_an_oven()

    async def kill_broker(self) -> None:
        """Kill the broker, and start it again on its port; of a cluster, one node."""
        await self.kill_node("broker")

    async def kill_node(self, who: str = "node") -> None:
        """Kill one node of the cluster, and start it again."""
        node = self.dice.randrange(self.broker.nodes)
        await self._kill(
            who if self.broker.nodes == 1 else f"node {node}", asyncio.to_thread(self.broker.kill, node)
        )
        await asyncio.sleep(AGAIN_AFTER)
        await asyncio.to_thread(self.broker.restart, node)

    async def _kill(self, who: str, killing: Awaitable[object]) -> None:
        self._note(who)
        await killing

    def _note(self, who: str) -> None:
        self.kills.append((time.time(), who))
