"""Two servers, side by side: the kitchens' simulator with the data centre's figures, in milliseconds.

A request is an order: credentials are the ingredients one waits for, the price is prepared, the disk is the oven. The
pool holds a thread all along, as Apach' Hut holds a cook, and all its threads share one core. The loop has one thread,
which is the core. Clients come back as soon as they are served, `ROUNDS` times in all.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TypedDict

from pizzeria import facts
from pizzeria.explorables.packed import Run, pack
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
HABITS = {"fifo": "the oldest", "urgent": "what is quick"}
"""What the loop takes next; its runs have these names, and the pool's is ``pool``."""
RUDE = 400.0
"""Milliseconds that one request computes without letting go, where somebody is rude."""


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
