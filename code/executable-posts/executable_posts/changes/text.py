"""Tell what changed in a terminal: a line or a few a change, bounded."""

from __future__ import annotations

import os
from typing import TextIO

from .change import Change
from .numbers import Pair, percent
from .plain import FORMS, MOST_NUMBERS, counted, short

WIDEST = 100  # characters of a line that differs


def coloured(stream: TextIO) -> bool:
    """Tell whether colours are wanted: a terminal shows them, and nobody said no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def as_text(
    changes: list[Change], most: int | None = None, most_lines: int | None = None, colour: bool = False
) -> list[str]:
    """Write changes as lines. most: changes that are told, the others are counted; most_lines: of what differs in one;
    colour: by escape sequences."""
    paint = _Paint(colour)
    lines: list[str] = []
    for change in changes[:most]:
        name = short(_name(change))
        place = paint.place(short(change.where, 2 * WIDEST))
        lines.append(f"{place}{f' {name}' if name else ''}: {_said(change, paint)}".removesuffix(": "))
        lines += [f"  {paint.line(short(line, WIDEST))}" for line in change.diff[:most_lines]]
        more = change.more + len(change.diff) - len(change.diff[:most_lines])
        if more:
            lines.append(f"  and {counted(more, 'more line')}")
    if most is not None and len(changes) > most:
        lines.append(f"and {counted(len(changes) - most, 'more change')}")
    return lines


def _name(change: Change) -> str:
    """Name what changed: a value by its expression, an output by its block and its form."""
    if change.what == "value":
        return f"{{eval}}`{change.name}`"
    form = change.what if change.what in ("chart", "picture") else FORMS.get(change.form, "")
    return ", ".join(filter(None, (change.name, form)))


def _said(change: Change, paint: _Paint) -> str:
    """Say in a line what happened; "" where the lines that differ say it."""
    if change.what in ("post", "block"):
        return _moved(change, paint)
    both = paint.both(change.old, change.new)
    if change.kind != "changed":
        told = {"new": paint.new(change.new), "removed": paint.old(change.old), "moved": both}[change.kind]
        return (
            f"{ {'new': 'new', 'removed': 'no longer there', 'moved': 'another order'}[change.kind] }: {told}"
        )
    one_line = not change.diff and change.what != "chart"
    if change.note:
        return ", ".join(filter(None, (both if change.old != change.new else short(change.new), change.note)))
    if one_line and len(change.numbers) <= 1:
        part = percent(change.numbers[0].relative) if change.numbers else ""
        return f"{both} ({part})" if part else both
    if one_line and change.what == "value":
        return both
    return _numbers(change.ranked, paint) or ("" if change.diff else both)


def _moved(change: Change, paint: _Paint) -> str:
    """Say what became of a post or a block."""
    old, new = short(change.old), short(change.new)
    if change.kind == "new":
        return f"new {change.what}{f': {new}' if new else ''}"
    if change.kind == "removed":
        return f"{change.what} removed{f', it had: {old}' if old else ''}"
    if change.kind == "renamed":
        return f"{change.what} renamed: {paint.both(change.old or '(no name)', change.new or '(no name)')}"
    return f"{change.what} moved: {paint.both(change.old, change.new)}"


def _numbers(ranked: list[Pair], paint: _Paint) -> str:
    """Tell a few numbers, those that went furthest."""
    told = []
    for pair in ranked[:MOST_NUMBERS]:
        of, part = (f"{short(pair.of)}: " if pair.of else ""), percent(pair.relative)
        told.append(f"{of}{paint.both(pair.old, pair.new)}{f' ({part})' if part else ''}")
    if len(ranked) > MOST_NUMBERS:
        told.append(f"and {counted(len(ranked) - MOST_NUMBERS, 'more number')}")
    return "; ".join(told)


class _Paint:
    """Write what was red and what is green, or both as they are."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def place(self, text: str) -> str:
        return self._in("1", text)

    def old(self, text: str) -> str:
        return self._in("31", short(text) or "nothing")

    def new(self, text: str) -> str:
        return self._in("32", short(text) or "nothing")

    def both(self, old: str, new: str) -> str:
        return f"{self.old(old)} → {self.new(new)}"

    def line(self, text: str) -> str:
        return self._in("31" if text.startswith("-") else "32", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text
