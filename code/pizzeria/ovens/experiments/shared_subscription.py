"""Why not `$share`: 150 baked pizzas over a shared subscription, one cook killed midway; who is lost, and what order.

python -m pizzeria.ovens.experiments.shared_subscription [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
from collections.abc import Sequence
from datetime import date
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import aiomqtt

from pizzeria.common.subprocesses import python
from pizzeria.ovens.brokers.base import BrokerProcess
from pizzeria.ovens.brokers.kinds import every_broker
from pizzeria.ovens.mqtt.broker_url import client_options

RECORD = Path(__file__).parent / "records" / "shared_subscription.json"
EVENTS, COOKS, KILL_AFTER, SEED = 150, 3, 10, 1
HANDS_FULL = 0.01  # s a pizza
PROBE = 20
TOPIC = "kitchen/oven/baked"
QUIET = 2.0  # s without news: nothing more will come


News: TypeAlias = "asyncio.Queue[tuple[int, int]]"
"""Which cook, and which pizza he has done."""


async def cook(url: str) -> None:
    """Take what the broker pushes, one pizza at a time, and say each that is done."""
    async with aiomqtt.Client(**client_options(url)) as link:
        await link.subscribe(f"$share/cooks/{TOPIC}", qos=1)
        print("ready", flush=True)
        async for message in link.messages:
            await asyncio.sleep(HANDS_FULL)
            print(message.payload.decode(), flush=True)


async def experiment(
    url: str, events: int = EVENTS, kill_after: int | None = KILL_AFTER, seed: int = SEED
) -> dict[str, Any]:
    """Publish so many events at once to three cooks, kill one after so many pizzas of his; return what was counted.

    With `kill_after` None all live. Urgency is a random number an event; a pair is out of order when the less urgent
    of two pizzas, both known to be baked, was done first.
    """
    urgency = list(range(events))
    random.Random(seed).shuffle(urgency)
    served: list[int] = []
    news: News = asyncio.Queue()
    cooks = [await start_cook(url, news) for _ in range(COOKS)]
    readers = [asyncio.create_task(relay(number, process, news)) for number, process in enumerate(cooks)]
    try:
        async with aiomqtt.Client(**client_options(url)) as link:
            for number in range(events):
                await link.publish(TOPIC, str(number), qos=1)
        by_victim = 0
        while True:
            try:
                number, event = await asyncio.wait_for(news.get(), QUIET)
            except TimeoutError:
                break
            served.append(event)
            by_victim += number == 0
            if by_victim == kill_after and cooks[0].returncode is None:
                cooks[0].kill()
                await cooks[0].wait()
    finally:
        for process in cooks:
            if process.returncode is None:
                process.kill()
            await process.wait()
        await asyncio.gather(*readers)
    pairs = list(combinations([urgency[event] for event in served], 2))
    return {
        "events": events,
        "served": len(set(served)),
        "lost": events - len(set(served)),
        "twice": len(served) - len(set(served)),
        "pairs_out_of_urgency": round(sum(a > b for a, b in pairs) / len(pairs), 3) if pairs else None,
    }


async def start_cook(url: str, news: News) -> asyncio.subprocess.Process:
    """Start a cook as a process of its own; return it when his subscription is granted."""
    command = [python(), "-m", "pizzeria.ovens.experiments.shared_subscription", "--cook"]
    # The address may hold a password: not on a command line.
    environment = {**os.environ, "PIZZERIA_BROKER": url}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    assert process.stdout is not None
    if await asyncio.wait_for(process.stdout.readline(), 15) != b"ready\n":
        raise OSError("a cook could not subscribe")
    return process


async def relay(number: int, process: asyncio.subprocess.Process, news: News) -> None:
    """Put the words of one cook on the common queue, until he is gone."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if line.endswith(b"\n"):
            await news.put((number, int(line)))


async def examine(setup: BrokerProcess) -> dict[str, Any]:
    """Return what one broker does: whether it shares a subscription at all, and then what a kill costs."""
    row = {"broker": setup.name, "version": setup.version()}
    # Shared means each event to one cook; brokers without it deliver nothing, or everything to everybody.
    alive = await experiment(setup.url, PROBE, kill_after=None)
    row["shares"] = alive["served"] == PROBE and alive["twice"] == 0
    return row | (await experiment(setup.url) if row["shares"] else {})


def measure() -> dict[str, Any]:
    """Run the experiment on every broker of this machine; return the record, with where it came from."""
    rows = []
    for setup in every_broker():
        if setup.available():
            continue
        with setup:
            rows.append(asyncio.run(examine(setup)))
    return {
        "date": date.today().isoformat(),
        "command": "python -m pizzeria.ovens.experiments.shared_subscription --write",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "seed": SEED,
        "cooks": COOKS,
        "killed_after": KILL_AFTER,
        "seconds_a_pizza": HANDS_FULL,
        "brokers": rows,
    }


def load(path: str | PathLike[str] = RECORD) -> dict[str, Any]:
    """Return the record of the last run that was kept."""
    record: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return record


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; with --write, keep the record too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep the record")
    parser.add_argument("--cook", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.cook:
        asyncio.run(cook(os.environ["PIZZERIA_BROKER"]))
        return 0
    text = json.dumps(measure(), indent=2) + "\n"
    if options.write:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
