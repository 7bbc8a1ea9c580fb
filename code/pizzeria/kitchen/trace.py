"""Who did what, when, for which order: a trace that a page can replay.

A trace file is one JSON object::

    {"format": "pizzeria.kitchen.trace", "version": 1, "unit": "min",
     "about": {"strategy": …, "policy": …, "seed": …, "setup": {…}},
     "columns": ["start", "end", "order", "who", "what"],
     "spans": [[0.0, 5.2, 1, "agent 1", "talk"], …], "count": 57}

Each span says that from `start` to `end` (minutes, rounded to a millionth) `who` was busy with `what` for `order`
(numbered from 1 as they rang). `who` is one of

* ``agent N``, ``cook N``, ``oven N``: somebody or something is held by the order. `what` is the part of the order
  that holds it (``talk``, ``whole order``, ``start``, ``prepare``, ``take out``, ``finish``, ``bake``);
* ``order``: where the pizza is. `what` is a step (``talk``, ``restock``, ``prepare``, ``bake``, ``deliver``, …) or
  ``waiting for agent``, ``waiting for cook``, ``waiting for oven``; ``in the house`` spans the whole order.

Spans are sorted. `count` repeats their number, so that a file cut short cannot pass for a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from pizzeria.eventloop import NOBODY
from pizzeria.interfaces import Block, Row
from pizzeria.kitchen_parameters import KitchenError

if TYPE_CHECKING:
    from pizzeria.kitchen.staff import Kitchen


FORMAT, VERSION = "pizzeria.kitchen.trace", 1
COLUMNS = ["start", "end", "order", "who", "what"]
PARTS = {"start": "start", "prepare": "prepare", "take_out": "take out", "finish": "finish"}


class Span(NamedTuple):
    """From `start` to `end` (min) `who` was busy with `what` for `order`."""

    start: float
    end: float
    order: int
    who: str
    what: str


@dataclass
class Trace:
    """The spans of one lunch, and what it is about."""

    about: dict[str, Any] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    units: dict[str, list[int]] = field(default_factory=dict)

    def note(self, start: float, end: float, order: int, who: str, what: str) -> None:
        """Add a span; times are rounded to a millionth of a minute, the same on every platform."""
        self.spans.append(Span(round(start, 6), round(end, 6), order, who, what))

    def sort(self) -> None:
        """Put the spans in order of start, end, order and name."""
        self.spans.sort()

    def of(self, who: str) -> list[Span]:
        """Return the spans of one actor, such as ``cook 1``."""
        return [span for span in self.spans if span.who == who]

    def to_json(self) -> str:
        """Return the trace as the text of a trace file."""
        head = {"format": FORMAT, "version": VERSION, "unit": "min", "about": self.about, "columns": COLUMNS}
        return json.dumps({**head, "spans": self.spans, "count": len(self.spans)}, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Trace:
        """Read a trace; anything else, or a trace cut short, is a `KitchenError`."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise KitchenError(f"not a trace, or cut short: {error}") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise KitchenError(f"not a trace: it does not say that its format is {FORMAT}")
        if data.get("version") != VERSION:
            raise KitchenError(
                f"a trace of version {data.get('version')!r}; this program reads version {VERSION}"
            )
        try:
            spans = [Span(*row) for row in data["spans"]]
            complete = data["count"] == len(spans)
        except (KeyError, TypeError) as error:
            raise KitchenError(f"a damaged trace: {error}") from None
        if not complete:
            raise KitchenError(f"a trace cut short: {len(spans)} spans of {data['count']}")
        return cls(data.get("about", {}), spans)


class Watched:
    """A kitchen as one order sees it, with somebody taking notes."""

    cook_to_start: Block
    cook_to_prepare: Block
    cook_to_take_out: Block
    cook_to_finish: Block
    start: Awaitable[object]
    prepare: Awaitable[object]
    take_out: Awaitable[object]
    finish: Awaitable[object]

    def __init__(self, kitchen: Kitchen, number: int, trace: Trace) -> None:
        self.clock, self._kitchen, self.number, self._trace = kitchen.clock, kitchen, number, trace
        self.agent = self.block(kitchen.agent, "agent", kitchen.setup.agents, "talk")
        self.oven = self.block(kitchen.oven, "oven", kitchen.setup.ovens, "bake")
        self.cook_throughout = self.block(kitchen.cook_throughout, "cook", kitchen.setup.cooks, "whole order")
        for step, part in PARTS.items():
            block = self.block(getattr(kitchen, f"cook_to_{step}"), "cook", kitchen.setup.cooks, part)
            setattr(self, f"cook_to_{step}", block)
            setattr(self, step, _Step(self, getattr(kitchen, step), part))
        self.bake, self.deliver = _Step(self, kitchen.bake, "bake"), _Step(self, kitchen.deliver, "deliver")

    def block(self, block: Block, kind: str, units: int, part: str) -> Block:
        """Return `block` with notes taken of the wait before it and of who is held in it, one of `units` of a `kind`."""
        if block is NOBODY:
            return block
        free = self._trace.units.setdefault(kind, list(range(1, units + 1)))
        return _Block(self, block, kind, free, part)

    def talk(self, minutes: float) -> Awaitable[None]:
        """Talk to the client for so many minutes, noted."""
        return _Step(self, self._kitchen.talk(minutes), "talk")

    def wait_for_stock(self, minutes: float) -> Awaitable[None]:
        """Wait for the delivery for so many minutes, noted."""
        return _Step(self, self._kitchen.wait_for_stock(minutes), "restock")

    def noted(self, step: Awaitable[object], part: str) -> Awaitable[None]:
        """Return a step that is noted under a part's name."""
        return _Step(self, step, part)

    def note(self, start: float, who: str, what: str) -> None:
        """Note a span that ends now, unless it took no time."""
        if self.clock.now > start:
            self._trace.note(start, self.clock.now, self.number, who, what)

    def satisfied(self, row: Row) -> None:
        """Note the order as a whole and pass it on to the books."""
        self.note(row[0], "order", "in the house")
        self._kitchen.satisfied(row)


class _Step:
    """An awaitable that notes how long it took."""

    def __init__(self, watched: Watched, awaitable: Awaitable[object], part: str) -> None:
        self._watched, self._awaitable, self._part = watched, awaitable, part

    def __await__(self) -> Generator[Any, None, None]:
        return self._noted().__await__()

    async def _noted(self) -> None:
        start = self._watched.clock.now
        await self._awaitable
        self._watched.note(start, "order", self._part)


class _Block:
    """An ``async with`` that notes the wait before it and who was held in it."""

    def __init__(self, watched: Watched, block: Block, kind: str, free: list[int], part: str) -> None:
        self._watched, self._block, self._kind, self._free, self._part = watched, block, kind, free, part

    async def __aenter__(self) -> None:
        asked = self._watched.clock.now
        await self._block.__aenter__()
        self._watched.note(asked, "order", f"waiting for {self._kind}")
        self._start, self._unit = self._watched.clock.now, heappop(self._free)

    def note_until(self, end: float) -> str:
        """Note whoever is held until `end`, who will not be given back; return his name."""
        who = f"{self._kind} {self._unit}"
        self._watched._trace.note(self._start, end, self._watched.number, who, self._part)
        return who

    async def __aexit__(self, *error: Any) -> None:
        self._watched.note(self._start, f"{self._kind} {self._unit}", self._part)
        heappush(self._free, self._unit)
        await self._block.__aexit__(*error)
