"""Fifty clients, one cook: in which sense true, in which false."""

from __future__ import annotations

from dataclasses import dataclass

from pizzeria import facts
from pizzeria.kitchen.simulation import Result, compare
from pizzeria.kitchen_parameters import Setup


@dataclass(frozen=True)
class Verdict:
    """The claim by formula and by simulation; hours for the kitchen, requests for the data centre.

    `hours` and `simulated_hours` are until the last client is satisfied, by strategy; `in_the_works` is the most orders
    started and not finished at one time, by strategy; `speed_up` the ratio of pizzas a cook-hour at full load.
    """

    clients: int
    hours: dict[str, float]
    simulated_hours: dict[str, float]
    in_the_works: dict[str, int]
    speed_up: float
    data_centre_in_flight: float


def rush_hours(setup: Setup, strategy: str, orders: int) -> float:
    """Return the hours until all of `orders` clients, calling at once, are satisfied, by formula.

    The cooks' work one after the other; at Ngin O' Pepperonix the last pizza's oven and delivery come on top, because
    no cook waits for them. Calls are left out: the agents are faster than the cooks.
    """
    minutes = orders * setup.held(strategy) / setup.cooks
    return (minutes + (0 if strategy == "apachehut" else setup.bake + setup.deliver)) / 60


def data_centre_in_flight(write: float = 30.0) -> float:
    """Return the requests one core keeps in flight: the whole request over its computing, `write` in ms."""
    return (facts.CREDENTIALS.value + facts.COMPUTE.value + write) / facts.COMPUTE.value


def fifty_clients(clients: int = 50, seed: int = 1, setup: Setup | None = None) -> Verdict:
    """Put the claim to the test with `clients` calling at once and one cook; return the `Verdict`."""
    setup = setup or Setup(cooks=1, ovens=clients)
    both = compare(setup, clients, seed, at_once=True)
    return Verdict(
        clients=clients,
        hours={run.strategy: rush_hours(setup, run.strategy, clients) for run in both},
        simulated_hours={run.strategy: run.hours for run in both},
        in_the_works={run.strategy: _most_started(setup, run, clients, seed) for run in both},
        speed_up=setup.held("apachehut") / setup.held("nginxopepperoni"),
        data_centre_in_flight=data_centre_in_flight(),
    )


def _most_started(setup: Setup, run: Result, orders: int, seed: int) -> int:
    """Return the most orders a cook has begun and not ended at one time, from the trace of the run."""
    from pizzeria.kitchen.simulation import simulate
    from pizzeria.kitchen.trace import Trace

    trace = Trace()
    simulate(setup, run.strategy, orders, seed, at_once=True, trace=trace)
    begun: dict[int, float] = {}
    ended: dict[int, float] = {}
    for span in trace.spans:
        if span.who.startswith("cook"):
            begun[span.order] = min(span.start, begun.get(span.order, span.start))
            ended[span.order] = max(span.end, ended.get(span.order, span.end))
    # Ends sort before begins at the same minute: a cook who puts one down and takes the next holds one, not two.
    changes = sorted([(at, 1) for at in begun.values()] + [(at, -1) for at in ended.values()])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
