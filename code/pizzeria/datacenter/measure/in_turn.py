"""The windows of the comparison: a round measures everybody once, in an order of its own; nobody is measured twice in it.

A window that was disturbed is kept like any other, and says by how much. The median of the rounds stands it; a second
try for some, and not for the rest, would not be fair.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import psutil

from pizzeria.datacenter.measure import proxies, started
from pizzeria.datacenter.measure.load import Tally, closed
from pizzeria.datacenter.measure.points import LIMITS, Point, Window
from pizzeria.datacenter.measure.probes import Probe, elsewhere, look, others, threads_cpu, work
from pizzeria.datacenter.measure.story import ROOMY, STORY

MOST_PROCESSES = 1000  # a process a client: beyond that, this machine would only measure its scheduler
AT_WORK = 0.05  # of a server's processor time: less is no work of a thread
FEW_THREADS = 64  # with more of them, looking at each would be a load of its own
NAMESAKES = (100, 1000)
Says: TypeAlias = Callable[[str], object]
"""Told what is measured now."""


@dataclass(frozen=True)
class Look:
    """One look at everybody in a measurement: the server, whom it asks, ourselves, the rest of the machine.

    The server's whole `Probe` is taken at the end only: it takes long, and clients have to wait meanwhile.
    """

    work: tuple[float, int]
    server: Probe | None
    threads: dict[int, float]
    upstream: float
    generator: float
    elsewhere: tuple[float, float]


def look_around(server: int, upstream: int, last: bool) -> Look:
    """Take a `Look`; processor times in seconds. What costs little comes first."""
    mine = psutil.Process().cpu_times()
    found = work(server)
    asked, rest = work(upstream)[0], elsewhere()
    threads = threads_cpu(server, FEW_THREADS)
    return Look(found, look(server) if last else None, threads, asked, mine.user + mine.system, rest)


def window_of(number: int, tally: Tally) -> Window:
    """Return the record of what `tally` counted in round `number`, and its two looks saw."""
    before, after = tally.probes
    served, seconds = tally.served, tally.seconds

    def milliseconds(percentile: float) -> float | None:
        found = tally.latency.percentile(percentile)
        return None if found is None else round(1000 * found, 1)

    def cores(start: float, end: float) -> float:
        return round((end - start) / seconds, 3)

    cpu, switches = (end - start for start, end in zip(before.work, after.work, strict=True))
    b = after.server
    busy = Counter({tid: after.threads[tid] - before.threads.get(tid, 0.0) for tid in after.threads})
    return Window(
        number, round(seconds, 3), served, tally.clients_served, milliseconds(0.5), milliseconds(0.99),
        round(1000 * cpu / served, 3) if served else None, cores(0, cpu), cores(before.generator, after.generator),
        cores(before.upstream, after.upstream),
        round(others(before.elsewhere, after.elsewhere), 3), b.threads, b.processes, b.descriptors, b.resident,
        b.proportional, b.reserved, round(switches / served, 2) if served else None,
        tally.refused, dict(tally.errors), dict(tally.errors_before),
        sum(took > AT_WORK * busy.total() for took in busy.values()) if busy.total() > 0 else None,
        tally.unanswered, round(1000 * tally.oldest, 1),
    )  # fmt: skip


def shuffled(plan: Sequence[Any], number: int) -> list[Any]:
    """Return the plan in the order of round `number`: its own, and the same on another day."""
    return random.Random(number).sample(list(plan), len(plan))


def servers(names: Sequence[str], loads: Sequence[int]) -> list[Point]:
    """Return a point, still empty, for every server under every load that it can bear."""
    return [Point(name, n) for name in names for n in loads if name != "processes" or n <= MOST_PROCESSES]


async def measure_servers(points: Sequence[Point], number: int, says: Says) -> None:
    """Measure every server under every load, once, each in a process of its own."""
    service = sum(STORY.values()) / 1000
    with started.credentials_program(STORY["credentials_ms"]) as asked:
        for point in shuffled(points, number):
            says(f"round {number}: {point.server}, {point.clients:,} clients")
            with started.server(point.server, asked["listening"], workers=10, **STORY, **ROOMY) as ready:
                point.windows.append(
                    await window(point.clients, ready["port"], ready["pid"], asked["pid"], service, number)
                )


async def window(
    clients: int, port: int, pid: int, upstream: int, service: float, number: int, patient: bool = True
) -> Window:
    """Measure one server under one load, once; windows are multiples of the service time (s).

    A crowd needs longer: it comes in waves, and a window must see some of them.
    """
    crowd, last = clients > 100, iter((False, True))
    tally = await closed(
        port, clients, service * max(10 if crowd else 4, round(clients / 200)),
        warm_up=service * max(6 if crowd else 2, round(clients / 250)),
        stagger=2 * service if crowd else service, least=(20 if clients > 1 else 4) if patient else 0,
        everybody=patient, probe=lambda: look_around(pid, upstream, next(last)),
    )  # fmt: skip
    return window_of(number, tally)


def namesakes(loads: Sequence[int] = NAMESAKES) -> list[Point]:
    """Return a point, still empty, for every server that is not ours, as shipped and with its limits lifted."""
    return [Point(name, n, limits=limits) for name in proxies.PROXIES for limits in LIMITS for n in loads]


async def measure_namesakes(points: Sequence[Point], number: int, says: Says) -> None:
    """Measure Apache httpd, nginx and Node.js, once each, in front of an upstream that waits for the credentials' time.

    Nobody waits for all clients to be served: as they are shipped, some never are.
    """
    with slow_upstream(STORY["credentials_ms"]) as (upstream, upstream_pid):
        for point in shuffled(points, number):
            says(f"round {number}: {point.server} {point.limits}, {point.clients:,} clients")
            with proxies.running(proxies.PROXIES[point.server], upstream, point.limits == LIMITS[1]) as there:
                if there:
                    wait = STORY["credentials_ms"] / 1000
                    found = await window(point.clients, *there, upstream_pid, wait, number, patient=False)
                    point.windows.append(found)


@contextlib.contextmanager
def slow_upstream(wait_ms: float) -> Iterator[tuple[int, int]]:
    """Run what the namesakes ask; yield its port and pid. Node.js is the lightest at hand; without it, ours."""
    with proxies.running(proxies.slow, wait_ms) as node:
        if node:
            yield node
            return
        with started.credentials_program(wait_ms) as ours:
            yield ours["port"], ours["pid"]
