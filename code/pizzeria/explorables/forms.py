"""One order in three forms that let go, step by step: the line it stands at, and what is kept of it meanwhile.

A `switch` in C++14 and a coroutine in C++20 are programs that print what they keep; the generator is asked here. All three
must tell the same story: the same minutes at the same steps.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Generator, Sequence
from inspect import getsourcelines
from pathlib import Path
from types import FrameType, GeneratorType
from typing import Any, Protocol, TypeAlias, cast

from pizzeria import coroutines
from pizzeria.explorables.stills import table

NATIVE = Path(coroutines.__file__).with_name("native")
TITLES = ("made, but not begun", "on the phone", "in the oven", "on the road", "served")
FAR = 1 << 44  # whatever is larger is an address, on every 64-bit system of today

Step: TypeAlias = dict[str, Any]
"""One form at one moment: `now` (minute), `line` (index in the listing, None: it has ended), `bytes`, `state`."""
State: TypeAlias = list[tuple[str, str]]
"""What is kept: names (empty where only the compiler knows) and values."""


class Clock(Protocol):
    """The kitchen, as the orders see it."""

    now: int


Recipe: TypeAlias = Callable[[Any], Generator[int, None, Any]]


def told(program: str | Path) -> list[dict[str, Any]]:
    """Run a program that tells its steps, a line of JSON each; what it prints besides is dropped."""
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def listing(source: str, begins: str) -> tuple[int, list[str]]:
    """Cut the function that begins with this line out of a file; return its first line's number, and its lines."""
    lines = (NATIVE / source).read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip().startswith(begins))
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    last = next(n for n in range(first + 1, len(lines)) if lines[n] == f"{indent}}}")
    return first + 1, narrow(textwrap.dedent("\n".join(lines[first : last + 1])).splitlines())


def narrow(source: list[str]) -> list[str]:
    """Move comments near their code: the figure is narrower than a page."""
    return [re.sub(r"(\S) {2,}(//|#)", r"\1  \2", line.rstrip()) for line in source]


def by_switch(program: str | Path) -> dict[str, Any]:
    """Tell the steps of the order that is a `switch`."""
    first, source = listing("order_switch.hpp", "int go_on(")
    begins = next(n for n, line in enumerate(source) if "switch (line)" in line)
    rows = told(program)
    steps = [
        {
            "now": row["now"],
            "line": None if row is rows[-1] else row["words"][0] - first if row["words"][0] else begins,
            "bytes": row["bytes"],
            "state": [("line", str(row["words"][0])), ("rang", str(row["words"][1]))],
        }
        for row in rows
    ]
    return {"name": "switch", "language": "C++14", "first": first, "source": source, "steps": steps}


def by_generator(recipe: Recipe, kitchen: Clock) -> dict[str, Any]:
    """Drive the generator and tell its steps; `kitchen` is what the recipe is given."""
    lines, first = getsourcelines(recipe)
    program = recipe(kitchen)
    steps: list[Step] = [_asked(program, kitchen, first)]
    for minutes in program:
        steps.append(_asked(program, kitchen, first))
        kitchen.now += minutes
    steps.append({"now": kitchen.now, "line": None, "bytes": 0, "state": []})
    source = narrow(lines)
    return {"name": "generator", "language": "Python", "first": 1, "source": source, "steps": steps}


def _asked(program: Generator[int, None, Any], kitchen: Clock, first: int) -> Step:
    native = cast("GeneratorType[int, None, Any]", program)  # what a `def` with a `yield` makes
    frame = cast("FrameType", native.gi_frame)  # it has not ended
    state = [("instruction", str(frame.f_lasti))]
    state += [(name, str(v) if isinstance(v, int) else "address") for name, v in frame.f_locals.items()]
    size = sys.getsizeof(program)
    return {"now": kitchen.now, "line": frame.f_lineno - first, "bytes": size, "state": state}


def by_coroutine(program: str | Path) -> dict[str, Any]:
    """Tell the steps of the order that is a coroutine; of its frame only the first two words have names."""
    first, source = listing("order_coroutine.hpp", "inline Task order(")
    waits = [n for n, line in enumerate(source) if "co_await" in line]
    rows = told(program)
    places = [0, *waits, None]
    steps = [
        {
            "now": row["now"],
            "line": place,
            "bytes": row["bytes"],
            "state": _words(row["words"], rows[0]["words"]),
        }
        for row, place in zip(rows, places, strict=True)
    ]
    return {"name": "coroutine", "language": "C++20", "first": first, "source": source, "steps": steps}


def _words(words: Sequence[int], at_first: Sequence[int]) -> State:
    code = set(at_first[:2])

    def written(word: int) -> str:
        low, high = word & 0xFFFF_FFFF, word >> 32
        if word and (word >= FAR or word in code):
            return "address"
        return f"{high}, {_number(low)}" if high else _number(low)

    names = ["resume", "destroy", *[""] * (len(words) - 2)]
    return [(name, written(word)) for name, word in zip(names, words, strict=True)]


def _number(value: int) -> str:
    return str(value) if value < 0x100 else hex(value)


def page(recipe: Recipe, kitchen: Clock, switch: str | Path, coroutine: str | Path) -> dict[str, Any]:
    """Give what the component starts with; raise ValueError when the forms do not tell the same story."""
    forms = [by_switch(switch), by_generator(recipe, kitchen), by_coroutine(coroutine)]
    minutes = {form["name"]: [step["now"] for step in form["steps"]] for form in forms}
    if len({tuple(times) for times in minutes.values()}) > 1 or len(minutes["switch"]) != len(TITLES):
        raise ValueError(f"the forms of the order disagree: {minutes}")
    return {"titles": TITLES, "minutes": minutes["switch"], "forms": forms}


def still(data: dict[str, Any]) -> str:
    """Tell every step as a table: where each form stands, and what it keeps."""
    rows = []
    for n, (title, minute) in enumerate(zip(data["titles"], data["minutes"], strict=True)):
        cells = []
        for form in data["forms"]:
            step = form["steps"][n]
            kept = ", ".join(f"{name} {value}".strip() for name, value in step["state"] if value != "address")
            where = f"line {form['first'] + step['line']}" if step["line"] is not None else "ended"
            cells.append(f"{where}; {kept or 'nothing'}; {step['bytes']} bytes")
        rows.append((f"{minute}: {title}", *cells))
    return table(("minute", *(f"{form['name']}, {form['language']}" for form in data["forms"])), rows)


def figure(
    recipe: Recipe, kitchen: Clock, switch: str | Path, coroutine: str | Path
) -> tuple[str, dict[str, Any], str]:
    """Give the explorable of the post."""
    data = page(recipe, kitchen, switch, coroutine)
    return "forms", data, still(data)
