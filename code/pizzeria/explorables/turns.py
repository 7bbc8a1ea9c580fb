"""Our event loop, turn by turn: who runs, who is ready, what is pending. Recorded from the loop itself.

The loop drives a coroutine by `send`, so a stand-in that passes it on hears of every turn, and the loop is the one of
the post, not a copy with print statements.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Coroutine
from types import CoroutineType
from typing import Any, TypeAlias, cast

from pizzeria.eventloop import Loop, Resource, sleep
from pizzeria.explorables.pictures import turns_still
from pizzeria.interfaces import Block


async def pizza(cook: Block, call: float) -> None:
    """Follow one order; the loop shown here has three of them, and one cook."""
    await sleep(call)  # on the phone
    async with cook:
        await sleep(15)  # prepare
    await sleep(30)  # in the oven
    async with cook:
        await sleep(1)  # take it out
    await sleep(20)  # on the road


async def reservation(thread: Block, credentials: float) -> None:
    """Serve one request, as the four servers of the napkin do; milliseconds."""
    await sleep(credentials)  # (1) credentials
    async with thread:
        await sleep(1)  # (2) the price
    await sleep(30)  # (3) disk


Program: TypeAlias = Callable[[Block, float], Coroutine[Any, Any, None]]
Picture: TypeAlias = dict[str, Any]
"""What stood where when a turn was over, as plain data."""
CALLS = (5.0, 5.0, 12.0)
WAITS = (500.0, 480.0, 480.0)
PROGRAMS: dict[str, tuple[Program, tuple[float, ...], dict[str, str]]] = {
    "turns": (
        pizza,
        CALLS,
        {"one": "order", "scarce": "the cook", "unit": "min", "moment": "minute", "name": "loop"},
    ),
    "requests": (
        reservation,
        WAITS,
        {"one": "request", "scarce": "the core", "unit": "ms", "moment": "millisecond", "name": "requests"},
    ),
}
"""By figure: the program, what each of three is called with, and words."""


def source(program: Program = pizza) -> list[str]:
    """Return the lines of a program, without its documentation."""
    lines = textwrap.dedent(inspect.getsource(program)).splitlines()
    return lines[:1] + lines[2:]


def place(coroutine: Coroutine[Any, Any, Any]) -> int:
    """Say at which of these lines a coroutine stands, counted from 0."""
    native = cast("CoroutineType[Any, Any, Any]", coroutine)  # what `async def` makes
    assert native.cr_frame  # it has not ended
    return native.cr_frame.f_lineno - native.cr_code.co_firstlineno - 1


class WatchedCoroutine:
    """Stand in for a coroutine and note each of its turns."""

    def __init__(self, number: int, coroutine: Coroutine[Any, Any, None], record: Record) -> None:
        self.number, self.coroutine, self.record = number, coroutine, record
        self.due: float | None = None
        self.line: int | None = 0
        self.started = False

    def send(self, value: None) -> Any:
        """Drive the coroutine one turn further."""
        start, self.due, self.started = self.line, None, True
        try:
            command = self.coroutine.send(value)
        except StopIteration:
            self.line, self.due = None, None
            self.record.note(self, start, "ends")
            raise
        self.line = place(self.coroutine)
        if isinstance(command, float):
            self.due = self.record.loop.now + command
            unit = self.record.words["unit"]
            self.record.note(self, start, f"sleeps {command:g} {unit}, until {self.due:g}")
        else:
            self.record.note(self, start, f"stands in line for {self.record.words['scarce']}")
        return command


class Record:
    """The turns of one run; each is what stood where when it was over."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words
        self.loop = Loop()
        self.turns: list[Picture] = []
        self.all: list[WatchedCoroutine] = []

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start a coroutine under watch."""
        watched = WatchedCoroutine(len(self.all) + 1, coroutine, self)
        self.all.append(watched)
        self.loop.spawn(watched)

    def note(self, who: WatchedCoroutine, start: int | None, then: str) -> None:
        """Take a picture of the loop at the end of a turn."""
        self.turns.append({**self.picture(who), "runs": who.number, "from": start, "then": then})

    def picture(self, running: WatchedCoroutine | None = None) -> Picture:
        """Say who is ready, who sleeps until when, and who stands in line; and the line each is at."""
        ready = [
            task.coroutine.number for task in self.loop.ready if isinstance(task.coroutine, WatchedCoroutine)
        ]
        pending = sorted((one.due, one.number) for one in self.all if one.due is not None)
        away = {number for _, number in pending} | set(ready)
        line = [
            one.number
            for one in self.all
            if one.started and one.line is not None and one.due is None and one.number not in away
        ]
        lines = {one.number: one.line for one in self.all}
        return {"now": self.loop.now, "ready": ready, "pending": pending, "line": line, "lines": lines}


def run(figure: str = "turns") -> list[Picture]:
    """Run three of a program on the loop of the post; return the pictures, the first before anything ran."""
    program, calls, words = PROGRAMS[figure]
    record = Record(words)
    scarce = Resource(record.loop, 1)
    for call in calls:
        record.spawn(program(scarce, call))
    first = {
        **record.picture(),
        "runs": None,
        "from": None,
        "then": f"the bootstrap: three {words['one']}s are ready",
    }
    record.loop.run()
    return [first, *record.turns]


def page(figure: str = "turns") -> dict[str, Any]:
    """Give what the component starts with."""
    program, calls, words = PROGRAMS[figure]
    return {
        "source": source(program),
        "calls": calls,
        "turns": run(figure),
        "words": words,
        "name": words["name"],
    }


def figure(kind: str = "turns") -> tuple[str, dict[str, Any], str]:
    """Give the explorable of the post."""
    return "turns", page(kind), turns_still(run(kind), PROGRAMS[kind][2])
