"""Load for a server, and what came of it: closed loops of patient clients, or an open one that never waits.

*Closed*: each client sends its next request when the last was answered, so a slow server is asked less. *Open*:
requests start when they are due, answered or not, and a latency counts from that moment: time spent waiting for a free
connection, or behind a stalled server, is not left out (no *coordinated omission*).
"""

import asyncio
import json
import math
import random
import re
from collections import Counter
from dataclasses import dataclass, field

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ORDER = {"pizzas": ["margherita"], "km": 2.0, "credentials": {"user": "load", "password": "basil"}}
BASE = 1.02  # the width of a bucket: latencies are exact to 2 %


def reservation(path="/reservations", order=ORDER):
    """Return the bytes of one request."""
    body = json.dumps(order).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Histogram:
    """Latencies in buckets that are 2 % wide: any number of them in a few hundred counters."""

    def __init__(self):
        self.buckets, self.count, self.total, self.longest = Counter(), 0, 0.0, 0.0

    def add(self, seconds):
        """Count one latency."""
        self.buckets[math.ceil(math.log(max(seconds, 1e-6) / 1e-6, BASE))] += 1
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    def percentile(self, share):
        """Return the latency in seconds that `share` (0..1) of the requests did not exceed; None without any."""
        if not self.count:
            return None
        wanted, seen = share * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(1e-6 * BASE**bucket, self.longest)
        return self.longest


@dataclass
class Tally:
    """What came of the load: `served` requests in `seconds`, the `clients` that were served at all, the rest."""

    clients: int
    seconds: float = 0.0
    served: int = 0
    refused: int = 0
    clients_served: int = 0
    errors: Counter = field(default_factory=Counter)
    latency: Histogram = field(default_factory=Histogram)
    probes: tuple = ()

    @property
    def rate(self):
        """Requests served a second."""
        return self.served / self.seconds if self.seconds else 0.0


class Line(asyncio.Protocol):
    """One connection of a client: `ask` for one answer at a time."""

    def __init__(self, loop):
        self.loop, self.received, self.answer, self.alive = loop, bytearray(), None, True

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self.received, 0, end + 2)
        if length and len(self.received) >= end + 4 + int(length[1]):
            head = bytes(self.received[:end]).lower()
            self.received.clear()
            if b"\r\nconnection: close" in head:
                self.alive = False
            if self.answer and not self.answer.done():
                self.answer.set_result(int(head[9:12]))

    def connection_lost(self, error):
        self.alive = False
        if self.answer and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError("closed before it answered"))

    async def ask(self, request, seconds):
        """Send `request`; return the status of its answer."""
        self.answer = self.loop.create_future()
        self.transport.write(request)
        alarm = self.loop.call_later(seconds, self.give_up, self.answer)
        try:
            return await self.answer
        finally:
            alarm.cancel()
            if not self.alive:
                self.transport.close()

    @staticmethod
    def give_up(answer):
        if not answer.done():
            answer.set_exception(TimeoutError("no answer in time"))


async def dial(port):
    """Open a line to a server on this machine."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: Line(loop), "127.0.0.1", port)
    return line


async def closed(
    port, clients, window, *, warm_up, stagger, request=None, patience=120.0, least=0, probe=lambda: None
):
    """Serve `clients` in closed loops; count what happens in `window` seconds after `warm_up`.

    Starts are spread over `stagger` seconds. The warm-up goes on (at most six times as long) until every client has
    been served once. With `least`, so does the window until so many requests were served. `probe()` is called at both
    ends of the window, and what it returned is in the tally's `probes`.
    """
    loop, request, tally = asyncio.get_running_loop(), request or reservation(), Tally(clients)
    state = {"over": False, "counting": False, "first": 0}

    async def client(number):
        await asyncio.sleep(stagger * number / clients)
        line, met = None, False
        try:
            while not state["over"]:
                begun = loop.time()
                try:
                    if line is None or not line.alive:
                        line = await dial(port)
                    status = await line.ask(request, patience)
                except OSError as error:
                    tally.errors[type(error).__name__] += 1
                    await asyncio.sleep(0.1)
                    continue
                if status == 503:
                    tally.refused += state["counting"]
                    await asyncio.sleep(1)
                    continue
                if not 200 <= status < 300:
                    tally.errors[str(status)] += 1
                    await asyncio.sleep(0.1)
                    continue
                if not met:
                    met = True
                    state["first"] += 1
                if state["counting"]:
                    tally.served += 1
                    tally.latency.add(loop.time() - begun)
        finally:
            if line is not None:
                line.transport.abort()

    tasks = [loop.create_task(client(number)) for number in range(clients)]
    try:
        await until(lambda: state["first"] >= clients, stagger + warm_up, stagger + 6 * warm_up)
        state["counting"], begun = True, loop.time()
        before = probe()
        await until(lambda: tally.served >= least, window, 6 * window)
        state["counting"], tally.seconds, tally.probes = False, loop.time() - begun, (before, probe())
        tally.clients_served = state["first"]
    finally:
        state["over"] = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tally


async def until(condition, least, most):
    """Sleep for `least` seconds, then until `condition()` or `most` seconds in all."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(least)
    while not condition() and loop.time() - begun < most:
        await asyncio.sleep(0.05)


async def open_loop(port, rate, seconds, *, seed=1, connections=10_000, request=None, patience=30.0):
    """Start requests at random, `rate` a second on average, for `seconds`; latencies count from when each was due."""
    loop, request, tally, dice = (
        asyncio.get_running_loop(),
        request or reservation(),
        Tally(0),
        random.Random(seed),
    )
    free, room, tasks = [], asyncio.Semaphore(connections), set()

    async def one(due):
        async with room:
            line = None
            try:
                line = free.pop() if free else await dial(port)
                if not line.alive:
                    line = await dial(port)
                status = await line.ask(request, patience)
            except OSError as error:
                tally.errors[type(error).__name__] += 1
                if line is not None:
                    line.transport.abort()
                return
            if line.alive:
                free.append(line)
            if status == 503:
                tally.refused += 1
            elif 200 <= status < 300:
                tally.served += 1
                tally.latency.add(loop.time() - due)
            else:
                tally.errors[str(status)] += 1

    due = begun = loop.time()
    while (due := due + dice.expovariate(rate)) < begun + seconds:
        await asyncio.sleep(max(0.0, due - loop.time()))
        task = loop.create_task(one(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks, timeout=patience)
    tally.seconds, tally.clients_served = loop.time() - begun, tally.served
    for line in free:
        line.transport.abort()
    return tally
