"""`python -m pizzeria datacenter compare`: every server under every load, measured and recorded."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from math import inf
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pizzeria.common.measured import measured_async
from pizzeria.datacenter.measure import memory_per_client, proxies, results, started
from pizzeria.datacenter.measure.load import Line, Tally, closed, dial
from pizzeria.datacenter.measure.probes import elsewhere, look, others
from pizzeria.datacenter.measure.results import Point, Results
from pizzeria.datacenter.servers.table import SERVERS

CLIENTS = (1, 10, 100, 1000, 5000)
MOST_PROCESSES = 1000  # a process a client: beyond that, this machine would only measure its scheduler
HELD = 9000
# The story's figures, but for the price: it is "under 10 ms", and 1 ms leaves the waits in charge.
STORY = {"credentials_ms": 500.0, "disk_ms": 30.0, "compute_ms": 1.0}
ROOMY: dict[str, Any] = {
    "queue": 20_000,
    "connections": 20_000,
    "backlog": 4096,
    "deadline": 100,
    "client": 60,
    "idle": 600,
}
DEFAULT = "content/data/datacenter.json"
QUIET, TRIES = (
    0.15,
    3,
)  # cores that the rest of the machine may use in a window; how often a window is measured for it


def add_compare_arguments(parser: ArgumentParser) -> None:
    """Add the options of the comparison."""
    parser.add_argument("--servers", default=",".join(SERVERS), help="names, with commas (default: all)")
    parser.add_argument("--clients", default=",".join(map(str, CLIENTS)), help="loads (default: %(default)s)")
    parser.add_argument(
        "--held", type=int, default=HELD, help="idle connections to hold; 0: none (default: %(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="the decisive pair only: a pool of 10 against the loop"
    )
    parser.add_argument("--no-proxies", action="store_true", help="leave out Apache httpd, nginx and Node.js")
    parser.add_argument("--no-crowd", action="store_true", help="leave out bytes a waiting client")
    parser.add_argument(
        "--add",
        action="store_true",
        help="keep the rest of the file to write, if the like of this machine made it",
    )
    parser.add_argument(
        "--tries", type=int, default=2, metavar="N",
        help="measure up to N times while the rest of the machine is busy (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--out", default=DEFAULT, help="the file to write (default: %(default)s)")


def run_compare(options: Namespace) -> int:
    """Run the comparison that the options ask for."""
    console = Console(stderr=True)
    if options.quick:
        pool, loop, ratio = asyncio.run(quick_pair())
        print(
            f"100 clients: pool of 10 serves {pool:.1f}/s, the loop {loop:.1f}/s: {ratio:.1f} times (theory: 10)"
        )
        return 0
    names = options.servers.split(",")
    for name in names:
        if name not in SERVERS:
            raise ValueError(f"--servers {name}: there is {', '.join(SERVERS)}")
    try:
        loads = sorted({int(n) for n in options.clients.split(",")})
    except ValueError:
        raise ValueError(f"--clients {options.clients}: numbers with commas were expected") from None
    command = "python -m pizzeria " + shlex.join(sys.argv[1:])
    record = results.new(command, {**STORY, "workers": 10})
    known = results.load(options.out) if options.add else None
    raise_limit(record)
    with progress_bar(console) as bar:
        asyncio.run(servers_under_load(record, names, loads, bar, options.tries))
        if options.held:
            asyncio.run(held_connections(record, names, options.held, bar))
        if not (options.no_proxies or options.add):
            asyncio.run(namesakes(record, bar))
        if not (options.no_crowd or options.add):
            record.waiting = memory_per_client.measure_all(
                lambda kind: bar.update(task(bar), description=f"waiting: {kind}")
            )
    if known:
        known.add(record)
        record = known
    record.save(options.out)
    console.print(record.table())
    console.print(f"Written to {options.out}. `make figures` draws the charts anew.")
    return 0


def progress_bar(console: Console) -> Progress:
    """Return a progress bar that counts measurements."""
    columns = (TextColumn("{task.description:40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console)
    bar.add_task("starting", total=0)
    return bar


def task(bar: Progress) -> TaskID:
    return bar.task_ids[0]


def expect(bar: Progress, count: int) -> None:
    bar.update(task(bar), total=(bar.tasks[0].total or 0) + count)


def raise_limit(record: Results) -> None:
    """Ask for as many descriptors as this user may have; say what that leaves out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft < 2 * HELD:
        record.left_out.append(f"this user may have {soft} descriptors only")


