"""Load for a server, and what came of it: closed loops of patient clients, or an open one that never waits.

*Closed*: each client sends its next request when the last was answered, so a slow server is asked less. *Open*:
requests start when they are due, answered or not, and a latency counts from that moment: time spent waiting for a free
connection, or behind a stalled server, is not left out (no *coordinated omission*).
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ORDER = {"pizzas": ["margherita"], "km": 2.0, "credentials": {"user": "load", "password": "basil"}}
BASE = 1.02  # the width of a bucket: latencies are exact to 2 %


def reservation(path: str = "/reservations", order: Mapping[str, object] = ORDER) -> bytes:
    """Return the bytes of one request."""
    body = json.dumps(order).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Histogram:
    """Latencies in buckets that are 2 % wide: any number of them in a few hundred counters."""

    def __init__(self) -> None:
        self.buckets: Counter[int] = Counter()
        self.count, self.total, self.longest = 0, 0.0, 0.0

    def add(self, seconds: float) -> None:
        """Count one latency."""
        self.buckets[math.ceil(math.log(max(seconds, 1e-6) / 1e-6, BASE))] += 1
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    def percentile(self, share: float) -> float | None:
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
    """What came of the load: `served` requests and `errors` in `seconds`, the `clients` served at all, errors before.

    `latency` is of the requests answered in the window. Those asked and not answered at its end are `unanswered`, the
    `oldest` for so many seconds: where a crowd waits longer than the window, they are the long ones.
    """

    clients: int
    seconds: float = 0.0
    served: int = 0
    refused: int = 0
    clients_served: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    errors_before: Counter[str] = field(default_factory=Counter)
    latency: Histogram = field(default_factory=Histogram)
    unanswered: int = 0
    oldest: float = 0.0
    probes: tuple[Any, ...] = ()

    @property
    def rate(self) -> float:
        """Requests served a second."""
        return self.served / self.seconds if self.seconds else 0.0


class Line(asyncio.Protocol):
    """One connection of a client: `ask` for one answer at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.received, self.alive = loop, bytearray(), True
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
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

    def connection_lost(self, error: Exception | None) -> None:
        self.alive = False
        if self.answer and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError("closed before it answered"))

    async def ask(self, request: bytes, seconds: float) -> int:
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
    def give_up(answer: asyncio.Future[int]) -> None:
        if not answer.done():
            answer.set_exception(TimeoutError("no answer in time"))


async def dial(port: int) -> Line:
    """Open a line to a server on this machine."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: Line(loop), "127.0.0.1", port)
    return line


@dataclass
class _State:
    over: bool = False
    counting: bool = False
    first: int = 0  # clients who were served once


async def closed(
    port: int,
    clients: int,
    window: float,
    *,
    warm_up: float,
    stagger: float,
    request: bytes | None = None,
    patience: float = 120.0,
    least: float = 0,
    everybody: bool = True,
    probe: Callable[[], object] = lambda: None,
) -> Tally:
    """Serve `clients` in closed loops; count what happens in `window` seconds after `warm_up`.

    Starts are spread over `stagger` seconds. The warm-up goes on (at most six times as long) until every client has
    been served once, unless that is not asked for (`everybody`). With `least`, so does the window until so many requests were served. `probe()` is called at both
    ends of the window, and what it returned is in the tally's `probes`.
    """
    loop, asked, tally = asyncio.get_running_loop(), request or reservation(), Tally(clients)
    state = _State()
    asked_at: dict[int, float] = {}  # whoever waits for an answer, since when

    def wrong() -> Counter[str]:
        return tally.errors if state.counting else tally.errors_before

    async def client(number: int) -> None:
        await asyncio.sleep(stagger * number / clients)
        line: Line | None = None
        met = False
        try:
            while not state.over:
                begun = asked_at[number] = loop.time()
                try:
                    if line is None or not line.alive:
                        line = await dial(port)
                    status = await line.ask(asked, patience)
                except OSError as error:
                    wrong()[type(error).__name__] += 1
                    asked_at.pop(number)
                    await asyncio.sleep(0.1)
                    continue
                asked_at.pop(number)
                if status == 503:
                    tally.refused += state.counting
                    await asyncio.sleep(1)
                    continue
                if not 200 <= status < 300:
                    wrong()[str(status)] += 1
                    await asyncio.sleep(0.1)
                    continue
                if not met:
                    met = True
                    state.first += 1
                if state.counting:
                    tally.served += 1
                    tally.latency.add(loop.time() - begun)
        finally:
            if line is not None:
                line.transport.abort()

    tasks = [loop.create_task(client(number)) for number in range(clients)]
    try:
        await until(lambda: not everybody or state.first >= clients, stagger + warm_up, stagger + 6 * warm_up)
        before = probe()  # a look at a thousand processes takes its time, which is no part of the window
        state.counting, begun = True, loop.time()
        await until(lambda: tally.served >= least, window, 6 * window)
        state.counting, tally.seconds = False, loop.time() - begun
        tally.unanswered = len(asked_at)
        tally.oldest = max((loop.time() - at for at in asked_at.values()), default=0.0)
        tally.probes = before, probe()
        tally.clients_served = state.first
    finally:
        state.over = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tally


async def until(condition: Callable[[], bool], least: float, most: float) -> None:
    """Sleep for `least` seconds, then until `condition()` or `most` seconds in all."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(least)
    while not condition() and loop.time() - begun < most:
        await asyncio.sleep(0.05)


async def open_loop(
    port: int,
    rate: float,
    seconds: float,
    *,
    seed: int = 1,
    connections: int = 10_000,
    request: bytes | None = None,
    patience: float = 30.0,
) -> Tally:
    """Start requests at random, `rate` a second on average, for `seconds`; latencies count from when each was due."""
    loop, asked, tally, dice = (
        asyncio.get_running_loop(),
        request or reservation(),
        Tally(0),
        random.Random(seed),
    )
    free: list[Line] = []
    tasks: set[asyncio.Task[None]] = set()
    room = asyncio.Semaphore(connections)

    async def one(due: float) -> None:
        async with room:
            line: Line | None = None
            try:
                line = free.pop() if free else await dial(port)
                if not line.alive:
                    line = await dial(port)
                status = await line.ask(asked, patience)
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
