"""Where in its own program an order stands: the line, at every moment of a lunch."""

from __future__ import annotations

from collections.abc import Coroutine
from types import CoroutineType
from typing import Any, cast

from pizzeria.interfaces import Clock, OrderKitchen, Recipe
from pizzeria.kitchen.trace import Watched

READER = "your order"
"""The file name of what a reader wrote."""
ENDED = -1
"""The line of an order that is no more."""


class Followed:
    """A recipe that notes the line of each of its orders; `lines` has `[(minute, line), ...]` by order, lines from 0."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.lines: dict[int, list[tuple[float, int]]] = {}

    def __call__(self, kitchen: OrderKitchen, call: float, restock: float) -> Coroutine[Any, Any, object]:
        """Begin one order, and follow it."""
        number = kitchen.number if isinstance(kitchen, Watched) else 1 + len(self.lines)
        native = cast("CoroutineType[Any, Any, object]", self.recipe(kitchen, call, restock))
        code = native.cr_code
        first = 1 if code.co_filename == READER else code.co_firstlineno
        found = self.lines.setdefault(number, [])
        return cast("Coroutine[Any, Any, object]", Standing(native, kitchen.clock, first, found))

    def packed(self, unit: float) -> dict[int, list[int]]:
        """Give two whole numbers a line: the time since the one before, in parts of `unit`, and the line."""
        found: dict[int, list[int]] = {}
        for number, lines in self.lines.items():
            before, flat = 0, found.setdefault(number, [])
            for minute, line in lines:
                at = round(minute / unit)
                flat += (at - before, line)
                before = at
        return found


class Standing:
    """Stand in for the coroutine of one order, and note its line whenever it has run."""

    def __init__(
        self,
        coroutine: CoroutineType[Any, Any, object],
        clock: Clock,
        first: int,
        lines: list[tuple[float, int]],
    ) -> None:
        self.coroutine, self.clock, self.first, self.lines = coroutine, clock, first, lines

    def send(self, value: None) -> Any:
        """Drive the order one turn further."""
        try:
            return self.coroutine.send(value)
        finally:
            frame = self.coroutine.cr_frame
            self.note(frame.f_lineno - self.first if frame else ENDED)

    def note(self, line: int) -> None:
        """Note a line, the last one of this moment."""
        now = self.clock.now
        while self.lines and self.lines[-1][0] == now:
            self.lines.pop()
        if not self.lines or self.lines[-1][1] != line:
            self.lines.append((now, line))
