"""How fast the ovens' news reaches a cook, broker by broker: python tests/benchmarks/bench_ovens.py [--fast]

One process holds the ovens (a connection each), the pass (a heap; no ledger, no leases) and four tablets; the broker is
a process of its own. So these numbers are the brokers' share: the floor under any expediter. In brackets, the ratios
to Mosquitto in the same run.
"""

import argparse
import asyncio
import heapq
import itertools
import json
import os
import platform
import resource
import statistics
import time
from collections import deque
from contextlib import AsyncExitStack
from datetime import date
from importlib import metadata

import aiomqtt

from pizzeria.ovens.brokers.kinds import every_broker
from pizzeria.ovens.mqtt.broker_url import client_options

TABLETS, RATE = 4, 100  # tablets, baked pizzas a second while latency is measured
STATE, WORK, READY = "kitchen/oven/{}/state", "kitchen/tablet/{}/work", "kitchen/tablet/{}/ready"
BOUND = 60  # s for one measurement
REFERENCE = "mosquitto"


class Pass:
    """The least an expediter can be: a heap of baked pizzas, a queue of free tablets, each pair sent off."""

    def __init__(self, link):
        self.link, self.heap, self.free, self.count = link, [], deque(), itertools.count()

    async def run(self):
        async for message in self.link.messages:
            said = json.loads(message.payload)
            if message.topic.value.endswith("/ready"):
                self.free.append(said["tablet"])
            else:
                heapq.heappush(self.heap, (said["burns_at"], next(self.count), message.payload))
            while self.heap and self.free:
                await self.link.publish(WORK.format(self.free.popleft()), heapq.heappop(self.heap)[2], qos=1)


class Tablet:
    """A cook with nothing else to do: takes the pizza, notes when, is ready again."""

    def __init__(self, link, number, had):
        self.link, self.number, self.had = link, number, had

    async def run(self):
        ready = json.dumps({"tablet": self.number})
        await self.link.publish(READY.format(self.number), ready, qos=1)
        async for message in self.link.messages:
            now, said = time.perf_counter(), json.loads(message.payload)
            self.had.put_nowait((said["n"], now - said["at"], now))
            await self.link.publish(READY.format(self.number), ready, qos=1)


async def open_kitchen(stack, url, ovens):
    """Connect everybody; return the ovens' links and the queue on which every pizza taken is noted."""

    async def connect(*filters):
        link = aiomqtt.Client(**client_options(url), timeout=30)
        link.pending_calls_threshold = 10_000  # a rush is what we measure: no warnings about it
        await stack.enter_async_context(link)
        for topic_filter in filters:
            await link.subscribe(topic_filter, qos=1)
        return link

    had = asyncio.Queue()
    links = [await connect() for _ in range(ovens)]
    workers = [Pass(await connect(STATE.format("+"), READY.format("+")))]
    workers += [Tablet(await connect(WORK.format(n)), n, had) for n in range(TABLETS)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    stack.push_async_callback(stop, tasks)
    return links, had


async def stop(tasks):
    """Cancel what never ends by itself; raise what ended it before."""
    waiting = set(tasks)
    for _ in range(20):  # Python 3.11's wait_for, in aiomqtt, can swallow a cancellation: ask again
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=0.5)
        if not waiting:
            break
    for task in tasks:
        if not task.cancelled():
            task.result()


def baked(number, n):
    return STATE.format(number), json.dumps(
        {"state": "baked", "n": n, "burns_at": n, "at": time.perf_counter()}
    )


async def latency(links, had, pizzas):
    """Let ovens ring at a steady rate; return the milliseconds from `baked` to a cook having it."""
    start = time.perf_counter()

    async def ring(n):
        await asyncio.sleep(max(0, start + n / RATE - time.perf_counter()))
        await links[n % len(links)].publish(*baked(n % len(links), n), qos=1, retain=True)

    async with asyncio.TaskGroup() as group:
        for n in range(pizzas):
            group.create_task(ring(n))
    taken = [await had.get() for _ in range(pizzas)]
    if {n for n, *_ in taken} != set(range(pizzas)):
        raise SystemExit("a pizza was lost or came twice: the numbers mean nothing")
    return sorted(1000 * late for _, late, _ in taken)


async def throughput(links, had, pizzas):
    """Let every oven ring as fast as it can; return pizzas handed over a second."""
    start = time.perf_counter()

    async def oven(number):
        for n in range(number, pizzas, len(links)):
            await links[number].publish(*baked(number, n), qos=1, retain=True)

    async with asyncio.TaskGroup() as group:
        for number in range(len(links)):
            group.create_task(oven(number))
    ends = [(await had.get())[2] for _ in range(pizzas)]
    return pizzas / (max(ends) - start)


async def measure(url, ovens, pizzas):
    async with asyncio.timeout(BOUND), AsyncExitStack() as stack:
        links, had = await open_kitchen(stack, url, ovens)
        late = await latency(links, had, pizzas)
        rate = await throughput(links, had, pizzas)
    percentiles = statistics.quantiles(late, n=100)
    return percentiles[49], percentiles[98], rate


async def round_trips(url, count):
    """Return how often a second one plain aiomqtt client hears its own message, one at a time."""
    async with aiomqtt.Client(**client_options(url)) as link:
        await link.subscribe("kitchen/echo", qos=1)
        messages, start = aiter(link.messages), time.perf_counter()
        for _ in range(count):
            await link.publish("kitchen/echo", "1", qos=1)
            await anext(messages)
        return count / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="10 and 100 ovens, fewer pizzas")
    options = parser.parse_args()
    crowds, pizzas = ((10, 100), 200) if options.fast else ((10, 100, 1000), 1000)
    # A connection is a descriptor here, two more in the client, and one in the broker, which inherits the limit.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384) if hard > 0 else 16_384, hard))
    print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, aiomqtt "
        f"{metadata.version('aiomqtt')}; {TABLETS} tablets, QoS 1, {RATE} pizzas/s for the latencies"
    )
    base = {}
    for setup in sorted(every_broker(), key=lambda setup: setup.name != REFERENCE):
        if reason := setup.available():
            print(f"{setup.name}: {reason}")
            continue
        with setup:
            rate = asyncio.run(round_trips(setup.url, pizzas))
        base.setdefault(0, rate)
        print(
            f"{setup.name} {setup.version()}: {rate:,.0f} round trips/s by plain aiomqtt ({rate / base[0]:.2f})"
        )
        for ovens in crowds:
            with setup:  # a fresh one: retained states of the last crowd would be handed out first
                try:
                    row = asyncio.run(measure(setup.url, ovens, pizzas))
                except (TimeoutError, aiomqtt.MqttError) as error:
                    print(f"  {ovens:5,} ovens: not done within {BOUND} s ({type(error).__name__} {error})")
                    continue
            base.setdefault(ovens, row)
            ratios = ", ".join(f"{mine / its:.2f}" for mine, its in zip(row, base[ovens], strict=True))
            p50, p99, rate = row
            print(
                f"  {ovens:5,} ovens: p50 {p50:7.2f} ms, p99 {p99:8.2f} ms, {rate:6,.0f} hand-outs/s ({ratios})",
                flush=True,
            )


if __name__ == "__main__":
    main()
