"""`python -m pizzeria kitchen`: a lunch in both kitchens, sweeps, the verdict, and traces to look at."""

from __future__ import annotations

import json
import sys
import warnings
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pizzeria.kitchen_parameters import POLICIES, STRATEGIES, KitchenError, Setup

if TYPE_CHECKING:
    from pizzeria.kitchen.simulation import Result


HELP = "run a lunch in both kitchens"
COUNTS = ("cooks", "agents", "ovens", "lines")
UNIT = {"orders_per_hour": "1/h", "out_of_stock": "probability"}


def add_arguments(parser: ArgumentParser) -> _SubParsersAction[ArgumentParser]:
    """Describe the options of the command on an argparse parser; return where another action could be added."""
    _lunch_options(parser)
    parser.add_argument("--strategy", choices=STRATEGIES, help="one kitchen only (default: both)")
    parser.add_argument("--at-once", action="store_true", help="every client calls when the doors open")
    parser.add_argument("--trace", metavar="FILE", help="write who did what, when (JSON); needs --strategy")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw work in process and completions over time")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    for name in Setup.names():
        _setup_option(parser, name)
    parser.set_defaults(action="lunch")
    actions = parser.add_subparsers(title="other things to do")
    sweeping = actions.add_parser("sweep", help="run many lunches in parallel into one CSV table")
    sweeping.add_argument(
        "table", metavar="TABLE.csv", help="where the rows go; what it already holds is not run again"
    )
    sweeping.add_argument("--cooks", type=int, nargs="+", default=[1, 4, 12])
    sweeping.add_argument("--orders-per-hour", type=float, nargs="+", default=[1.0, 4.0, 8.0])
    sweeping.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    sweeping.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    sweeping.add_argument("--workers", type=int, help="processes (default: one a core)")
    sweeping.add_argument("--scheduler", metavar="ADDRESS", help="a dask.distributed scheduler, or 'local'")
    for name in Setup.names():
        if name not in ("cooks", "orders_per_hour"):
            _setup_option(sweeping, name)
    _lunch_options(sweeping, seed=False)
    sweeping.set_defaults(action="sweep")
    fifty = actions.add_parser("verdict", help="put '50 clients, one cook' to the test")
    fifty.add_argument("--clients", type=int, default=50)
    fifty.add_argument("--seed", type=int, default=1)
    fifty.add_argument("--json", action="store_true", help="print JSON instead of a table")
    fifty.set_defaults(action="verdict")
    replay = actions.add_parser("replay", help="print a trace file, minute by minute")
    replay.add_argument("file")
    replay.set_defaults(action="replay")
    return actions


def run(options: Namespace) -> int:
    """Do what the options say and return the exit code."""
    actions: dict[str, Callable[[Namespace], int]]
    actions = {"lunch": _lunch, "sweep": _sweep, "verdict": _verdict, "replay": _replay}
    return actions[options.action](options)


def _lunch_options(parser: ArgumentParser, seed: bool = True) -> None:
    parser.add_argument("--orders", type=int, default=1000, help="clients who call (default: 1000)")
    parser.add_argument("--policy", choices=POLICIES, default="urgent", help="what the tablets show first")
    if seed:
        parser.add_argument("--seed", type=int, default=1, help="of the random draws (default: 1)")


def _setup_option(parser: ArgumentParser, name: str) -> None:
    default = getattr(Setup(), name)
    shown = {"ovens": "4 for each cook", "lines": "no limit"}.get(name, default)
    kind = int if name in COUNTS else float
    unit = UNIT.get(name, "number" if name in COUNTS else "min")
    parser.add_argument(
        f"--{name.replace('_', '-')}", type=kind, metavar="N", help=f"{unit} (default: {shown})"
    )


def _setup(options: Namespace, *leave_out: str) -> dict[str, Any]:
    given = {name: getattr(options, name) for name in Setup.names() if name not in leave_out}
    return {name: value for name, value in given.items() if value is not None}


