"""Two servers, side by side: the kitchens' simulator with the data centre's figures, in milliseconds.

A request is an order: credentials are the ingredients one waits for, the price is prepared, the disk is the oven. The
pool holds a thread all along, as Apach' Hut holds a cook, and all its threads share one core. The loop has one thread,
which is the core. Clients come back as soon as they are served, `ROUNDS` times in all.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, Protocol, TypedDict

from pizzeria import facts
from pizzeria.explorables.packed import Run, pack
from pizzeria.explorables.stills import knee_still, servers_still
from pizzeria.interfaces import KitchenHost, OrderKitchen
from pizzeria.kitchen import Kitchen, Result, Setup, Trace
from pizzeria.kitchen.simulation import result
from pizzeria.kitchen.staff import VirtualTime
from pizzeria.kitchen.trace import Watched
from pizzeria.order import order

ROUNDS, SEED = 2, 1
STEADY = 12
"""Rounds after which starting and stopping no longer show in the requests a second."""
UNIT = 0.1
"""Milliseconds: what times are rounded to."""
DISK = (facts.SHORTEST_WRITE.value + facts.LONGEST_WRITE.value) / 2
A_MOMENT = 0.01
"""Milliseconds to accept and to answer: the simulator has no step that takes no time at all."""
SPREAD = 0.2
"""Of the wait for credentials, either way (assumed): an average has something to be the average of."""
SLIDERS: dict[str, dict[str, Any]] = {
    "pool": {"label": "Pool of threads", "least": 1, "most": 60, "step": 1},
    "clients": {"label": "Clients", "least": 1, "most": 100, "step": 1},
    "wait": {"label": "Credentials", "least": 100, "most": 5000, "step": 100, "unit": " ms"},
    "compute": {"label": "Computing", "least": 1, "most": 20, "step": 1, "unit": " ms"},
}
START = {"pool": 10, "clients": 50, "wait": 500, "compute": 1}
HABITS = {"fifo": "the oldest", "urgent": "what is quick"}
"""What the loop takes next; its runs have these names, and the pool's is ``pool``."""
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
RUDE = 400.0
"""Milliseconds that one request computes without letting go, where somebody is rude."""
FIGURES: dict[str, dict[str, Any]] = {
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
    },
}
MEASURED = ("pool", "threads", "loop", "asyncio")


class Measured(Protocol):
    """One server under one load, as far as the figure shows it."""

    @property
    def clients(self) -> int: ...
    @property
    def rate(self) -> float: ...


class ExperimentRecord(Protocol):
    """What the data centre's comparison found; the page has it as data, and not the room that measured it."""

    @property
    def settings(self) -> dict[str, Any]: ...
    @property
    def provenance(self) -> str: ...
    def of(self, server: str) -> Sequence[Measured]: ...


class Rush(TypedDict):
    """One position of the sliders, and its runs by server."""

    position: dict[str, int]
    runs: dict[str, Run]


class Server(Kitchen):
    """A kitchen with one core: the threads of a pool share it, a loop is it."""

    def hold_all_along(self, setup: Setup, host: KitchenHost) -> None:
        """Hold a thread for the whole request, and the core for its price."""
        super().hold_all_along(setup, host)
        self.cook_to_prepare = host.first_come(1)

    def hold_hands_on(self, setup: Setup, host: KitchenHost) -> None:
        """Hold the loop for what there is to do; by the second habit, what takes no time goes before computing."""
        super().hold_hands_on(setup, host)
        if self.policy == "urgent":
            self.cook_to_start = self.cook_to_finish = self.cook_to_take_out


class WatchedRequest(Watched):
    """One request under watch; the core of the pool is no thread."""

    def __init__(self, kitchen: Kitchen, number: int, trace: Trace) -> None:
        super().__init__(kitchen, number, trace)
        if kitchen.strategy == "apachehut":
            self.cook_to_prepare = self.block(kitchen.cook_to_prepare, "core", 1, "prepare")


def setup(threads: int, clients: int, wait: float, compute: float) -> Setup:
    """Give a server as a kitchen: milliseconds for minutes."""
    return Setup(
        cooks=threads,
        agents=clients,
        ovens=clients,
        call=A_MOMENT,
        restock=float(wait),
        prepare=float(compute),
        bake=DISK,
        deliver=A_MOMENT,
        hand_over=0.0,
    )


async def client(
    number: int, clients: int, kitchen: Server, wait: float, rounds: int, trace: Trace | None, rude: bool
) -> None:
    """Order, and order again as soon as the answer is there; who is rude computes long the first time."""
    dice = random.Random(f"{SEED} {number}")
    for turn in range(rounds):
        luck = dice.uniform(1 - SPREAD, 1 + SPREAD)
        kitchen.books.arrived += 1
        seen: OrderKitchen = kitchen
        if trace:
            seen = WatchedRequest(kitchen, turn * clients + number, trace)
            if rude and not turn:
                seen.prepare = seen.noted(kitchen.clock.pause(RUDE), "prepare")
        await order(seen, A_MOMENT, wait * luck)


def serve(
    server: str,
    pool: int,
    clients: int,
    wait: float,
    compute: float,
    rounds: int = ROUNDS,
    trace: Trace | None = None,
) -> Result:
    """Run the pool, one twice as large (``hired``), or the loop by one of its habits, until every client has been served so often.

    With ``rude``, the loop's first client computes `RUDE` once, which only a `Trace` shows.

    Return the `Result`, in ms; a `Trace` is filled.
    """
    host = VirtualTime()
    if server in ("pool", "hired"):
        threads, strategy, policy = (2 * pool if server == "hired" else pool), "apachehut", "fifo"
    else:
        threads, strategy, policy = 1, "nginxopepperoni", "fifo" if server == "rude" else server
    kitchen = Server(setup(threads, clients, wait, compute), strategy, policy, host)
    for number in range(1, clients + 1):
        host.spawn(
            client(number, clients, kitchen, float(wait), rounds, trace, server == "rude" and number == 1)
        )
    host.run()
    if trace:
        trace.sort()
    return result(kitchen, SEED)


def rush(pool: int, clients: int, wait: int, compute: int, names: Iterable[str] = ("pool", *HABITS)) -> Rush:
    """Run one position of the sliders on these servers; return its packed runs by name."""
    position = {"pool": pool, "clients": clients, "wait": wait, "compute": compute}
    runs: dict[str, Run] = {}
    for server in names:
        trace = Trace()
        found = serve(server, pool, clients, wait, compute, trace=trace)
        steady = serve(server, pool, clients, wait, compute, STEADY)
        runs[server] = pack(trace, counts(found, steady), UNIT, without=("agent", "oven"))
    return {"position": position, "runs": runs}


def counts(run: Result, steady: Result) -> dict[str, float]:
    """Give what the page shows of a `Result`, in ms, and of a longer one, in requests a second."""
    return {
        "served": run.served,
        "p50": run.sojourn.p50,
        "p99": run.sojourn.p99,
        "ms": run.minutes,
        "rate": 1000 * steady.served / steady.minutes,
    }


def ceilings(pool: int, clients: int, wait: float, compute: float) -> tuple[float, float]:
    """Return the most requests a second that the pool and the loop can serve by the formulas, on one core."""
    service = (wait + compute + DISK) / 1000
    core = 1000 / compute
    return min(min(clients, pool) / service, core), min(clients / service, core)


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
    """Return what the experiment found: its settings and, by server, rows of clients and requests a second."""
    points = {server: [(p.clients, p.rate) for p in record.of(server)] for server in MEASURED}
    return {"settings": record.settings, "provenance": record.provenance, "points": points}


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
