"""An expediter that was stopped: the standby takes over; he says so when he goes on, stands by, and leads again in turn."""

import asyncio
import time

import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.embedded import Embedded
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE
from support.history import prove

SOON = 120  # s; a bound, not a pause
OVERHEARD = ("tablet_work", "oven_work", "news")
ORDERS, LATE = 24, 4  # clients, and those who ring when all the trouble is over
SETUP = Setup(cooks=3, orders_per_hour=30.0, burns_after=1000.0)


async def soon(what, true):
    deadline = time.monotonic() + SOON
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what}: never"
        await asyncio.sleep(0.05)
    return found


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_stopped_expediter_is_followed_and_stands_by_when_he_goes_on(store, tmp_path, request):
    where = request.getfixturevalue("postgres").url + "#taken-over" if store == "postgresql" else None
    heard, served, late = [], [], []

    def leads(after):
        def found():
            leader = house.leader()
            return leader if leader and leader[1] > after else None

        return found

    def says(name, words):
        return lambda: words in house.log(name).read_text(encoding="utf-8")

    async def overhear(link):
        while True:
            if message := await link.hear():
                heard.append(message)

    async def trouble():
        first, epoch = await soon("a leader", leads(0))
        await soon("a lunch", lambda: len(served) >= 2)
        house.stop(first)
        second, epoch = await soon("a take-over", leads(epoch))
        ended, facts = len(served), read(house.ledger)[1]
        await soon(
            "work under the second", lambda: len(served) > ended or len(read(house.ledger)[1]) > len(facts)
        )
        house.go_on(first)
        if first not in house.ended():  # stopped in the middle of a write, he would be
            await soon(
                "words of the first", says(first, f"standby: epoch {epoch - 1} is over, another expediter")
            )
            said = house.log(first).read_text(encoding="utf-8")
            assert said.count(f"standby: epoch {epoch - 1} is over") == 1, "one line"
        else:
            await house.start(first)
        second, epoch = await soon("whoever leads now", leads(epoch - 1))
        await house.kill(second)
        await soon("the other's turn", leads(epoch))
        await house.start(second)

    async def main():
        nonlocal house
        with Embedded() as broker:
            address = Address(tuple(broker.urls))
            house = WholeKitchen(
                address, SETUP.cooks, scale=0.015, patience=2.0, folder=tmp_path, ledger=where
            )
            async with (
                asyncio.timeout(SOON),
                house,
                Link(address, "witness", [TREE[kind].filter for kind in OVERHEARD]) as link,
            ):
                overhearing = asyncio.create_task(overhear(link))
                eating = asyncio.create_task(lunch(address, SETUP, ORDERS, 1, ended=served.append))
                await trouble()
                await eating
                await lunch(address, SETUP, ORDERS + LATE, 1, ended=late.append)
                overhearing.cancel()
                await asyncio.wait((overhearing,))
            return read(house.ledger)

    house = None
    about, facts = asyncio.run(main())
    prove(facts, heard, late, ORDERS + LATE)
    assert len(served) == ORDERS
    assert about["epoch"] >= 3
