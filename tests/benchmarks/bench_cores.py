"""What a second core brings: two event loops on one port against one, and a sweep by two workers of dask against one.

    python tests/benchmarks/bench_cores.py [loops] [sweep] [--rounds N]

Budgets: 1.7 times as many requests, 1.8 times as many lunches. The crowd and the credentials service need a core as
well, so the price is 10 ms a request; where the machine has only two, others on it count against the pair.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pizzeria.datacenter.measure import started
from pizzeria.datacenter.measure.load import closed
from pizzeria.datacenter.measure.probes import work
from pizzeria.datacenter.measure.story import ROOMY
from pizzeria.kitchen.sweep import grid, sweep

WAITS = {"credentials_ms": 100.0, "disk_ms": 6.0, "compute_ms": 10.0}
CLIENTS, SECONDS, LUNCHES, ORDERS = 100, 4.0, 8, 40_000


async def served(loops: int) -> tuple[float, float]:
    """Return requests a second of so many loops, and the cores that they got."""
    with (
        started.credentials(WAITS["credentials_ms"]) as url,
        started.server("loop", url, cores=loops, **WAITS, **ROOMY) as ready,
    ):
        tally = await closed(
            ready["port"], CLIENTS, SECONDS, warm_up=1, stagger=0.2, probe=lambda: work(ready["pid"])[0]
        )
    before, after = tally.probes
    return tally.rate, (after - before) / tally.seconds


def swept(workers: int) -> float:
    """Return lunches a second, from the first row of a cluster's sweep to its last: its start is not counted."""
    cases = grid([12], [18.0], range(1, LUNCHES + workers + 1), ["nginxopepperoni"], orders=ORDERS)
    ends: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        sweep(
            cases,
            Path(folder, "table.csv"),
            scheduler="local",
            workers=workers,
            progress=lambda done, _: ends.setdefault(done, time.perf_counter()),
        )
    return LUNCHES / (ends[LUNCHES + workers] - ends[workers])


def judge(what: str, one: list[float], two: list[float], least: float) -> bool:
    """Print two medians and their ratio beside its budget; return whether it is kept."""
    ratio = statistics.median(two) / statistics.median(one)
    print(
        f"{what}: {statistics.median(one):.1f}/s and {statistics.median(two):.1f}/s, "
        f"{ratio:.2f} (least {least}) {'ok' if ratio >= least else 'UNDER'}"
    )
    return ratio >= least


def main() -> int:
    """Measure one and two in turn, and return 1 when a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["loops", "sweep"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(
        f"{datetime.date.today()} {platform.machine()} {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    kept = True
    if "loops" in options.parts:
        rounds = [[asyncio.run(served(loops)) for loops in (1, 2)] for _ in range(options.rounds)]
        for (_, one), (_, two) in rounds:
            print(f"  cores that the loops got: {one:.2f} and {two:.2f}")
        kept &= judge("requests", *([found[n][0] for found in rounds] for n in (0, 1)), least=1.7)
    if "sweep" in options.parts:
        pairs = [[swept(workers) for workers in (1, 2)] for _ in range(options.rounds)]
        kept &= judge("lunches", *([found[n] for found in pairs] for n in (0, 1)), least=1.8)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
