"""The connected kitchen itself, broker by broker: python tests/benchmarks/bench_expediter.py [--fast] [--broker NAME]

First the expediter alone, without a broker: hand-outs a second through heap and ledger. Then whole kitchens, each
program a process: orders a second end to end, and how long it takes from `baked` to a cook having the pizza. The ratio
is to one plain aiomqtt client that hears its own message, on the same broker in the same run.
"""

import argparse
import asyncio
import os
import platform
import resource
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import date
from importlib import metadata
from pathlib import Path

from bench_ovens import round_trips

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.kinds import every_broker
from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.ledger import open_ledger
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.orders.remote import OrderDesk
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE

COOKS, RATE, BAKE = 4, 50, 0.1  # baked pizzas a second; seconds in the oven
BOUND = 120  # s for one measurement
CEILING = 5_000  # hand-outs a second: the budget
STEPS = ("start", "prepare", "take_out", "finish")


def ceiling(orders, cooks=12, group=32, durable=False):
    """Return hand-outs a second through heap and ledger, everything committed in groups of at most so many asks."""
    said = {"session": 1, "boot": 0.0, "seq": 0}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(Path(folder) / "ledger.db", durable=durable) as ledger,
    ):
        ledger.acquire()
        expediter, handed = Expediter(ledger.run, 0.02), 0

        def says(name, state, lease):
            said["seq"] += 1
            expediter.tablet_says(1.0, name, {**said, "run": ledger.run, "state": state, "lease": lease})

        asks = [
            (n, step)
            for first in range(0, orders, group)
            for step in STEPS
            for n in range(first, first + group)
        ]
        start = time.perf_counter()
        for cook in range(cooks):
            says(f"cook-{cook}", "ready", None)
        while len(expediter.closed) < orders:
            some, asks = asks[:group], asks[group:]
            for order, step in some:
                # A pizza that never saw an oven: this is about the cooks' heap.
                expediter.ask(
                    1.0, order, "finish" if step == "finish" else "prepare" if step != "start" else step, 15.0
                )
            expediter.dispatch(1.0)
            ledger.write(expediter.take_facts())
            expediter.take_news()
            for _, name, work in expediter.take_work():
                handed += 1
                says(name, "done", work["lease"])
        return handed / (time.perf_counter() - start)


async def open_house(stack, address, ovens, scale):
    """Start a kitchen; return a link that hears every state, once all are there."""
    house = await stack.enter_async_context(WholeKitchen(address, COOKS, ovens, scale, standby=False))
    filters = [TREE[kind].filter for kind in ("oven_state", "tablet_state", "tablet_work")]
    link = await stack.enter_async_context(Link(address, "witness", filters))
    there = set()
    while len(there) < COOKS + ovens:
        kind, name, said = await link.hear()
        if said["run"] and kind != "tablet_work":
            there.add((kind, name))
        if ended := house.ended():
            raise SystemExit(f"a program ended: {ended}")
    return link


async def latency(address, ovens, pizzas):
    """Return the sorted milliseconds from `baked` to a cook having it, at a steady rate."""
    async with AsyncExitStack() as stack:
        link = await open_house(stack, address, ovens, scale=1.0)
        counter = await stack.enter_async_context(OrderDesk(address, Setup(), None))
        await counter.opened()
        start, wishes = time.perf_counter(), []
        for order in range(1, pizzas + 1):
            await asyncio.sleep(max(0, start + order / RATE - time.perf_counter()))
            counter.wish(order, "bake", BAKE, 1000.0)
            wishes.append(counter.wish(order, "take_out", 0.0).done)
        # Taking it out takes no time here, and a cook says so when it is over: his lease tells which pizza it was.
        baked, leases, had = {}, {}, {}
        while len(baked) < pizzas or len(leases.keys() & had.keys()) < pizzas:
            kind, _, said = await link.hear()
            if kind == "tablet_work":
                leases[said["lease"]] = said["order"]
            elif said["state"] == "baked":
                baked[said["order"]] = said["at"]
            elif kind == "tablet_state" and said["state"] in ("working", "done"):
                had.setdefault(said["lease"], said["at"])
        await asyncio.gather(*wishes)
        return sorted(1000 * (had[lease] - baked[order]) for lease, order in leases.items() if lease in had)


async def orders_a_second(address, orders):
    """Return orders a second, from ring to satisfied client, where all work takes no time."""
    setup = Setup(cooks=COOKS, agents=1000, out_of_stock=0.0, burns_after=1e6)
    async with AsyncExitStack() as stack:
        await open_house(stack, address, 4 * COOKS, scale=1e-6)
        start = time.perf_counter()
        served = await lunch(address, setup, orders, seed=1, at_once=True)
        assert len(served) == orders
        return orders / (time.perf_counter() - start)


def bounded(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, BOUND))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="10 and 100 ovens, fewer pizzas")
    parser.add_argument("--broker", help="this one only")
    options = parser.parse_args()
    crowds, pizzas, orders = ((10, 100), 100, 50) if options.fast else ((10, 100, 1000), 500, 300)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384) if hard > 0 else 16_384, hard))
    print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, aiomqtt {metadata.version('aiomqtt')}; {COOKS} cooks, QoS 1"
    )
    for durable in (False, True):
        rate = ceiling(2_000, durable=durable)
        how = "commits wait for the disk" if durable else f"budget {CEILING:,}"
        print(f"expediter alone, heap and ledger: {rate:,.0f} hand-outs/s ({how})")
    for setup in every_broker():
        if options.broker not in (None, setup.name):
            continue
        if reason := setup.available():
            print(f"{setup.name}: {reason}")
            continue
        with setup:
            plain = asyncio.run(round_trips(setup.url, pizzas))
        with setup:
            rate = bounded(orders_a_second(Address(tuple(setup.urls)), orders))
        print(
            f"{setup.name} {setup.version()}: {rate:,.1f} orders/s end to end; {plain:,.0f} round trips/s by plain "
            f"aiomqtt: an order costs {plain / rate:.0f} of them",
            flush=True,
        )
        for ovens in crowds:
            with setup:
                try:
                    late = bounded(latency(Address(tuple(setup.urls)), ovens, pizzas))
                except TimeoutError:
                    print(f"  {ovens:5,} ovens: not done within {BOUND} s")
                    continue
            cuts = statistics.quantiles(late, n=100)
            trips = cuts[49] * plain / 1000
            print(
                f"  {ovens:5,} ovens: baked to a cook having it p50 {cuts[49]:6.1f} ms ({trips:.1f} round trips), "
                f"p99 {cuts[98]:7.1f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
