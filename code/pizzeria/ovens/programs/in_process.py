"""A whole connected kitchen in one process: the programs' own loops as tasks, for a notebook, a page or a test."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from os import PathLike
from pathlib import Path

from pizzeria.common.steady_time import steady_time
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.embedded import embedded_broker
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.device import Device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter import process
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.protocol.messages import TREE, Heard


@asynccontextmanager
async def kitchen_here(
    address: Address,
    ledger: str | PathLike[str],
    scale: float = 0.01,
    cooks: int = 2,
    ovens: int = 4,
    patience: float = 2.0,
) -> AsyncIterator[None]:
    """Run an expediter, cooks and ovens on a broker while the block lasts; raise what ended one of them."""
    devices: list[Device] = [Tablet(f"cook-{n}", steady_time()) for n in range(cooks)]
    devices += [Oven(f"{n}", steady_time()) for n in range(ovens)]
    tasks = [asyncio.create_task(process.serve(address, ledger, scale, patience))]
    tasks += [asyncio.create_task(device.serve(one, address)) for one in devices]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)
    for task in ended:
        task.result()
        raise AssertionError("a program ended by itself")


async def overheard(orders: int = 3, seed: int = 1, scale: float = 0.005, bound: float = 60.0) -> list[Heard]:
    """Run a lunch on the embedded broker; return every ``(kind, name, message)`` that passed it, in order.

    It listens until every kind of message came and the board shows the whole lunch; `TimeoutError` after `bound` seconds.
    """
    setup = Setup(cooks=2, ovens=4, orders_per_hour=60.0, burns_after=500.0)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pizzeria-kitchen-"))
        await stack.enter_async_context(asyncio.timeout(bound))
        address = Address((await stack.enter_async_context(embedded_broker()),))
        link = await stack.enter_async_context(Link(address, "reader", ["kitchen/#"]))
        while not link.connected:
            await asyncio.sleep(0.01)
        async with kitchen_here(address, Path(folder) / "ledger.db", scale, setup.cooks, setup.ovens):
            # Something to write a dead letter about: we do, when it comes back to us.
            link.say(TREE["oven_state"].of("0"), b'{"v": 1, "state": "raw"}')
            await lunch(address, setup, orders, seed)
            messages: list[Heard] = []
            to_come = set(TREE)
            while to_come:
                if (heard := await link.hear()) is not None:
                    messages.append(heard)
                    kind, _, said = heard
                    if kind != "board" or said["served"] + said["burnt"] == orders:
                        to_come.discard(kind)
            return messages
