"""The two kitchens, side by side, a thought a figure: one position of the sliders is one lunch, replayed from its trace."""

from __future__ import annotations

import inspect
import textwrap
import traceback
import warnings
from collections.abc import Iterable
from itertools import product
from typing import Any, TypedDict, cast

import pizzeria.order
from pizzeria.explorables.lines import READER, Followed
from pizzeria.explorables.packed import UNIT, Run, pack
from pizzeria.explorables.pictures import kitchens_still
from pizzeria.interfaces import Recipe
from pizzeria.kitchen import POLICIES, KitchenError, OverloadWarning, Result, Setup, Trace, simulate

ORDERS, SEED = 40, 1
LONGEST = 200 * 60.0
"""Minutes after which a reader's own recipe is given up."""
SLIDERS: dict[str, dict[str, Any]] = {
    "cooks": {"label": "Cooks", "least": 1, "most": 8, "step": 1},
    "rate": {"label": "Orders an hour", "least": 1, "most": 15, "step": 1},
    "ovens": {"label": "Ovens", "least": 1, "most": 24, "step": 1},
}
START = {"cooks": 4, "rate": 8, "ovens": 16, "missing": 20}
"""A kitchen where a figure says nothing else; `missing`, the share that is out of stock, is in per cent."""
HABITS = {
    "urgent": {"title": "Most urgent first", "creed": "what rings goes first"},
    "race": {"title": "Everybody runs", "creed": "to whatever calls"},
}
"""What the right kitchen of a figure may show instead: the names of its card by policy."""
HOLDS = {
    "key": "apachehut",
    "title": "Apach’ Hut",
    "creed": "holds the cook all along",
    "counter": "tickets",
    "run": "apachehut",
}
LETS_GO = {
    "key": "nginxopepperoni",
    "title": "Ngin O’ Pepperonix",
    "creed": "lets go of the cook",
    "counter": "to do",
    "run": "urgent",
}
OLDEST = {**LETS_GO, "key": "oldest", "title": "Oldest first", "creed": "as most event loops", "run": "fifo"}
FIGURES: dict[str, dict[str, Any]] = {
    # Hold, or let go: nothing else.
    "kitchens": {
        "start": {"cooks": 4},
        "ready": {"cooks": range(1, 9)},
        "houses": (HOLDS, LETS_GO),
        "numbers": ("waiting", "longest", "served"),
        "opens": 270.0,
    },
    # What is scarce is the ovens: letting go of the cooks gains little.
    "scarce": {
        "start": {"ovens": 2},
        "fixed": {"rate": 12},
        "ready": {"ovens": (1, 2, 3, 4, 6, 8, 12, 16, 24)},
        "houses": (HOLDS, LETS_GO),
        "numbers": ("waiting", "longest", "served"),
        "opens": 240.0,
    },
    # One kitchen, two habits of its tablets.
    "habits": {
        "start": {"cooks": 2},
        "fixed": {"rate": 12},
        "ready": {"cooks": (1, 2, 3, 4)},
        "houses": (OLDEST, {**LETS_GO, **HABITS["urgent"]}),
        "numbers": ("burnt", "longest", "served"),
        "opens": 200.0,
    },
    # The order itself, beside its kitchen, to be followed and rewritten.
    "yours": {
        "start": {"cooks": 4, "ovens": 16},
        "ready": {"cooks": (2, 4, 8), "ovens": (6, 16)},
        "houses": (LETS_GO, HOLDS),
        "numbers": ("waiting", "longest", "served", "burnt"),
        "opens": 130.0,
        "free": True,
    },
}


def _shown() -> str:
    """Give the order as the page shows it: without types and without what it says of itself."""
    lines = textwrap.dedent(inspect.getsource(pizzeria.order.order)).splitlines(keepends=True)
    return "".join(["async def order(kitchen, call, restock):\n", *lines[2:]])


SOURCE = _shown()


class Lunch(TypedDict):
    """One position of the sliders, and its runs by kitchen or policy."""

    position: dict[str, int]
    runs: dict[str, Run]


def setup(cooks: int, rate: int, ovens: int, missing: int) -> Setup:
    """Give the kitchen of a position of the sliders."""
    return Setup(cooks=cooks, orders_per_hour=rate, ovens=ovens, out_of_stock=missing / 100)


