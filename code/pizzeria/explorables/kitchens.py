"""The two kitchens, side by side: one position of the sliders is one lunch in both, replayed from its trace."""

from __future__ import annotations

import inspect
import textwrap
import traceback
import warnings
from itertools import product
from typing import Any, TypedDict

import pizzeria.order
from pizzeria.explorables.packed import UNIT, Run, pack
from pizzeria.explorables.stills import kitchens_still
from pizzeria.interfaces import Recipe
from pizzeria.kitchen import POLICIES, KitchenError, OverloadWarning, Result, Setup, Trace, simulate

ORDERS, SEED = 40, 1
LONGEST = 200 * 60.0
"""Minutes after which a reader's own recipe is given up."""
SLIDERS: dict[str, dict[str, Any]] = {
    "cooks": {"label": "Cooks", "least": 1, "most": 8, "step": 1, "ready": [2, 4, 8]},
    "rate": {"label": "Orders an hour", "least": 1, "most": 15, "step": 1, "ready": [3, 8, 12]},
    "ovens": {"label": "Ovens", "least": 2, "most": 24, "step": 1, "ready": [6, 16]},
    "missing": {
        "label": "Out of stock",
        "least": 0,
        "most": 100,
        "step": 10,
        "ready": [20, 50],
        "unit": " %",
    },
}
START = {"cooks": 4, "rate": 8, "ovens": 16, "missing": 20}
"""Where the sliders stand at first; `missing` is in per cent."""
HABITS = {"urgent": "most urgent", "fifo": "oldest first", "race": "everybody runs"}


class Lunch(TypedDict):
    """One position of the sliders, and its runs by kitchen or policy."""

    position: dict[str, int]
    runs: dict[str, Run]


def setup(cooks: int, rate: int, ovens: int, missing: int) -> Setup:
    """Give the kitchen of a position of the sliders."""
    return Setup(cooks=cooks, orders_per_hour=rate, ovens=ovens, out_of_stock=missing / 100)


def lunch(cooks: int, rate: int, ovens: int, missing: int, recipe: Recipe = pizzeria.order.order) -> Lunch:
    """Run one position in both kitchens, and in the second by every policy; return its packed runs by name."""
    kitchen = setup(cooks, rate, ovens, missing)
    runs: dict[str, Run] = {}
    for name in ("apachehut", *POLICIES):
        strategy, policy = ("apachehut", "urgent") if name == "apachehut" else ("nginxopepperoni", name)
        trace = Trace()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverloadWarning)  # a kitchen that drowns is what one looks for
            run = simulate(kitchen, strategy, ORDERS, SEED, policy, trace=trace, recipe=recipe, until=LONGEST)
        runs[name] = pack(trace, counts(run))
    return {"position": {"cooks": cooks, "rate": rate, "ovens": ovens, "missing": missing}, "runs": runs}


def at(position: dict[str, int]) -> Lunch:
    """Run one position, by the names of its sliders."""
    return lunch(position["cooks"], position["rate"], position["ovens"], position["missing"])


def counts(run: Result) -> dict[str, float]:
    """Give what the page shows of a `Result`; durations in minutes."""
    return {
        "served": run.served,
        "burnt": run.burnt,
        "trips": run.collisions,
        "p50": run.sojourn.p50,
        "p99": run.sojourn.p99,
        "minutes": run.minutes,
        "idle": run.idle_share,
    }


def rewritten(source: str, cooks: int, rate: int, ovens: int, missing: int) -> Lunch | dict[str, str]:
    """Run one position with a reader's own order; what is wrong with it comes back as ``{"error": one line}``."""
    space: dict[str, Any] = {"__name__": "reader"}
    try:
        exec(compile(source, "your order", "exec", flags=annotations.compiler_flag), space)
        recipe = space.get("order")
        if not inspect.iscoroutinefunction(recipe):
            raise KitchenError('there is no "async def order(kitchen, call, restock)" in it')
        return lunch(cooks, rate, ovens, missing, recipe)
    except SyntaxError as error:
        return {"error": f"line {error.lineno}: {error.msg}"}
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == "your order"]
        where = f"line {lines[-1]}: " if lines else ""
        return {"error": f"{where}{type(error).__name__}: {error}"}


def name(position: dict[str, int]) -> str:
    """Name the file of a position."""
    return "-".join(f"{key}{value}" for key, value in position.items())


def positions() -> dict[str, Lunch]:
    """Compute the positions that need no Python in the page, by the names of their files."""
    grid = product(*(slider["ready"] for slider in SLIDERS.values()))
    every = (dict(zip(SLIDERS, values, strict=True)) for values in grid)
    return {name(position): at(position) for position in every}


def page() -> dict[str, Any]:
    """Give what the component starts with."""
    return {
        "unit": UNIT,
        "orders": ORDERS,
        "burnsAfter": Setup().burns_after,
        "agents": Setup().agents,
        "sliders": SLIDERS,
        "start": START,
        "habits": HABITS,
        "source": textwrap.dedent(inspect.getsource(pizzeria.order.order)),
    }


def figure() -> tuple[str, dict[str, Any], str, dict[str, Lunch]]:
    """Give the explorable of the post: component, what it starts with, its still, and the positions by name."""
    return "kitchens", page(), kitchens_still(at(START)), positions()
