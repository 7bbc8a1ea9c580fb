"""Lunches while everything fails: python tests/benchmarks/bench_chaos.py [--runs 8] [--orders 500] [--seed 1] [--only NAME]

Each set-up is a broker (the default one, Mosquitto, three NATS servers) and a ledger (SQLite, PostgreSQL). In each lunch nine things go
wrong: cooks and expediters are killed and stopped, cables cut in four ways, broker and ledger killed. What may not be is
an order lost, doubled or out of urgency. Take-overs: the longest from a kill, and from a stop, to the next epoch.
"""

import argparse
import os
import platform
import sys
import time
from contextlib import nullcontext
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pizzeria.ovens.brokers.kinds import KINDS
from support.chaos import FAULTS, chaos
from support.postgres import PostgresServer

HEAD = (
    "| set-up | run | served | burnt | lost | doubled | out of urgency | given back | repeated | epochs "
    "| after a kill | after a stop | faults | seconds |"
)


def longest(report, how):
    took = [seconds for one, seconds in report.take_overs if one == how]
    return f"{max(took):.2f} s" if took else "-"


def lunch(name, kind, store, orders, seed):
    """Run one, print its row, and return whether something was wrong."""
    own_server = PostgresServer() if store == "PostgreSQL" else nullcontext()
    for wanted in (kind(), own_server):
        if reason := getattr(wanted, "available", lambda: None)():
            print(f"| {name} | {reason} |")
            return False
    began = time.monotonic()
    with own_server as server:
        report = chaos(kind, server, orders, seed, bound=600)
    wrong = report.lost, report.doubled, report.out_of_urgency
    cells = (
        name, seed, report.served, report.burnt, *wrong, report.given_back, report.repeated, report.epochs,
        longest(report, "killed"), longest(report, "stopped"), len(report.kills), f"{time.monotonic() - began:.0f}",
    )  # fmt: skip
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    if bad := any(wrong) or "Traceback" in report.log:
        print(report.log, flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="of each set-up, a seed each (default: 1)")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="of the first run (default: 1)")
    parser.add_argument("--only", default="", help="set-ups whose name holds this")
    options = parser.parse_args()
    print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores; faults: {', '.join(FAULTS)}"
    )
    print(HEAD)
    print("|" + " --- |" * (HEAD.count("|") - 1))
    bad = 0
    for run in range(options.runs):
        for kind in KINDS:
            for store in ("SQLite", "PostgreSQL"):
                if options.only in (name := f"{kind.name}, {store}"):
                    bad += lunch(name, kind, store, options.orders, options.seed + run)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