def allowed(name: str, clients: int) -> bool:
    return not (name == "processes" and clients > MOST_PROCESSES)


async def servers_under_load(
    record: Results, names: Sequence[str], loads: Sequence[int], bar: Progress, tries: int = 2
) -> None:
    """Measure every server under every load, each in a process of its own, one after the other."""
    service = (STORY["credentials_ms"] + STORY["disk_ms"] + STORY["compute_ms"]) / 1000
    plan = [(name, clients) for name in names for clients in loads]
    expect(bar, len(plan))
    with started.credentials(STORY["credentials_ms"]) as url:
        for name, clients in plan:
            bar.update(task(bar), description=f"{name}: {clients:,} clients")
            if allowed(name, clients):
                record.points.append(await quiet_point(name, clients, url, service, tries))
            else:
                record.left_out.append(f"{name} at {clients} clients: {MOST_PROCESSES} processes are enough")
            bar.advance(task(bar))


async def quiet_point(name: str, clients: int, url: str, service: float, tries: int) -> Point:
    """Measure one server under one load; again, with a fresh server, when the rest of the machine was busy meanwhile."""
    found: list[Point] = []
    while not found or ((found[-1].others or 0.0) > QUIET and len(found) < tries):
        with started.server(name, url, workers=10, **STORY, **ROOMY) as ready:
            found.append(await point(name, clients, ready, service))
    return min(found, key=lambda point: point.others or 0.0)


async def point(name: str, clients: int, ready: dict[str, Any], service: float) -> Point:
    """Measure one server under one load; windows are multiples of the service time (s).

    A crowd needs longer: it comes in waves, and a window must see some of them.
    """
    window = service * max(4 if clients <= 100 else 10, round(clients / 200))
    warm_up = service * max(2 if clients <= 100 else 6, round(clients / 250))
    tally = await closed(
        ready["port"], clients, window, warm_up=warm_up, stagger=service if clients <= 100 else 2 * service,
        least=20 if clients > 1 else 4, probe=lambda: (look(ready["pid"]), elsewhere()),
    )  # fmt: skip
    (first, before), (last, after) = tally.probes
    tally.probes = first, last
    found = point_of(name, clients, tally)
    found.others = round(others(before, after), 2)
    return found


def point_of(name: str, clients: int, tally: Tally) -> Point:
    """Return the record of what `tally` counted and its two probes saw."""
    before, after = tally.probes

    def share(percentile: float) -> float | None:
        seconds = tally.latency.percentile(percentile)
        return None if seconds is None else round(1000 * seconds, 1)

    return results.Point(
        name, clients, round(tally.rate, 2), tally.served, tally.clients_served, share(0.5), share(0.99),
        round(1000 * (after.cpu - before.cpu) / tally.served, 3) if tally.served else None,
        after.threads, after.processes, after.descriptors, after.resident, after.proportional, after.reserved,
        round((after.switches - before.switches) / tally.served, 2) if tally.served else None,
        tally.refused, dict(tally.errors),
    )  # fmt: skip


async def held_connections(record: Results, names: Sequence[str], count: int, bar: Progress) -> None:
    """Hold `count` idle connections open at each server, and serve ten clients meanwhile."""
    names = [name for name in names if name not in ("pool", "processes")]
    expect(bar, len(names))
    with started.credentials(STORY["credentials_ms"]) as url:
        for name in names:
            bar.update(task(bar), description=f"{name}: {count:,} held connections")
            with started.server(name, url, workers=10, **STORY, **ROOMY) as ready:
                record.held.append(await hold(name, count, ready))
            bar.advance(task(bar))
    record.left_out.append("held connections at pool and processes: a worker, a process each")