def _lunch(options: Namespace) -> int:
    from pizzeria.kitchen.simulation import simulate
    from pizzeria.kitchen.trace import Trace

    if options.trace and not options.strategy:
        raise KitchenError("--trace needs --strategy: a trace is of one kitchen")
    setup, trace = Setup(**_setup(options)), Trace() if options.trace else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        runs = [
            simulate(
                setup,
                strategy,
                options.orders,
                options.seed,
                options.policy,
                at_once=options.at_once,
                trace=trace,
            )
            for strategy in ([options.strategy] if options.strategy else STRATEGIES)
        ]
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)
    if trace:
        Path(options.trace).write_text(trace.to_json(), encoding="utf-8")
    if options.plot:
        from pizzeria.kitchen.charts import lunch_chart, save

        save(lunch_chart(runs), options.plot)
    if options.json:
        print(json.dumps([lunch.as_dict() for lunch in runs], indent=2))
    else:
        _table(
            f"{options.orders} orders, seed {options.seed}", _rows(runs), [lunch.strategy for lunch in runs]
        )
    return 0


def _rows(runs: Sequence[Result]) -> Iterator[tuple[str, list[str]]]:
    yield "served / lost / burnt", [f"{r.served} / {r.lost} / {r.burnt}" for r in runs]
    yield "pizzas per cook-hour", [f"{r.pizzas_per_cook_hour:.2f}" for r in runs]
    for name, says in (("sojourn", "sojourn"), ("waiting", "waiting in queues")):
        streams = [getattr(r, name) for r in runs]
        yield f"{says} (min): mean", [f"{s.mean:.1f}" for s in streams]
        yield "p50 / p95 / p99", [f"{s.p50:.1f} / {s.p95:.1f} / {s.p99:.1f}" for s in streams]
    yield "wait for the first cook (min): mean", [f"{r.cook_wait:.1f}" for r in runs]
    yield "cooks held", [f"{r.held_share:.0%}" for r in runs]
    yield "hands idle", [f"{r.idle_share:.0%}" for r in runs]
    yield "work in process: mean / peak", [f"{r.work_in_process:.1f} / {r.peak}" for r in runs]
    yield "lunch lasted (h)", [f"{r.hours:.1f}" for r in runs]


def _table(title: str, rows: Iterable[tuple[str, list[str]]], columns: Iterable[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *columns, title=title)
    for name, cells in rows:
        table.add_row(name, *cells)
    Console().print(table)


def _sweep(options: Namespace) -> int:
    from rich.progress import Progress

    from pizzeria.kitchen.sweep import grid, sweep

    changes = _setup(options, "cooks", "orders_per_hour")
    cases = grid(
        options.cooks,
        options.orders_per_hour,
        options.seeds,
        options.strategies,
        options.policy,
        options.orders,
        **changes,
    )
    with Progress(disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("lunches", total=len(cases))
        ran = sweep(
            cases,
            options.table,
            options.scheduler,
            options.workers,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    print(f"{options.table}: {len(cases)} lunches, {ran} run now; seeds {' '.join(map(str, options.seeds))}")
    return 0


def _verdict(options: Namespace) -> int:
    from pizzeria.kitchen.verdict import fifty_clients

    if options.clients < 1:
        raise KitchenError(f"clients must be a whole number above 0, not {options.clients}")
    verdict = fifty_clients(options.clients, options.seed)
    if options.json:
        print(json.dumps(asdict(verdict), indent=2))
        return 0
    rows = [
        ("hours until all are served, by formula", [f"{verdict.hours[s]:.1f}" for s in STRATEGIES]),
        ("the same, simulated", [f"{verdict.simulated_hours[s]:.1f}" for s in STRATEGIES]),
        ("orders one cook has begun, at most", [str(verdict.in_the_works[s]) for s in STRATEGIES]),
    ]
    _table(f"{options.clients} clients, one cook, seed {options.seed}", rows, STRATEGIES)
    print(f"data centre: {verdict.data_centre_in_flight:.0f} requests in flight a core")
    return 0


def _replay(options: Namespace) -> int:
    from pizzeria.kitchen.trace import Trace

    for span in Trace.from_json(Path(options.file).read_text(encoding="utf-8")).spans:
        print(f"{span.start:10.2f} {span.end:10.2f}  order {span.order:<4} {span.who:9} {span.what}")
    return 0
