"""One seed, one `async def order`: the kitchen over MQTT serves what the simulator serves, and when."""

import asyncio
from functools import partial

from pizzeria.kitchen.simulation import open_house
from pizzeria.kitchen.staff import Kitchen, VirtualTime
from pizzeria.ovens.in_process import kitchen_here
from pizzeria.ovens.link import Address
from pizzeria.ovens.orders import COLUMNS, lunch
from pizzeria.ovens.setups import Embedded
from pizzeria.setup import Setup, clients

SETUP = Setup(cooks=2, ovens=4, orders_per_hour=9.0, out_of_stock=0.4)
ORDERS, SEED = 8, 5
SCALE = 0.08  # s a minute
TOLERANCE = 5.0  # min: 0.4 s for a dozen messages, where 20 ms are usual
ATTEMPTS = 3  # a busy machine is late once, another kitchen always


def simulated():
    """Return the rows of the simulator's lunch, in the order in which the clients rang."""
    host, rows = VirtualTime(), []
    house = Kitchen(SETUP, "nginxopepperoni", "urgent", host)
    house.satisfied = rows.append
    host.spawn(open_house(house, clients(SETUP, ORDERS, SEED), host.spawn))
    host.run()
    return sorted(rows)


async def connected(broker, folder):
    address = Address(tuple(broker.urls))
    async with (
        asyncio.timeout(60),
        kitchen_here(address, folder / "ledger.db", SCALE, SETUP.cooks, SETUP.ovens),
    ):
        return await lunch(address, SETUP, ORDERS, SEED)


def test_the_connected_kitchen_agrees_with_the_simulator(tmp_path):
    expected = simulated()
    assert max(row[3] - row[2] for row in expected) > 10, "nobody ever waited: the lunch shows nothing"
    for attempt in range(ATTEMPTS):
        with Embedded() as broker:
            (folder := tmp_path / str(attempt)).mkdir()
            served = asyncio.run(connected(broker, folder))
        assert [one.order for one in served] == list(range(1, ORDERS + 1))
        burns = [row[5] - row[4] > SETUP.burns_after for row in expected]
        late = {
            (one.order, name): getattr(one, name) - row[n]
            for one, row in zip(served, expected, strict=True)
            for n, name in enumerate(COLUMNS)
        }
        print(
            f"attempt {attempt}: latest {max(late.values()):.2f} min, earliest {min(late.values()):.2f} min"
        )
        off = {key: minutes for key, minutes in late.items() if not -0.1 <= minutes <= TOLERANCE}
        if not off and [one.burnt for one in served] == burns:
            by_end = partial(sorted, key=lambda pair: pair[0])
            ends = by_end((row[6], number) for number, row in enumerate(expected, 1))
            assert [n for _, n in by_end((one.ended, one.order) for one in served)] == [n for _, n in ends]
            return
    raise AssertionError(
        f"not the same kitchen: {off}, burnt {[one.burnt for one in served]}, expected {burns}"
    )
