"""An expediter that was stopped: the standby takes over; he says so when he goes on, stands by, and leads again in turn."""

import asyncio

import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.embedded import Embedded
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from support.history import OVERHEARD, overhear, prove
from support.waiting import SOON, soon_async

ORDERS, LATE = 24, 4  # clients, and those who ring when all the trouble is over
SETUP = Setup(cooks=3, orders_per_hour=30.0, burns_after=1000.0)


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

    async def trouble():
        first, epoch = await soon_async(leads(0), "a leader")
        await soon_async(lambda: len(served) >= 2, "a lunch")
        house.stop(first)
        second, epoch = await soon_async(leads(epoch), "a take-over")
        ended, facts = len(served), read(house.ledger)[1]
        await soon_async(
            lambda: len(served) > ended or len(read(house.ledger)[1]) > len(facts), "work under the second"
        )
        house.go_on(first)
        if first not in house.ended():  # stopped in the middle of a write, he would be
            await soon_async(
                says(first, f"standby: epoch {epoch - 1} is over, another expediter"), "words of the first"
            )
            said = house.log(first).read_text(encoding="utf-8")
            assert said.count(f"standby: epoch {epoch - 1} is over") == 1, "one line"
        else:
            await house.start(first)
        second, epoch = await soon_async(leads(epoch - 1), "whoever leads now")
        await house.kill(second)
        await soon_async(leads(epoch), "the other's turn")
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
                Link(address, "witness", OVERHEARD) as link,
            ):
                overhearing = asyncio.create_task(overhear(link, heard))
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
