"""`python -m pizzeria datacenter compare`: every server under every load, measured in turn and recorded."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pizzeria.datacenter.measure import held, in_turn, memory_per_client, results
from pizzeria.datacenter.measure.pair import quick_pair
from pizzeria.datacenter.measure.results import Results
from pizzeria.datacenter.measure.story import STORY
from pizzeria.datacenter.servers.table import SERVERS

WIDE = 130  # columns: a table that is cut says nothing


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
    if options.rounds < 1:
        raise ValueError(f"--rounds {options.rounds}: at least one")
    command = "python -m pizzeria " + shlex.join(sys.argv[1:])
    record = results.new(command, {**STORY, "workers": 10, "rounds": options.rounds})
    raise_limit(record, options.held)
    with Progress(
        TextColumn("{task.description:44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as bar:  # fmt: skip
        asyncio.run(measure(record, names, loads, options, bar))
    console.width = max(console.width, WIDE)
    console.print(record.table())
    console.print(f"Written to {options.out}. `make figures` draws the charts anew.")
    return 0


async def measure(
    record: Results, names: Sequence[str], loads: Sequence[int], options: Namespace, bar: Progress
) -> None:
    """Go round by round; the record is written after each, so that a run cut short leaves whole rounds."""
    record.points = in_turn.servers(names, loads)
    record.proxies = [] if options.no_proxies else in_turn.namesakes()
    holders = held.holders(names) if options.held else []
    left_out(record, names, loads, bool(holders))
    each = len(record.points) + len(record.proxies) + len(holders)
    task = bar.add_task("starting", total=each * options.rounds)
    begun = -1

    def says(what: str) -> None:
        nonlocal begun
        begun += 1
        bar.update(task, description=what, completed=begun)

    if not options.no_crowd:
        record.waiting = memory_per_client.measure_all(
            lambda kind: bar.update(task, description=f"waiting: {kind}")
        )
    for number in range(1, options.rounds + 1):
        await in_turn.measure_servers(record.points, number, says)
        if holders:
            await held.measure_held(record, holders, options.held, number, says)
        if record.proxies:
            await in_turn.measure_namesakes(record.proxies, number, says)
            missing = {point.server for point in record.proxies if not point.windows}
            record.left_out += [f"{name} is not installed" for name in sorted(missing)]
            record.proxies = [point for point in record.proxies if point.windows]
        record.save(options.out)
    bar.update(task, completed=each * options.rounds)


def raise_limit(record: Results, wanted: int) -> None:
    """Ask for as many descriptors as this user may have; say what that leaves out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft < 2 * wanted:
        record.left_out.append(f"this user may have {soft} descriptors only")


def left_out(record: Results, names: Sequence[str], loads: Sequence[int], hold: bool) -> None:
    """Say what is not measured, and why."""
    most = in_turn.MOST_PROCESSES
    if "processes" in names:
        record.left_out += [
            f"processes at {n} clients: {most} processes are enough" for n in loads if n > most
        ]
    if hold:
        record.left_out.append(held.LEFT_OUT)
