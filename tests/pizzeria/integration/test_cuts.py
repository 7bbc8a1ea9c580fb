"""Cables are cut in every way, between an expediter and the broker and between him and his ledger: the lunch is as it was."""

import asyncio
import logging
import re
from contextlib import AsyncExitStack, ExitStack

import pytest

from pizzeria.common.steady_time import steady_time
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.embedded import Embedded
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter import clerk, process
from pizzeria.ovens.expediter.ledger import LedgerError, about, read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from support.chaos import through
from support.cut import WAYS, Cable
from support.history import OVERHEARD, overhear, prove
from support.waiting import SOON, soon_async

ORDERS = 10
SETUP = Setup(cooks=3, ovens=6, orders_per_hour=60.0, burns_after=5000.0)
SCALE, PATIENCE = 0.01, 1.5


def epoch_of(where):
    """Return the epoch that a ledger has come to; 0 before anybody has opened it."""
    try:
        return about(where).get("epoch", 0)
    except LedgerError:
        return 0


class House:
    """A kitchen in this process, its lunch overheard; each `round` is as many orders more."""

    def __init__(self, address):
        self.address, self.heard, self.served, self.orders = address, [], [], 0
        self.began, self.tasks = steady_time(), []

    def do(self, coroutine):
        self.tasks.append(asyncio.create_task(coroutine))
        return self.tasks[-1]

    async def __aenter__(self):
        self.stack = AsyncExitStack()
        link = await self.stack.enter_async_context(Link(self.address, "witness", OVERHEARD))
        self.do(overhear(link, self.heard))
        for n in range(SETUP.cooks):
            self.do(device.serve(Tablet(f"cook-{n}", steady_time()), self.address))
        for n in range(SETUP.ovens):
            self.do(device.serve(Oven(f"{n}", steady_time()), self.address))
        return self

    async def __aexit__(self, *_):
        ended = [task for task in self.tasks if task.done()]
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.stack.aclose()
        for task in ended:
            task.result()

    def round(self):
        """Let more clients ring, while those from before are served or not; return the task that serves all."""
        self.orders += ORDERS
        return asyncio.create_task(lunch(self.address, SETUP, self.orders, 1, began=self.began))


def test_a_cut_between_the_only_expediter_and_the_broker_or_the_ledger(postgres, caplog):
    """Each cable in each way: orders wait until it is mended, and go on."""
    caplog.set_level(logging.WARNING)
    where = f"{postgres.url}#cuts"

    async def main(house, cables):
        for cable in cables:
            for way in WAYS:
                serving, before = house.round(), len(house.heard)
                await soon_async(lambda before=before: len(house.heard) > before + 4, "a lunch")
                cable.cut(way)
                await asyncio.wait((serving,), timeout=0.3)
                cable.mend()
                house.served = await serving

    with ExitStack() as stack:
        broker = stack.enter_context(Embedded())
        to_broker = stack.enter_context(Cable(broker.ports[0]["mqtt"]))
        to_ledger = stack.enter_context(Cable(postgres.port))

        async def all_of_it():
            async with asyncio.timeout(SOON), House(Address((broker.url,))) as house:
                his = Address((through(broker.url, to_broker.port),))
                house.do(process.serve(his, through(where, to_ledger.port), SCALE, PATIENCE))
                await main(house, (to_broker, to_ledger))
            return house

        house = asyncio.run(all_of_it())
    prove(read(where)[1], house.heard, house.served, house.orders)
    assert house.orders == 2 * len(WAYS) * ORDERS
    assert any("no answer from the ledger" in record.getMessage() for record in caplog.records)
    assert any("answers again" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("way", ["broken", "silent"])
def test_who_is_cut_off_from_the_ledger_is_followed_and_stands_by_when_he_hears_of_it(
    postgres, way, caplog, monkeypatch
):
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(clerk, "ANSWER_WITHIN", 1.0)
    where = f"{postgres.url}#followed-{way}"

    async def all_of_it(broker, cable):
        address = Address((broker.url,))
        async with asyncio.timeout(SOON), House(address) as house:
            house.do(process.serve(address, through(where, cable.port), SCALE, PATIENCE))
            await soon_async(lambda: epoch_of(where) >= 1, "the first")
            house.do(process.serve(address, where, SCALE, PATIENCE))
            serving = house.round()
            await soon_async(lambda: len(house.heard) > 4, "a lunch")
            cable.cut(way)
            await soon_async(lambda: epoch_of(where) >= 2, "a take-over")
            house.served = await serving
            cable.mend()
            await soon_async(lambda: re.search(r"standby: epoch \d+ is over", caplog.text), "his words")
            house.served = await house.round()
        return house

    with Embedded() as broker, Cable(postgres.port) as cable:
        house = asyncio.run(all_of_it(broker, cable))
    prove(read(where)[1], house.heard, house.served, house.orders)
    assert about(where)["epoch"] >= 2, "more when this machine stood still for an epoch"


def test_who_is_cut_off_from_the_broker_lets_another_lead(tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(process, "TURN", 5.0)
    where = tmp_path / "ledger.db"

    async def all_of_it(broker, cable):
        address = Address((broker.url,))
        async with asyncio.timeout(SOON), House(address) as house:
            house.do(process.serve(Address((through(broker.url, cable.port),)), where, SCALE, PATIENCE))
            await soon_async(lambda: "epoch 1" in caplog.text, "the first")
            house.do(process.serve(address, where, SCALE, PATIENCE))
            serving = house.round()
            await soon_async(lambda: len(house.heard) > 4, "a lunch")
            cable.cut("broken")
            house.served = await serving
            house.served = await house.round()
            cable.mend()
        return house

    with Embedded() as broker, Cable(broker.ports[0]["mqtt"]) as cable:
        house = asyncio.run(all_of_it(broker, cable))
    prove(read(where)[1], house.heard, house.served, house.orders)
    assert about(where)["epoch"] >= 2
    assert "standby: no link to the broker for 3 s: whoever has one may lead" in caplog.text


def test_a_server_that_is_killed_under_a_lunch_costs_nothing(postgres):
    where = f"{postgres.url}#killed"

    async def all_of_it(broker):
        address = Address((broker.url,))
        async with asyncio.timeout(SOON), House(address) as house:
            house.do(process.serve(address, where, SCALE, PATIENCE))
            serving = house.round()
            await soon_async(lambda: len(house.heard) > 10, "a lunch")
            await asyncio.to_thread(postgres.kill)
            await asyncio.wait((serving,), timeout=0.3)
            await asyncio.to_thread(postgres.restart)
            house.served = await serving
        return house

    with Embedded() as broker:
        house = asyncio.run(all_of_it(broker))
    prove(read(where)[1], house.heard, house.served, house.orders)
