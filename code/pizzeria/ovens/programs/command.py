"""`python -m pizzeria oven | tablet | expediter | orders`: each a process of its own, talking MQTT."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Coroutine, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from pizzeria.common.parent_watch import parent_gone
from pizzeria.common.steady_time import steady_time
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.mqtt.address import BROKER, CA_FILE, KITCHEN, MQTT, VERSIONS, Address, LinkError

LEDGER = "PIZZERIA_LEDGER"
SCALE = 0.02
REPEATS = 50  # a second, of unchanged states, by one process
AT_THE_DOOR = 16  # links of one process that connect at the same time


T = TypeVar("T")


def add_broker_options(parser: ArgumentParser) -> None:
    """Describe where the broker is."""
    parser.add_argument(
        "--broker",
        metavar="URL",
        help=f"mqtt|mqtts|ws|wss://[USER:PASSWORD@]HOST[:PORT], commas between a cluster's nodes (default: {BROKER})",
    )
    parser.add_argument(
        "--kitchen",
        metavar="NAME",
        help=f"which of several on that broker: its topics begin with NAME/ (default: {KITCHEN}, else none)",
    )
    parser.add_argument(
        "--mqtt",
        type=int,
        choices=VERSIONS,
        help=f"the version of MQTT that broker offers, 3 for 3.1.1 (default: {MQTT}, else 3)",
    )
    parser.add_argument("--ca-file", metavar="FILE", help=f"whom to trust for TLS (default: {CA_FILE})")
    parser.add_argument("--leash", action="store_true", help="end when standard input is closed")


def add_ledger_option(parser: ArgumentParser, default: str = "ledger.db") -> None:
    """Describe where the expediter's ledger is."""
    parser.add_argument(
        "--ledger",
        metavar="FILE|URL",
        help="a SQLite file, for expediters of one machine, or a postgresql:// address (#NAME: which of several in that"
        f" database), for those of several machines (default: {LEDGER}, else {default})",
    )


def ledger_of(options: Namespace) -> str | None:
    """Return where the ledger is, by option or environment, or None."""
    return options.ledger or os.environ.get(LEDGER) or None


def address(options: Namespace) -> Address:
    """Return where the broker is; raise `LinkError` when nobody said."""
    found = Address.given(options.broker, options.ca_file, options.kitchen, options.mqtt)
    if found is None:
        raise LinkError(f"which broker? --broker URL or {BROKER}; `python -m pizzeria broker` starts one")
    return found


def add_kitchen_options(parser: ArgumentParser) -> None:
    """Describe the kitchen that an order needs to know."""
    parser.add_argument("--orders", type=int, default=40, help="clients who call (default: 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the random draws (default: 1)")
    parser.add_argument("--orders-per-hour", type=float, default=Setup().orders_per_hour, metavar="N")
    parser.add_argument("--burns-after", type=float, default=Setup().burns_after, metavar="MIN")
    parser.add_argument("--at-once", action="store_true", help="every client calls when the doors open")


def kitchen_setup(options: Namespace, **more: Any) -> Setup:
    """Return the kitchen these options describe."""
    return Setup(orders_per_hour=options.orders_per_hour, burns_after=options.burns_after, **more)


def positive(name: str, value: float) -> float:
    """Return the value if it is a number above 0; raise `ValueError` if not."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be above 0, not {value}")
    return value


def quiet_start() -> None:
    """Log one line a matter to standard error."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)


def until_told(coroutine: Coroutine[Any, Any, T], leashed: bool = False) -> T | None:
    """Run this until it ends, we are told to stop, or, on a leash, our parent has gone; return its result or None."""

    async def main() -> T | None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        others: list[asyncio.Task[Any]] = [asyncio.create_task(stop.wait())]
        if leashed:
            others.append(asyncio.create_task(parent_gone()))
        work = asyncio.create_task(coroutine)
        await asyncio.wait((work, *others), return_when=asyncio.FIRST_COMPLETED)
        for task in (work, *others):
            if not task.done():
                task.cancel()
        await asyncio.wait((work, *others), timeout=15)
        return work.result() if work.done() and not work.cancelled() else None

    quiet_start()
    return asyncio.run(main())


class DeviceCommand:
    """`oven` and `tablet`: one or several, a connection each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = "SIGUSR1 cuts the link of one of them as a broken cable would, for trials."
        parser.add_argument("names", nargs="+", metavar="NAME", help=f"of each {self.kind}")
        add_broker_options(parser)

    def run(self, options: Namespace) -> int:
        from pizzeria.ovens.devices import device
        from pizzeria.ovens.devices.oven import Oven
        from pizzeria.ovens.devices.tablet import Tablet

        where, made = address(options), {"oven": Oven, "tablet": Tablet}[self.kind]
        devices = [made(name, steady_time()) for name in options.names]

        async def all_of_them() -> None:
            if hasattr(signal, "SIGUSR1"):  # a cable is cut: for trials
                cut = lambda: random.choice(devices).link.cut()
                asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
            door = asyncio.Semaphore(AT_THE_DOOR)  # a thousand at once would answer none in time
            again = max(device.AGAIN, len(devices) / REPEATS)
            await together([device.serve(one, where, door, again) for one in devices])

        until_told(all_of_them(), options.leash)
        return 0


async def together(coroutines: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Run all until cancelled; raise the first error as itself."""
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)


class ExpediterCommand:
    """`expediter`: stand at the pass, or by."""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        add_ledger_option(parser)
        parser.add_argument(
            "--scale", type=float, default=SCALE, metavar="S", help=f"seconds a minute takes ({SCALE})"
        )
        parser.add_argument(
            "--patience", type=float, default=5.0, metavar="S", help="before a lease ends (5)"
        )
        parser.add_argument(
            "--durable", action="store_true", help="SQLite's commits wait for the disk, against power cuts"
        )
        add_broker_options(parser)

    @staticmethod
    def run(options: Namespace) -> int:
        from pizzeria.ovens.expediter import process

        positive("--scale", options.scale)
        work = process.serve(
            address(options),
            ledger_of(options) or "ledger.db",
            options.scale,
            options.patience,
            options.durable,
        )
        until_told(work, options.leash)
        return 0


class OrdersCommand:
    """`orders`: let clients ring, and say how it went."""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        add_kitchen_options(parser)
        parser.add_argument(
            "--journal", metavar="FILE", help="a line of JSON an order; one that exists is carried on"
        )
        add_broker_options(parser)

    @staticmethod
    def run(options: Namespace) -> int:
        from pizzeria.ovens.orders.lunch import lunch, note_to, summary

        setup = kitchen_setup(options)
        with ExitStack() as stack:
            ended, began = lambda served: None, time.time()
            if options.journal:
                began = begun(options.journal, began)
                ended = note_to(stack.enter_context(open(options.journal, "a", encoding="utf-8")))
            work = lunch(address(options), setup, options.orders, options.seed, options.at_once, ended, began)
            served = until_told(work, options.leash)
        if served is None:
            return 1
        summary(served)
        return 0


def begun(journal: str, now: float) -> float:
    """Return when the lunch of this journal began; a new journal begins now."""
    path = Path(journal)
    if path.exists() and (first := path.read_text(encoding="utf-8").split("\n", 1)[0]):
        try:
            return float(json.loads(first)["began"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{journal} is no journal of orders: its first line is {first[:40]!r}") from None
    path.write_text(json.dumps({"began": now}) + "\n", encoding="utf-8")
    return now


expediter, orders = ExpediterCommand(), OrdersCommand()
oven, tablet = DeviceCommand("oven"), DeviceCommand("tablet")
