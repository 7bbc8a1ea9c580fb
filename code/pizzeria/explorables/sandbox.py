"""A kitchen, or a server, of the reader's own: it is set up, run in the page's Python, and judged by a goal."""

from __future__ import annotations

import random
import warnings
from typing import Any

from pizzeria.explorables.killed import FOR_GOOD, Fate, Mortal
from pizzeria.explorables.packed import UNIT, pack
from pizzeria.explorables.servers import A_MOMENT, DISK, RUDE, Server, WatchedRequest
from pizzeria.explorables.stills import table
from pizzeria.kitchen import Kitchen, OverloadWarning, Setup, Trace
from pizzeria.kitchen.simulation import open_house, result
from pizzeria.kitchen.staff import VirtualTime
from pizzeria.kitchen_parameters import clients
from pizzeria.order import order

ORDERS, CLIENTS, SEED = 40, 400, 1
LEAVES = 60.0
"""Minutes after which a cook leaves, as soon as he has a hand free."""
WITHIN = 8 * 60.0
"""Minutes in which the goal wants the last client out."""
GOALS = {
    "orders": "40 orders within 8 hours, 2 cooks, none burnt",
    "requests": "400 clients in a second, p99 under 50 ms, one core",
}
CONTROLS: dict[
    str, dict[str, Any]
] = {  # `needs`: the house without which a control does nothing; `per`: parts of a `unit`
    "orders": {
        "house": {
            "label": "House",
            "options": {"nginxopepperoni": "Ngin O’ Pepperonix", "apachehut": "Apach’ Hut"},
        },
        "habit": {
            "label": "Who takes what",
            "options": {"fifo": "oldest first", "urgent": "most urgent first", "race": "everybody runs"},
            "needs": "nginxopepperoni",
        },
        "cooks": {"label": "Cooks", "least": 1, "most": 8},
        "ovens": {"label": "Ovens", "least": 1, "most": 24},
        "rate": {"label": "Orders an hour", "least": 1, "most": 15},
        "leaves": {"label": "One cook goes home after an hour"},
        "killed": {"label": "One cook is killed after an hour, at work"},
    },
    "requests": {
        "house": {"label": "Server", "options": {"pool": "a pool of threads", "loop": "an event loop"}},
        "habit": {
            "label": "The loop takes first",
            "options": {"fifo": "the oldest", "urgent": "what is quick"},
            "needs": "loop",
        },
        "pool": {"label": "Threads of the pool", "least": 1, "most": 60, "needs": "pool"},
        "wait": {"label": "Wait for credentials", "least": 1, "most": 50, "unit": " ms"},
        "compute": {"label": "Computing a request", "least": 1, "most": 30, "per": 10, "unit": " ms"},
        "rude": {"label": "One request computes 400 ms"},
    },
}
START: dict[str, dict[str, Any]] = {
    "orders": {
        "house": "nginxopepperoni",
        "habit": "fifo",
        "cooks": 2,
        "ovens": 16,
        "rate": 12,
        "leaves": False,
        "killed": False,
    },
    "requests": {"house": "pool", "habit": "fifo", "pool": 5, "wait": 5, "compute": 10, "rude": False},
}


def orders(
    house: str, habit: str, cooks: int, ovens: int, rate: int, leaves: bool, killed: bool = False
) -> dict[str, Any]:
    """Serve one lunch; return its packed run, its numbers, and whether the goal is met."""
    setup = Setup(cooks=cooks, ovens=ovens, orders_per_hour=rate)
    host, trace, fate = VirtualTime(), Trace(), Fate(LEAVES)
    kitchen = Kitchen(setup, house, habit, host)
    mortal = lambda seen, call, restock: order(Mortal(seen, kitchen, fate), call, restock)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverloadWarning)
        guests = clients(setup, ORDERS, SEED)
        host.spawn(open_house(kitchen, guests, host.spawn, trace, mortal if killed else order))
    if leaves:
        host.spawn(_leave(kitchen, host))
    host.run(FOR_GOOD / 2)
    done = result(kitchen, SEED)
    if fate.order and not fate.again:  # it stands there until the last of the others is out
        end = max(done.minutes, fate.stands)
        trace.note(fate.stands, end, fate.order, "order", "waiting for cook")
        if fate.oven is not None:
            fate.oven.note_until(end)
    trace.sort()
    met = done.served == ORDERS and done.burnt == 0 and cooks == 2 and done.minutes <= WITHIN
    return {
        "unit": UNIT,
        "run": pack(trace, {"minutes": done.minutes}),
        "numbers": {"served": done.served, "burnt": done.burnt, "cooks": cooks, "last": done.minutes},
        "killed": {
            "who": fate.who,
            "order": fate.order,
            "part": fate.part,
            "at": fate.since,
            "again": fate.again,
        },
        "met": met,
    }


async def _leave(kitchen: Kitchen, host: VirtualTime) -> None:
    await host.sleep(LEAVES)
    cooks: Any = kitchen.cooks
    async with cooks.claim(0) if hasattr(cooks, "claim") else cooks:
        await host.sleep(FOR_GOOD)


def requests(house: str, habit: str, pool: int, wait: int, compute: int, rude: bool) -> dict[str, Any]:
    """Serve so many clients who come within a second; return the packed run, its numbers, and whether the goal is met."""
    host, trace = VirtualTime(), Trace()
    loop = house == "loop"
    setup = Setup(
        cooks=1 if loop else pool,
        agents=CLIENTS,
        ovens=CLIENTS,
        call=A_MOMENT,
        restock=float(wait),
        prepare=compute / 10,
        bake=DISK,
        deliver=A_MOMENT,
        hand_over=0.0,
    )
    strategy = "nginxopepperoni" if loop else "apachehut"
    kitchen = Server(setup, strategy, habit if loop else "fifo", host)

    async def street() -> None:
        gaps = random.Random(SEED)
        for number in range(1, CLIENTS + 1):
            await host.sleep(gaps.expovariate(CLIENTS / 1000))
            kitchen.books.arrived += 1
            seen = WatchedRequest(kitchen, number, trace)
            if rude and number == CLIENTS // 4:
                seen.prepare = seen.noted(host.pause(RUDE), "prepare")
            host.spawn(order(seen, A_MOMENT, float(wait)))

    host.spawn(street())
    host.run()
    trace.sort()
    done = result(kitchen, SEED)
    p99 = done.sojourn.p99
    return {
        "unit": UNIT,
        "run": pack(trace, {"minutes": done.minutes}, without=("agent", "oven", "core")),
        "numbers": {"served": done.served, "p50": done.sojourn.p50, "p99": p99, "last": done.minutes},
        "met": done.served == CLIENTS and p99 < 50,
    }


def play(goal: str, **given: Any) -> dict[str, Any]:
    """Run what the controls of a goal say."""
    return orders(**given) if goal == "orders" else requests(**given)


def page() -> dict[str, Any]:
    """Give what the component starts with."""
    return {
        "name": "sandbox",
        "goals": GOALS,
        "controls": CONTROLS,
        "start": START,
        "agents": Setup().agents,
        "burnsAfter": Setup().burns_after,
    }


def still() -> str:
    """Tell the goals, and what the set-up that one starts with comes to."""
    tables = []
    for goal, words in GOALS.items():
        numbers = play(goal, **START[goal])["numbers"]
        said = {key: f"{value:.0f}" for key, value in numbers.items()}
        tables.append(table((words, *said), [("as it begins", *said.values())]))
    return "".join(tables)


def figure() -> tuple[str, dict[str, Any], str]:
    """Give the explorable of the post."""
    return "sandbox", page(), still()
