"""The first picture of the post: one lunch in both kitchens, and a telephone that the reader may ring.

A call at one of `MOMENTS` is one more client in the same lunch. Until that minute the two lunches are one and the same, so the
page may take the other trace while the clock runs.
"""

from __future__ import annotations

from typing import Any, TypedDict

from pizzeria.explorables.packed import UNIT, Run, pack
from pizzeria.explorables.pictures import ring_still
from pizzeria.kitchen import Setup, Trace, simulate
from pizzeria.kitchen_parameters import Guest, clients

ORDERS, SEED = 40, 1
KITCHEN = Setup(cooks=3, orders_per_hour=8, ovens=12)
MOMENTS = range(15, 301, 15)
"""Minutes at which the reader may ring: the next one counts."""
OPENS = 240.0
"""The minute that the picture shows first: Apach' Hut's counter is full by then."""
MINE = KITCHEN.call, 0.0
"""Minutes that the reader talks, and waits for ingredients: an average call, and good luck."""


class Rung(TypedDict):
    """One lunch in both kitchens; `you`: the number of the reader's order, None without one."""

    you: int | None
    runs: dict[str, Run]


def guests(moment: float | None) -> tuple[list[Guest], int | None]:
    """Give the clients of the lunch, with the reader among them at a minute; and the reader's number."""
    drawn = list(clients(KITCHEN, ORDERS, SEED))
    if moment is None:
        return drawn, None
    found: list[Guest] = []
    now, you = 0.0, None
    for gap, call, restock in drawn:
        if you is None and now + gap > moment:
            found.append((moment - now, *MINE))
            you, gap, now = len(found), now + gap - moment, moment
        found.append((gap, call, restock))
        now += gap
    if you is None:
        found.append((max(0.0, moment - now), *MINE))
        you = len(found)
    return found, you


def lunch(moment: float | None = None) -> Rung:
    """Run the lunch in both kitchens, with the reader's call at a minute or without."""
    runs: dict[str, Run] = {}
    who, you = guests(moment)
    for strategy in ("apachehut", "nginxopepperoni"):
        trace = Trace()
        run = simulate(KITCHEN, strategy, guests=who, trace=trace)
        runs[strategy] = pack(trace, {"minutes": run.minutes, "burnt": run.burnt})
    return {"you": you, "runs": runs}


def page() -> dict[str, Any]:
    """Give what the component starts with."""
    return {
        "unit": UNIT,
        "kitchen": {"cooks": KITCHEN.cooks, "ovens": KITCHEN.ovens, "agents": KITCHEN.agents},
        "burnsAfter": KITCHEN.burns_after,
        "opens": OPENS,
        "clients": ORDERS,
        "moments": list(MOMENTS),
        **lunch(),
    }


def figure() -> tuple[str, dict[str, Any], str, dict[str, Rung]]:
    """Give the explorable of the post: component, what it starts with, its still, and the lunches by moment."""
    parts = {f"at{moment}": lunch(moment) for moment in MOMENTS}
    return "ring", page(), ring_still(lunch()), parts
