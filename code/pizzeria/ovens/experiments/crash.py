"""The crash experiment: a lunch over MQTT in which programs are killed or stopped, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import MappingProxyType

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.interface import Broker
from pizzeria.ovens.brokers.kinds import default_broker
from pizzeria.ovens.expediter.audit import WorkSpan, audit, spans
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.experiments.scene import Fault, Scene
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE

VICTIMS = ("cook", "expediter", "stopped", "oven", "broker", "node")


@dataclass(frozen=True)
class Crashes:
    """What became of a lunch in which something was killed.

    `lost` orders never ended, `doubled` counts what was done twice, `given_back` leases that went to somebody else,
    `repeated` work done in vain, `out_of_urgency` hand-outs that passed over something more urgent. `kills` has rows
    ``(minute, who)``, `take_overs` rows ("killed" or "stopped", seconds until somebody else led), `spans` rows ``(start, end, order, step, who, how)``; minutes since the kitchen opened.
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
    epochs: int
    seconds: float
    kills: list[tuple[float, str]] = field(repr=False)
    spans: list[WorkSpan] = field(repr=False)
    take_overs: list[tuple[str, float]] = field(repr=False)
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
    more: int = 0,
    ledger: str | None = None,
    faults: Mapping[str, Fault] = MappingProxyType({}),
    detours: Callable[[Broker], Mapping[str, str]] = lambda broker: {},
) -> Crashes:
    """Run a lunch in which something fails and return its `Crashes`; the same draws for one seed, never the same milliseconds.

    `kill` names the victims in turn: "cook" (in the middle of preparing a pizza; a blow that came too late is dealt to the
    next who begins one), "expediter" (a standby takes over), "stopped" (an expediter stands still until the standby has
    taken over, and goes on then), "oven" (its link is cut), "broker", "node" (of a cluster), or one of `faults`, by name.
    Moments and cooks are drawn by `seed`, spread over the lunch. `broker` is a set-up, not started; the default one if
    none. `ledger` is where the expediters keep theirs, a file if none; `detours` may say by what variables of the
    environment they reach broker and ledger instead. When the last order ends before the last fault, so many `more` ring,
    again and again; without any, who is not dead by then has survived. Raises `TimeoutError` after `bound` seconds.
    """
    if unknown := set(kill) - set(VICTIMS) - set(faults):
        raise ValueError(f"nobody is called {', '.join(sorted(unknown))}: choose {', '.join(VICTIMS)}")
    broker = broker or default_broker()
    setup = setup or Setup(cooks=cooks, orders_per_hour=60.0, burns_after=60.0)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(broker.start)
        stack.push_async_callback(asyncio.to_thread, broker.stop)
        address = Address(tuple(broker.urls), broker.ca_file, mqtt=broker.mqtt)
        house = WholeKitchen(
            address, cooks, scale=scale, patience=patience, ledger=ledger, detours=detours(broker)
        )
        await stack.enter_async_context(house)
        scene = Scene(house, broker, random.Random(seed), orders, faults)
        async with (
            asyncio.timeout(bound),
            Link(address, "witness", [TREE["tablet_state"].filter]) as scene.link,
        ):
            started = time.monotonic()
            killing = asyncio.create_task(scene.kill_all(kill))
            helping = asyncio.create_task(scene.look_after())
            try:
                began = time.time()
                await lunch(address, setup, orders, seed, ended=scene.ended)
                while more and not killing.done():
                    scene.orders += more
                    await lunch(address, setup, scene.orders, seed, ended=scene.newly_ended, began=began)
                seconds = time.monotonic() - started
            finally:
                for task in (killing, helping):
                    task.cancel()
                await asyncio.wait((killing, helping))
            for task in (killing, helping):
                if not task.cancelled():
                    task.result()
        return report(scene, seed, seconds)


def report(scene: Scene, seed: int, seconds: float) -> Crashes:
    """Read the ledger, and count."""
    about, facts = read(scene.house.ledger)
    found, opened, scale = audit(facts), about["opened"], about["scale"]
    burnt = sum(found.closed.values())
    twice = len(scene.endings) - len(set(scene.endings))
    logs = [
        f"--- {path.name}\n{path.read_text(errors='replace')}"
        for path in sorted(scene.house.folder.glob("*.log"))
    ]
    return Crashes(
        seed=seed,
        orders=scene.orders,
        served=len(found.closed) - burnt,
        burnt=burnt,
        lost=scene.orders - len(set(scene.endings) & set(found.closed)),
        doubled=found.doubled + twice,
        given_back=found.given_back,
        repeated=found.repeated,
        out_of_urgency=found.out_of_urgency,
        hand_outs=found.hand_outs,
        epochs=about["epoch"],
        seconds=seconds,
        take_overs=scene.take_overs,
        kills=[((at - opened) / scale, who) for at, who in scene.kills],
        spans=spans(facts, opened, scale),
        log="\n".join(logs),
    )
