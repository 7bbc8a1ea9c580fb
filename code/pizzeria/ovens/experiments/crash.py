"""The crash experiment: a lunch over MQTT in which programs are killed or stopped, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from pizzeria.kitchen_parameters import Setup
from pizzeria.order import STEPS
from pizzeria.ovens.brokers.interface import Broker
from pizzeria.ovens.brokers.kinds import default_broker
from pizzeria.ovens.expediter.audit import WorkSpan, audit, spans
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import Served, lunch
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE

VICTIMS = ("cook", "expediter", "stopped", "oven", "broker", "node")
AGAIN_AFTER = 0.3  # s until a killed cook or broker is started again
LOOK_EVERY = 0.05  # s, who leads
WILL_WITHIN = 10.0  # s without a word in which a dead cook's will must be read


@dataclass(frozen=True)
class Crashes:
    """What became of a lunch in which something was killed.

    `lost` orders never ended, `doubled` counts what was done twice, `given_back` leases that went to somebody else,
    `repeated` work done in vain, `out_of_urgency` hand-outs that passed over something more urgent. `kills` has rows
    ``(minute, who)``, `spans` rows ``(start, end, order, step, who, how)``; minutes since the kitchen opened.
    """

    seed: int
    orders: int
    served: int
    burnt: int
    lost: int
    doubled: int
    given_back: int
    repeated: int
    out_of_urgency: int
    hand_outs: int
    seconds: float
    kills: list[tuple[float, str]] = field(repr=False)
    spans: list[WorkSpan] = field(repr=False)
    log: str = field(repr=False, default="")


async def crash_experiment(
    orders: int = 20,
    seed: int = 1,
    kill: Sequence[str] = ("cook",),
    broker: Broker | None = None,
    cooks: int = 4,
    scale: float = 0.01,
    setup: Setup | None = None,
    patience: float = 2.0,
    bound: float = 30.0,
) -> Crashes:
    """Run a lunch with kill -9 and return its `Crashes`; the same draws for one seed, never the same milliseconds.

    `kill` names the victims in turn: "cook" (in the middle of preparing a pizza; a blow that came too late is dealt to the
    next who begins one), "expediter" (a standby takes over),
    "stopped" (an expediter stands still until the standby has taken over, and goes on then), "oven" (its link is cut), "broker", or "node" (of a cluster). Moments and cooks are drawn by `seed`, spread over the
    lunch. `broker` is a set-up, not started; the default one if none. Raises `TimeoutError` after `bound` seconds.
    """
    if unknown := set(kill) - set(VICTIMS):
        raise ValueError(f"nobody is called {', '.join(sorted(unknown))}: choose {', '.join(VICTIMS)}")
    broker = broker or default_broker()
    setup = setup or Setup(cooks=cooks, orders_per_hour=60.0, burns_after=60.0)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(broker.start)
        stack.push_async_callback(asyncio.to_thread, broker.stop)
        address = Address(tuple(broker.urls), broker.ca_file)
        house = await stack.enter_async_context(WholeKitchen(address, cooks, scale=scale, patience=patience))
        scene = Scene(house, broker, random.Random(seed), orders)
        async with (
            asyncio.timeout(bound),
            Link(address, "witness", [TREE["tablet_state"].filter]) as scene.link,
        ):
            started = time.monotonic()
            killing = asyncio.create_task(scene.kill_all(kill))
            try:
                await lunch(address, setup, orders, seed, ended=scene.ended)
                seconds = time.monotonic() - started
            finally:
                killing.cancel()  # who is not dead by now has survived
                await asyncio.wait((killing,))
            if not killing.cancelled():
                killing.result()
        return scene.report(seed, seconds)


class Scene:
    """Where it happens: the house, the broker, what was begun and what ended so far, and who was killed when."""

    link: Link

    def __init__(self, house: WholeKitchen, broker: Broker, dice: random.Random, orders: int) -> None:
        self.house, self.broker, self.dice, self.orders = house, broker, dice, orders
        self.endings: list[int] = []
        self.kills: list[tuple[float, str]] = []
        self.begun = 0

    def ended(self, served: Served) -> None:
        """Take note of an order that ended."""
        self.endings.append(served.order)

    async def kill_all(self, victims: Sequence[str]) -> None:
        """Kill the victims one after the other, at moments spread over the lunch."""
        moments = sorted(self.dice.uniform(0.02, 0.6) * self.orders * len(STEPS) for _ in victims)
        for moment, victim in zip(moments, victims, strict=True):
            while self.begun < moment:
                await self.work_begun()
            await getattr(self, f"kill_{victim}")()

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
        name, _ = await self.leader()
        await self._kill("expediter", self.house.kill(name))
        await self.house.start(name)

    async def kill_stopped(self) -> None:
        """Stop who stands at the pass until the standby has taken over; then let him go on."""
        name, epoch = await self.leader()
        self._note("stopped expediter")
        self.house.stop(name)
        try:
            await self.leader(after=epoch)
        finally:
            self.house.go_on(name)
        for ended in self.house.ended():  # he was in the middle of a write, and the standby could not wait
            await self.house.start(ended)

    async def leader(self, after: int = 0) -> tuple[str, int]:
        """Wait until one of our expediters leads in an epoch after that one; return his name and the epoch."""
        while (found := self.house.leader()) is None or found[1] <= after:
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

    def report(self, seed: int, seconds: float) -> Crashes:
        """Read the ledger, and count."""
        about, facts = read(self.house.ledger)
        found, opened, scale = audit(facts), about["opened"], about["scale"]
        burnt = sum(found.closed.values())
        twice = len(self.endings) - len(set(self.endings))
        logs = [
            f"--- {path.name}\n{path.read_text(errors='replace')}"
            for path in sorted(self.house.folder.glob("*.log"))
        ]
        return Crashes(
            seed=seed,
            orders=self.orders,
            served=len(found.closed) - burnt,
            burnt=burnt,
            lost=self.orders - len(set(self.endings) & set(found.closed)),
            doubled=found.doubled + twice,
            given_back=found.given_back,
            repeated=found.repeated,
            out_of_urgency=found.out_of_urgency,
            hand_outs=found.hand_outs,
            seconds=seconds,
            kills=[((at - opened) / scale, who) for at, who in self.kills],
            spans=spans(facts, opened, scale),
            log="\n".join(logs),
        )
