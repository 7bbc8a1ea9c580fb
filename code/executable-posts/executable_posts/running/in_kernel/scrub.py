"""Work out what a sentence would say if a number were another one: the table of a `{scrub}` role."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def table(spec: str, given: Mapping[str, Any]) -> str:
    """Evaluate what follows from a number at each of its positions; return the table as JSON.

    spec: JSON of name; positions, as written; statements, that run anew; values, rank -> expression. given: the names that
    these use, with the values they have. The table holds ``own`` (rank -> what it says at the number's own value), ``at``
    (the positions) and ``texts`` (rank -> what it says at each, None where it fails); a value that is not the same when it is
    worked out twice is left out. Raise TypeError for a name that is no number, ValueError for one outside of its range.
    """
    told: dict[str, Any] = json.loads(spec)
    name, positions = told["name"], told["positions"]
    number = given[name]
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{name} is {number!r}, which is no number")
    if not Decimal(positions[0]) <= Decimal(repr(number)) <= Decimal(positions[-1]):
        raise ValueError(f"{name} is {number!r}, outside of {positions[0]} to {positions[-1]}")
    whole = isinstance(number, int) and all("." not in position for position in positions)
    moved = [int(position) if whole else float(position) for position in positions]
    own = _texts(told, given, number)
    there = [_texts(told, given, value) for value in moved]
    again = [_texts(told, given, value) for value in reversed(moved)][::-1]
    texts = {rank: [texts[rank] for texts in there] for rank in own}
    same = [rank for rank in own if own[rank] is not None and texts[rank] == [other[rank] for other in again]]
    return json.dumps(
        {
            "own": {rank: own[rank] for rank in same},
            "at": positions,
            "texts": {rank: texts[rank] for rank in same},
        }
    )


def _texts(told: dict[str, Any], given: Mapping[str, Any], number: float) -> dict[str, str | None]:
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": "__main__", **given, told["name"]: number}
    found: dict[str, str | None] = dict.fromkeys(told["values"])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            for statement in told["statements"]:
                exec(statement, names)
        except Exception:  # at this position the post itself would fail
            return found
        for rank, expression in told["values"].items():
            with contextlib.suppress(Exception):
                found[rank] = str(eval(f"(\n{expression}\n)", names))
    return found