async def hold(name: str, count: int, ready: dict[str, Any]) -> dict[str, Any]:
    """Return what `count` idle connections cost one server, each way, and whether it still serves."""
    await closed(ready["port"], 10, 0.6, warm_up=0.6, stagger=0.1)
    before, failed = look(ready["pid"]), 0
    lines: list[Line] = []
    for start in range(0, count, 200):
        batch = await asyncio.gather(
            *(dial(ready["port"]) for _ in range(min(200, count - start))), return_exceptions=True
        )
        lines += [line for line in batch if not isinstance(line, BaseException)]
        failed += sum(isinstance(line, BaseException) for line in batch)
    await asyncio.sleep(0.5)
    tally = await closed(ready["port"], 10, 2.2, warm_up=0.6, stagger=0.3)
    after = look(ready["pid"])
    alive = sum(line.alive for line in lines)
    for line in lines:
        line.transport.abort()
    return {
        "server": name, "connections": count, "open": alive, "failed": failed, "served": tally.served,
        "errors": dict(tally.errors), "resident_each": round((after.resident - before.resident) / count),
        "reserved_each": round((after.reserved - before.reserved) / count), "threads": after.threads,
    }  # fmt: skip


async def namesakes(record: Results, bar: Progress, loads: Sequence[int] = (100, 1000)) -> None:
    """Measure Apache httpd, nginx and Node.js in front of an upstream that waits for the credentials' time."""
    wait = STORY["credentials_ms"]
    expect(bar, len(proxies.PROXIES) * len(loads))
    with proxies.running(proxies.node, wait) as upstream, contextlib.ExitStack() as stack:
        # Node.js is the lightest upstream at hand; without it, ours.
        port = (
            upstream[0]
            if upstream
            else int(stack.enter_context(started.credentials(wait)).rpartition(":")[2])
        )
        for name, describe in proxies.PROXIES.items():
            target = wait if describe is proxies.node else port
            with proxies.running(describe, target) as there:
                if there is None:
                    record.left_out.append(f"{name} is not installed")
                    bar.advance(task(bar), len(loads))
                    continue
                for clients in loads:
                    bar.update(task(bar), description=f"{name}: {clients:,} clients")
                    record.proxies.append(await namesake(name, clients, *there, wait / 1000))
                    bar.advance(task(bar))


async def namesake(name: str, clients: int, port: int, pid: int, wait: float) -> dict[str, Any]:
    tally = await closed(port, clients, 8 * wait, warm_up=4 * wait, stagger=2 * wait, probe=lambda: look(pid))
    return vars(point_of(name, clients, tally))


async def quick_pair(clients: int = 100, workers: int = 10) -> tuple[float, float, float]:
    """Measure the decisive pair, at two fifths of the story's waits; return ``(pool, loop, ratio)``, rates a second.

    Both are under load in the same window, so a bad moment is a bad moment for both. The waits are timers: a busy machine
    can only take from what theory allows. By the rule of `measured`, the pair is measured until the loop serves half as
    many times as much as theory says. About three seconds.
    """
    waits = {"credentials_ms": 200.0, "disk_ms": 12.0, "compute_ms": 0.2}
    service = sum(waits.values()) / 1000

    async def pair(url: str) -> tuple[float, float]:
        # A pool keeps its queue when the clients have gone, so each try has servers of its own; nobody waits for a drain.
        house = {"workers": workers, **waits, **ROOMY, "drain": 0.1}
        with contextlib.ExitStack() as stack:
            ready = [stack.enter_context(started.server(name, url, **house)) for name in ("pool", "loop")]
            loads = (
                closed(one["port"], clients, 6 * service, warm_up=service, stagger=service, everybody=False)
                for one in ready
            )
            pool, loop = await asyncio.gather(*loads)
        return pool.rate, loop.rate

    with started.credentials(waits["credentials_ms"]) as url:
        expected = clients / min(clients, workers)
        found = await measured_async(lambda: pair(url), lambda rates: rates[1] > expected / 2 * rates[0] > 0)
    pool, loop = found.value
    return pool, loop, loop / pool if pool else inf
