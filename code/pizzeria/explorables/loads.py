"""The figures of the two servers: who stands side by side, what can be set, and the ceilings over what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Protocol

from pizzeria.explorables.pictures import knee_still, servers_still
from pizzeria.explorables.servers import DISK, ROUNDS, UNIT, Rush, rush

SLIDERS: dict[str, dict[str, Any]] = {
    "pool": {"label": "Pool of threads", "least": 1, "most": 60, "step": 1},
    "clients": {"label": "Clients", "least": 1, "most": 100, "step": 1},
    "wait": {"label": "Credentials", "least": 100, "most": 5000, "step": 100, "unit": " ms"},
    "compute": {"label": "Computing", "least": 1, "most": 20, "step": 1, "unit": " ms"},
}
START = {"pool": 10, "clients": 50, "wait": 500, "compute": 1}
POOL = {
    "key": "apachehut",
    "title": "The pool",
    "creed": "holds a thread all along",
    "counter": "queue",
    "run": "pool",
}
LOOP = {
    "key": "nginxopepperoni",
    "title": "The loop",
    "creed": "one thread, lets go",
    "counter": "ready, in line for the thread",
    "run": "fifo",
}
FIGURES: dict[str, dict[str, Any]] = {  # `speed`: ms a second, where the usual one is too fast to follow
    # Hiring: the same clients, and twice the pool.
    "rounds": {
        "start": {"pool": 10, "clients": 40},
        "fixed": {"wait": 500, "compute": 1},
        "ready": {"pool": (5, 10, 20), "clients": (10, 20, 40, 80)},
        "houses": (
            POOL,
            {**POOL, "key": "oldest", "title": "Twice the pool", "creed": "hires", "run": "hired"},
        ),
        "opens": 300.0,
    },
    # One request that computes long, and everybody who waits for the one thread.
    "rude": {
        "start": {"clients": 50},
        "fixed": {"pool": 1, "wait": 500, "compute": 1},
        "ready": {"clients": (10, 20, 50, 100)},
        "houses": (
            {**LOOP, "key": "oldest", "title": "One is rude", "creed": "computes 400 ms", "run": "rude"},
            {**LOOP, "title": "All let go", "creed": "1 ms each"},
        ),
        "opens": 700.0,
        "speed": 100,
    },
    "servers": {
        "start": {"pool": 10, "clients": 50},
        "fixed": {"wait": 500, "compute": 1},
        "ready": {"pool": (1, 5, 10, 20, 40, 54), "clients": (1, 10, 20, 50, 100)},
        "houses": (POOL, LOOP),
        "opens": 560.0,
    },
    # Oldest first, or what takes no time first: one loop, two habits.
    "convoys": {
        "start": {"clients": 50},
        "fixed": {"pool": 1, "wait": 500, "compute": 10},
        "ready": {"clients": (10, 20, 50, 100)},
        "houses": (
            {**LOOP, "key": "oldest", "title": "Oldest first", "creed": "as asyncio"},
            {**LOOP, "title": "Quick things first", "creed": "then computing", "run": "urgent"},
        ),
        "opens": 720.0,
        "speed": 100,
    },
}
MEASURED = ("pool", "threads", "loop", "asyncio")


class Measured(Protocol):
    """One server under one load, as far as the figure shows it."""

    @property
    def clients(self) -> int: ...
    @property
    def rate(self) -> float: ...
    @property
    def cpu_ms(self) -> float | None: ...


class ExperimentRecord(Protocol):
    """What the data centre's comparison found; the page has it as data, and not the room that measured it."""

    @property
    def settings(self) -> dict[str, Any]: ...
    @property
    def machine(self) -> dict[str, Any]: ...
    @property
    def provenance(self) -> str: ...
    def of(self, server: str) -> Sequence[Measured]: ...


def at(figure: str, position: dict[str, int]) -> Rush:
    """Run one position of a figure, by the names of its sliders."""
    about = FIGURES[figure]
    return rush(**about["fixed"], **position, names=[house["run"] for house in about["houses"]])


def positions(figure: str) -> dict[str, Rush]:
    """Compute all positions of a figure, by the names of their files."""
    ready = FIGURES[figure]["ready"]
    every = (dict(zip(ready, values, strict=True)) for values in product(*ready.values()))
    return {"-".join(f"{k}{v}" for k, v in position.items()): at(figure, position) for position in every}


def measured(record: ExperimentRecord) -> dict[str, Any]:
    """Return what the experiment found: its settings and, by server, rows of clients and requests a second.

    `cpu_ms` is what a request cost our loop with its largest crowd, `cores` what all who took part shared.
    """
    points = {server: [(p.clients, p.rate) for p in record.of(server)] for server in MEASURED}
    cost = max(record.of("loop"), key=lambda point: point.clients).cpu_ms
    found = {"settings": record.settings, "provenance": record.provenance, "points": points}
    return {**found, "cpu_ms": cost, "cores": record.machine["cores"]}


def page(figure: str) -> dict[str, Any]:
    """Give what the component starts with."""
    about = FIGURES[figure]
    return {
        "name": figure,
        "unit": UNIT,
        "rounds": ROUNDS,
        "sliders": {key: {**SLIDERS[key], "ready": list(ready)} for key, ready in about["ready"].items()},
        "start": about["start"],
        "fixed": about["fixed"],
        "houses": about["houses"],
        "numbers": ("waiting", "longest", "served"),
        "opens": about["opens"],
        "speed": about.get("speed", 300),
        "free": False,
    }


def figure(kind: str) -> tuple[str, dict[str, Any], str, dict[str, Rush]]:
    """Give an explorable of the post: component, what it starts with, its still, and the positions by name."""
    about = FIGURES[kind]
    still = servers_still(at(kind, about["start"]), about["houses"], UNIT)
    return "servers", page(kind), still, positions(kind)


def knee(record: ExperimentRecord) -> tuple[str, dict[str, Any], str]:
    """Give the explorable of ceilings and measured points; `record` is the experiment's `Results`."""
    found = measured(record)
    sliders = {key: {**SLIDERS[key], "ready": []} for key in ("pool", "wait", "compute")}
    sliders["pool"] |= {"most": 600}
    start = {key: START[key] for key in sliders}
    data = {"name": "knee", "disk": DISK, "sliders": sliders, "start": start, "measured": found}
    return "knee", data, knee_still(found)
