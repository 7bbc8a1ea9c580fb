"""One look at a crowd of descriptors of which one has news, slowed down: the times are those that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pizzeria.explorables.stills import table

WALKS = ("select", "poll")
"""They go through the whole list; epoll is told."""


def figure(costs: Mapping[str, Mapping[int, float]]) -> tuple[str, dict[str, Any], str]:
    """Give the explorable of `weapons.wait_costs`: microseconds by mechanism and crowd."""
    crowds = sorted({crowd for points in costs.values() for crowd in points})
    data = {
        "name": "look",
        "crowds": crowds,
        "walks": [name for name in costs if name in WALKS],
        "costs": {
            name: {str(crowd): round(cost, 3) for crowd, cost in points.items()}
            for name, points in costs.items()
        },
    }
    rows = [
        (name, *(f"{points[crowd]:.1f} µs" if crowd in points else "cannot" for crowd in crowds))
        for name, points in costs.items()
    ]
    return "scan", data, table(("one look at", *(f"{crowd:,}" for crowd in crowds)), rows)
