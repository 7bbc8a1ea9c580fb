"""A lunch in one kitchen, or the same lunch in both."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from typing import Any

from pizzeria.interfaces import Recipe, Spawn
from pizzeria.kitchen.books import BATCH, ROW, Summary
from pizzeria.kitchen.charts import Chart
from pizzeria.kitchen.staff import Kitchen, VirtualTime
from pizzeria.kitchen.trace import Trace, Watched
from pizzeria.kitchen_parameters import Guest, KitchenError, OverloadWarning, Setup, clients
from pizzeria.order import order


@dataclass(frozen=True)
class Result:
    """What one lunch came to; minutes where nothing else is said.

    `sojourn` runs from the ringing phone to the satisfied client, `waiting` is the part of it spent in queues,
    `cook_wait` the mean wait for the first cook. `held_share` is the share of the cooks' time that some order holds them,
    `idle_share` the share in which their hands do nothing. `timeline` has rows `(minute, in process, served)`, at most
    512 however long the lunch; `peak` is the most work in process it saw.
    """

    strategy: str
    policy: str
    seed: int
    setup: Setup
    arrived: int
    served: int
    lost: int
    burnt: int
    collisions: int
    minutes: float
    pizzas_per_cook_hour: float
    sojourn: Summary
    waiting: Summary
    cook_wait: float
    held_share: float
    idle_share: float
    work_in_process: float
    peak: int
    utilisation: dict[str, float]
    timeline: list[tuple[float, int, int]] = field(repr=False)

    @property
    def hours(self) -> float:
        """Return the length of the lunch in hours."""
        return self.minutes / 60

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the timeline as plain data."""
        return {name: value for name, value in asdict(self).items() if name != "timeline"}


def simulate(
    setup: Setup,
    strategy: str,
    orders: int = 1000,
    seed: int = 1,
    policy: str = "urgent",
    *,
    at_once: bool = False,
    trace: Trace | None = None,
    guests: Iterable[Guest] | None = None,
    recipe: Recipe = order,
    until: float = inf,
) -> Result:
    """Run one lunch on virtual time until every client is satisfied, and return its `Result`.

    `guests` replaces the drawn clients by your own `(gap, call, restock)` in minutes; a `Trace` given as `trace` is
    filled. A kitchen that cannot keep up is run all the same, with an `OverloadWarning`. `recipe` replaces the `order`;
    one that may never end needs `until` (min), after which unfinished orders are a `KitchenError`.
    """
    host = VirtualTime()
    kitchen = Kitchen(setup, strategy, policy, host)
    if guests is None:
        guests = clients(setup, orders, seed, at_once)
        warn_of_overload(setup, strategy, at_once)
    if recipe is order and trace is None:
        kitchen.save_turns(host)
    host.spawn(open_house(kitchen, guests, host.spawn, trace, recipe))
    host.spawn(kitchen.books.watch())
    host.run(until)
    if isfinite(until) and not (kitchen.books.closed and kitchen.books.in_process == 0):
        raise KitchenError(
            f"after {until:g} min {kitchen.books.in_process} orders are still in the house: "
            "does every order end with kitchen.satisfied(...)?"
        )
    if trace is not None:
        trace.about = {"strategy": strategy, "policy": policy, "seed": seed, "setup": asdict(setup)}
        trace.sort()
    return result(kitchen, seed)


async def open_house(
    kitchen: Kitchen,
    guests: Iterable[Guest],
    spawn: Spawn,
    trace: Trace | None = None,
    recipe: Recipe = order,
) -> None:
    """Let the guests ring one after the other and start an order for each; `spawn` makes it run by itself."""
    books, sleep, lines = kitchen.books, kitchen.clock.sleep, kitchen.setup.lines
    rows, batch = books.rows, BATCH * ROW
    for gap, call, restock in guests:
        if gap:
            await sleep(gap)
        books.arrived += 1
        if lines is not None and not kitchen.agent.free and kitchen.agent.waiting >= lines:
            books.lost += 1
            continue
        seen = kitchen if trace is None else Watched(kitchen, books.arrived, trace)
        spawn(recipe(seen, call, restock))
        if len(rows) > batch:
            books.take_in()
    books.closed = True


def result(kitchen: Kitchen, seed: int) -> Result:
    """Read the `Result` off a kitchen that has closed."""
    books, setup, strategy = kitchen.books, kitchen.setup, kitchen.strategy
    books.take_in()
    available = setup.cooks * books.last or 1.0
    return Result(
        strategy=strategy,
        policy=kitchen.policy,
        seed=seed,
        setup=setup,
        arrived=books.arrived,
        served=books.served,
        lost=books.lost,
        burnt=books.burnt,
        collisions=getattr(kitchen.cooks, "collisions", 0),
        minutes=books.last,
        pizzas_per_cook_hour=60 * books.served / available,
        cook_wait=books.cook_wait / (books.served or 1),
        held_share=books.held / available,
        idle_share=1 - books.served * setup.hands_on(strategy) / available,
        work_in_process=books.streams["sojourn"].total / (books.last or 1.0),
        peak=books.peak,
        utilisation=setup.utilisation(strategy),
        timeline=books.timeline,
        **books.summaries(),
    )


@dataclass(frozen=True)
class Comparison:
    """The same lunch, client by client, in both kitchens."""

    apachehut: Result
    nginxopepperoni: Result

    def __iter__(self) -> Iterator[Result]:
        return iter((self.apachehut, self.nginxopepperoni))

    def plot(self) -> Chart:
        """Draw work in process and completions over time (needs matplotlib); return the figure."""
        from pizzeria.kitchen.charts import lunch_chart

        return lunch_chart(self)


def compare(
    setup: Setup | None = None,
    orders: int = 1000,
    seed: int = 1,
    policy: str = "urgent",
    *,
    at_once: bool = False,
    **changes: Any,
) -> Comparison:
    """Run the same clients through both kitchens; `changes` are parameters of `Setup`, such as ``cooks=12``."""
    setup = (setup or Setup()).but(**changes)
    return Comparison(
        simulate(setup, "apachehut", orders, seed, policy, at_once=at_once),
        simulate(setup, "nginxopepperoni", orders, seed, policy, at_once=at_once),
    )


def warn_of_overload(setup: Setup, strategy: str, at_once: bool = False) -> None:
    """Warn when some station is offered more work than it can do; say which and how much."""
    over = {name: load for name, load in setup.utilisation(strategy).items() if load >= 1}
    if over and not at_once:
        loads = ", ".join(f"{name} at {load:.0%}" for name, load in over.items())
        warnings.warn(f"{strategy} is overloaded: {loads}; no steady state", OverloadWarning, stacklevel=3)


def one_cook_day(strategy: str, orders: int = 8, seed: int = 1, setup: Setup | None = None) -> Trace:
    """Return the `Trace` of a lunch in a kitchen with one cook: what the figures of the two restaurants draw."""
    trace = Trace()
    simulate(setup or Setup(cooks=1), strategy, orders, seed, at_once=True, trace=trace)
    return trace
