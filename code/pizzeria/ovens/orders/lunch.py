"""The orders of a lunch: the clients of the simulator ring, and each runs the same `async def order`, over MQTT."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import IO

from pizzeria.interfaces import Row
from pizzeria.kitchen_parameters import Setup, clients
from pizzeria.order import order
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.orders.remote import OrderDesk, RemoteKitchen

COLUMNS = ("rang", "drawn", "ticket", "started", "baked", "taken_out", "ended")


@dataclass(frozen=True)
class Served:
    """How one order went: its minutes, and whether its pizza was burnt."""

    order: int
    rang: float
    drawn: float
    ticket: float
    started: float
    baked: float
    taken_out: float
    ended: float
    burnt: bool


async def lunch(
    address: Address,
    setup: Setup | None = None,
    orders: int = 40,
    seed: int = 1,
    at_once: bool = False,
    ended: Callable[[Served], object] = lambda served: None,
    began: float | None = None,
) -> list[Served]:
    """Let so many clients ring at a running kitchen; return a list of `Served` in the order of their numbers.

    `ended` is told of each as it ends. Minutes count from `began` (seconds since 1970), else from now. A lunch that died
    is carried on by the same seed and its `began`: who should have rung rings at once, and what is done stays done.
    """
    setup = setup or Setup()
    done: dict[int, Served] = {}

    def satisfied(number: int) -> Callable[[Row], None]:
        def note(row: Row) -> None:
            burnt = counter.wish(number, "finish", 0.0).done.result()["burnt"]
            done[number] = Served(number, *row, burnt)
            counter.forget(number)
            ended(done[number])

        return note

    async def ring() -> None:
        rings, clock = 0.0, counter.clock
        async with asyncio.TaskGroup() as group:
            for number, (gap, call, restock) in enumerate(clients(setup, orders, seed, at_once), 1):
                rings += gap
                if rings > clock.now:
                    await clock.sleep(rings - clock.now)
                group.create_task(order(RemoteKitchen(counter, number, satisfied(number)), call, restock))

    async with OrderDesk(address, setup, began) as counter:
        await counter.opened()
        await counter.while_it_works(ring())
    return [done[number] for number in sorted(done)]


def note_to(file: IO[str]) -> Callable[[Served], None]:
    """Return what writes each `Served` to an open file as a line of JSON at once."""

    def ended(served: Served) -> None:
        file.write(json.dumps(asdict(served)) + "\n")
        file.flush()

    return ended


def summary(lunch_served: Sequence[Served], file: IO[str] | None = None) -> None:
    """Print how a lunch went."""
    burnt = sum(served.burnt for served in lunch_served)
    print(
        f"{len(lunch_served)} orders: {len(lunch_served) - burnt} served, {burnt} burnt",
        file=file or sys.stdout,
    )