def lunch(
    cooks: int,
    rate: int,
    ovens: int,
    missing: int,
    names: Iterable[str] = ("apachehut", *POLICIES),
    recipe: Recipe | None = None,
) -> Lunch:
    """Run one position under these names, ``apachehut`` or a policy of the other kitchen; return its packed runs.

    With a `recipe`, they tell the line at which each order stands.
    """
    kitchen = setup(cooks, rate, ovens, missing)
    runs: dict[str, Run] = {}
    for name in names:
        strategy, policy = ("apachehut", "urgent") if name == "apachehut" else ("nginxopepperoni", name)
        trace, followed = Trace(), Followed(recipe or pizzeria.order.order)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverloadWarning)  # a kitchen that drowns is what one looks for
            run = simulate(
                kitchen, strategy, ORDERS, SEED, policy, trace=trace, recipe=followed, until=LONGEST
            )
        runs[name] = pack(trace, counts(run))
        if recipe:
            runs[name]["lines"] = followed.packed(UNIT)
    return {"position": {"cooks": cooks, "rate": rate, "ovens": ovens, "missing": missing}, "runs": runs}


def at(figure: str, position: dict[str, int]) -> Lunch:
    """Run one position of a figure, by the names of its sliders."""
    about = FIGURES[figure]
    names = [house["run"] for house in about["houses"]]
    whole = {**START, **about.get("fixed", {}), **position}
    if figure == "habits":
        names += [name for name in HABITS if name not in names]
    return lunch(**whole, names=names, recipe=written(SOURCE) if figure == "yours" else None)


def written(source: str) -> Recipe:
    """Give the order that a program defines; raise KitchenError when there is none."""
    space: dict[str, Any] = {"__name__": "reader"}
    exec(compile(source, READER, "exec", flags=annotations.compiler_flag), space)
    recipe = space.get("order")
    if not inspect.iscoroutinefunction(recipe):
        raise KitchenError('there is no "async def order(kitchen, call, restock)" in it')
    return cast("Recipe", recipe)


def counts(run: Result) -> dict[str, float]:
    """Give what the page shows of a `Result`; durations in minutes."""
    return {
        "served": run.served,
        "burnt": run.burnt,
        "trips": run.collisions,
        "longest": run.sojourn.most,
        "minutes": run.minutes,
    }


def rewritten(source: str, cooks: int, rate: int, ovens: int, missing: int) -> Lunch | dict[str, str]:
    """Run one position with a reader's own order; what is wrong with it comes back as ``{"error": one line}``."""
    try:
        return lunch(cooks, rate, ovens, missing, ("urgent", "apachehut"), written(source))
    except SyntaxError as error:
        return {"error": f"line {error.lineno}: {error.msg}"}
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == READER]
        where = f"line {lines[-1]}: " if lines else ""
        return {"error": f"{where}{type(error).__name__}: {error}"}


def name(position: dict[str, int]) -> str:
    """Name the file of a position."""
    return "-".join(f"{key}{value}" for key, value in position.items())


def positions(figure: str) -> dict[str, Lunch]:
    """Compute the positions of a figure that need no Python in the page, by the names of their files."""
    ready = FIGURES[figure]["ready"]
    every = (dict(zip(ready, values, strict=True)) for values in product(*ready.values()))
    return {name(position): at(figure, position) for position in every}


def page(figure: str) -> dict[str, Any]:
    """Give what the component starts with."""
    about = FIGURES[figure]
    found = {
        "name": figure,
        "unit": UNIT,
        "burnsAfter": Setup().burns_after,
        "agents": Setup().agents,
        "sliders": {key: {**SLIDERS[key], "ready": list(ready)} for key, ready in about["ready"].items()},
        "start": about["start"],
        "fixed": {k: v for k, v in {**START, **about.get("fixed", {})}.items() if k not in about["start"]},
        "houses": about["houses"],
        "numbers": about["numbers"],
        "opens": about["opens"],
        "free": about.get("free", False),
    }
    if figure == "habits":
        found["habits"] = HABITS
    if figure == "yours":
        found["source"] = SOURCE
    return found


def figure(kind: str) -> tuple[str, dict[str, Any], str, dict[str, Lunch]]:
    """Give an explorable of the post: component, what it starts with, its still, and the positions by name."""
    about = FIGURES[kind]
    still = kitchens_still(at(kind, about["start"]), about["houses"])
    return "yours" if kind == "yours" else "kitchens", page(kind), still, positions(kind)
