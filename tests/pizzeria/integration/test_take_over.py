"""An expediter that was stopped: the standby takes over; he says so when he goes on, stands by, and leads again in turn."""

import asyncio
import time

import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.embedded import Embedded
from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE

SOON = 120  # s; a bound, not a pause
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
            assert len(said.splitlines()) == 2, "one line when he began, one when he saw that he was late"
        else:
            await house.start(first)
        assert house.leader() == (second, epoch), "the second leads on"
        await house.kill(second)
        assert await soon("the first's turn", leads(epoch)) == (first, epoch + 1)
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
                Link(
                    address, "witness", [TREE[f"{kind}_work"].filter for kind in ("oven", "tablet")]
                ) as link,
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
    counted = audit(facts)
    assert set(counted.closed) == {one.order for one in late} == set(range(1, ORDERS + LATE + 1))
    assert (counted.doubled, counted.out_of_urgency) == (0, 0)
    assert len(served) == ORDERS
    assert about["epoch"] == 3
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    # Nothing was ever said to anybody that is not in the ledger, under that number.
    by_number = {fact.number: fact for fact in facts}
    assert heard
    for kind, name, said in heard:
        fact = by_number.get(said["lease"])
        if kind == "tablet_work":
            assert (fact.fact, fact.who, fact.order, fact.step) == (
                "handed",
                name,
                said["order"],
                said["step"],
            )
        elif said["order"] is not None:
            assert (fact.fact, fact.who, fact.order) == ("loaded", name, said["order"])
