"""Numbers that a reader moves: `{scrub}` roles, and what follows from each.

A number that moves is a name that a block gives a value. What follows is every value in the prose whose statements hold that
name's, no other moving one's, and nothing that acts on anything but the names it binds. A table is one more value, which the
kernel works out after the last of them (`running.in_kernel.scrub`), so every way to run a post makes it.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from ..errors import PostError, Report
from ..in_page import slices, trees
from .blocks import Block
from .prose import Value

ROLE = "scrub"
Kept: TypeAlias = Callable[[object, Callable[[], Any]], Any]
MOST, USUAL = 201, 20  # positions of a number; how many there are at least without a step
FORM = "write {scrub}`NAME LOW..HIGH`, or {scrub}`NAME LOW..HIGH step STEP`"
_FORM = re.compile(r"(?P<name>\S+)\s+(?P<low>[^\s.]*\.?[^\s.]+)\.\.(?P<high>\S+)(?:\s+step\s+(?P<step>\S+))?")
_PURE = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)


def read_range(content: str) -> tuple[str, tuple[str, ...]]:
    """Read what a role holds: a name and its positions, as written numbers; raise ValueError with what is wrong."""
    match = _FORM.fullmatch(" ".join(content.split()))
    if not match:
        raise ValueError("is not a name and a range")
    if not match["name"].isidentifier():
        raise ValueError(f"moves {match['name']}, which is no name")
    try:
        low, high = Decimal(match["low"]), Decimal(match["high"])
        step = Decimal(match["step"]) if match["step"] else _nice((high - low) / USUAL)
    except InvalidOperation:
        raise ValueError("has a range that is not made of numbers") from None
    if not (low.is_finite() and high.is_finite() and step.is_finite() and low < high and step > 0):
        raise ValueError("has an empty range")
    count = int((high - low) / step) + 1
    if not 2 <= count <= MOST:
        raise ValueError(f"has {count} positions, and 2 to {MOST} may be")
    return match["name"], tuple(f"{low + at * step:f}" for at in range(count))


def _nice(size: Decimal) -> Decimal:
    """Give the largest of 1, 2 and 5 times a power of ten that is no larger."""
    if not size.is_finite() or size <= 0:
        return Decimal("NaN")
    power = Decimal(10) ** size.adjusted()
    return max(power * factor for factor in (1, 2, 5) if power * factor <= size)


def anew(key: object, make: Callable[[], Any]) -> Any:
    """Make a part; who keeps parts takes this place. key: its `repr` says all that the part depends on."""
    return make()


def tables(
    label: str, blocks: Sequence[Block], values: Sequence[Value], report: Report, kept: Kept = anew
) -> list[Value]:
    """Make the value that holds the table of each number that moves; tell ``report`` of one that nothing follows.

    values: those of the prose, each with its place. Their ranks stay; tables have the ranks after them. kept: gives what
    was made before.
    """
    if not any(value.positions for value in values):
        return []

    def make() -> list[tuple[int, str, int, int]] | None:
        faults: list[PostError] = []
        made = _tables(label, blocks, values, faults.append)
        return None if faults else [(v.table_of, v.expression, v.after, v.rank) for v in made]

    # Not where they stand: a word of prose moves many lines.
    code = [(b.source, b.index, bool(b.info.caption)) for b in blocks if b.speaks.shares_state]
    prose = [(v.expression, v.after, v.rank, v.positions) for v in values]
    found = kept((code, prose), make)
    if found is None:  # faults are told each time
        return _tables(label, blocks, values, report)
    by_rank = {value.rank: value for value in values}
    return [_table_of(by_rank[of], expression, after, rank) for of, expression, after, rank in found]


def _tables(label: str, blocks: Sequence[Block], values: Sequence[Value], report: Report) -> list[Value]:
    moving = [value for value in values if value.positions]
    cut: list[slices.Statement] = []
    for block in blocks:
        if block.speaks.shares_state:
            try:
                cut += slices.statements(
                    block.source, block.index, block.line, bool(block.info.caption), label
                )
            except SyntaxError:
                continue  # told of elsewhere
    sources: dict[int, slices.Statement] = {}
    for value in moving:
        given = [s for s in cut if s.block <= value.after and value.expression in s.binds]
        if not given:
            found = f"{value.written} moves {value.expression}, to which no block above gives a value"
            report(
                PostError(
                    label, value.line, found, f"set it in a block above, such as {value.expression} = 0.5"
                )
            )
        else:
            sources[value.rank] = given[-1]
    made: list[Value] = []
    acted_on = [(s, _acted_on(s)) for s in cut if _acts(s)]
    quiet = [s for s in cut if not _acts(s)]
    held = [(v, what) for v in values if (what := _held(v, quiet, acted_on, label)) is not None]
    for value in moving:
        if value.rank not in sources:
            continue
        follows = [
            (v, anew) for v, found in held if (anew := _followed(v, value, sources, found)) is not None
        ]
        if not [v for v, _ in follows if not v.positions]:
            report(
                PostError(
                    label,
                    value.line,
                    f"{value.written} moves {value.expression}, and no value of the text follows from it alone",
                    "show what follows by {eval}, from statements that only bind names; or write {eval} here",
                )
            )
            continue
        made.append(_table(value, follows, cut, rank=len(values) + len(made)))
    return made


@dataclass(frozen=True)
class _Held:
    """Hold what a value holds. target: its own statement; before: those above that it needs, in their order."""

    target: slices.Statement
    before: list[slices.Statement]


def _held(
    value: Value,
    quiet: list[slices.Statement],
    acted_on: list[tuple[slices.Statement, set[str]]],
    label: str,
) -> _Held | None:
    """Find what a value holds; None where something that only acts may have changed it.

    quiet: the statements that have names of their own; acted_on: those that only act, each with what it may change.
    """
    try:
        (target,) = slices.statements(f"(\n{value.expression}\n)", value.after + 1, 1, False, label)
    except SyntaxError:
        return None  # told of elsewhere
    above = [s for s in quiet if s.block <= value.after]
    # What is only handed over by a statement without a name of its own is no number's source; what that acts on is.
    before = slices.needed(above, [target])
    wanted = frozenset().union(*(s.wants() for s in (*before, target)))
    modules = slices.module_names(above)
    if any(wanted & (names - modules) for s, names in acted_on if s.block <= value.after):
        return None
    return _Held(target, before)


def _followed(
    value: Value, moved: Value, sources: dict[int, slices.Statement], held: _Held
) -> list[slices.Statement] | None:
    """Give the statements that have to run anew for a value when a number moves; None when it does not follow from it."""
    if value.positions and value.rank != moved.rank:
        return None
    target, before = held.target, held.before
    ranks = [rank for rank, source in sources.items() if any(s is source for s in before)]
    if moved.rank not in ranks or len({id(sources[rank]) for rank in ranks}) > 1:
        return None
    touched, anew = {moved.expression}, set[int]()
    while True:
        more = {
            at
            for at, s in enumerate(before)
            if s is not sources[moved.rank] and s.wants() & touched and not s.imports
        }
        if more == anew:
            break
        anew = more
        touched |= {name for at in anew for name in before[at].binds}
    statements = [before[at] for at in sorted(anew)]
    if any(not _pure(s) for s in (*statements, target)) or (
        value.rank != moved.rank and not target.wants() & touched
    ):
        return None
    return statements


def _acts(statement: slices.Statement) -> bool:
    return isinstance(statement.node, ast.Expr) and not statement.binds


def _acted_on(statement: slices.Statement) -> set[str]:
    """Give the names whose objects a statement may change: those whose methods it calls, and what its function gets."""
    found: set[str] = set()
    whole = statement.node.value if isinstance(statement.node, ast.Expr) else None
    whole = whole.value if isinstance(whole, ast.Await) else whole
    for call in (n for n in ast.walk(statement.node) if isinstance(n, ast.Call)):
        at: ast.expr = call.func
        own = call is whole and isinstance(at, ast.Name) and not hasattr(builtins, at.id)
        while isinstance(at, (ast.Attribute, ast.Subscript, ast.Call)):
            at = at.func if isinstance(at, ast.Call) else at.value
        if isinstance(at, ast.Name) and not isinstance(call.func, ast.Name):
            found.add(at.id)
        if own:
            found |= {n.id for part in call.args for n in ast.walk(part) if isinstance(n, ast.Name)}
    return found


def _pure(statement: slices.Statement) -> bool:
    """Tell whether a statement does nothing but bind names, as far as its text tells."""
    node = statement.node
    if (
        statement.changes
        or statement.calls
        or any(isinstance(n, (ast.Await, ast.Yield)) for n in ast.walk(node))
    ):
        return False
    return isinstance(node, _PURE) or (isinstance(node, ast.Expr) and not statement.binds)


def _table(
    moved: Value, follows: list[tuple[Value, list[slices.Statement]]], cut: list[slices.Statement], rank: int
) -> Value:
    wanted = {id(s) for _, statements in follows for s in statements}
    anew = [s for s in cut if id(s) in wanted]
    spec = {
        "name": moved.expression,
        "positions": moved.positions,
        "statements": [s.text for s in anew],
        "values": {str(value.rank): value.expression for value, _ in follows},
    }
    bound = {name for s in cut for name in s.binds}
    used = _names(s.text for s in anew) | _names(value.expression for value, _ in follows)
    given = sorted((used & bound) - {name for s in anew for name in s.binds} | {moved.expression})
    named = ", ".join(f"{name}={name}" for name in given)
    module = "__import__('executable_posts.running.in_kernel.scrub', fromlist=['table'])"
    expression = f"{module}.table({json.dumps(json.dumps(spec))}, dict({named}))"
    return _table_of(moved, expression, max(value.after for value, _ in follows), rank)


def _table_of(moved: Value, expression: str, after: int, rank: int) -> Value:
    return replace(moved, expression=expression, after=after, rank=rank, positions=(), table_of=moved.rank)


def _names(texts: Iterable[str]) -> set[str]:
    return {
        node.id
        for text in texts
        for node in ast.walk(trees.module(f"{text}\n"))
        if isinstance(node, ast.Name)
    }
