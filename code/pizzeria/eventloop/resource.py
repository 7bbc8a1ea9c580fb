"""What is scarce: so many units, and a queue of coroutines that want one.

``async with cooks:`` takes a unit, waiting in line if there is none, and gives it back at the end of the block, however
the block ends. A unit that is given back goes straight to the next in line: nobody can overtake in between.

Both ends of a block are called a lot, so they are plain functions in slots of the object, with all they need at hand,
and not methods that look it up in ``self``. A unit that nobody holds is an `AT_ONCE` in a list: to take it is to pop it
and to await it. Below the units lies what is awaited when there is none; who stands in line puts it back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Any, Protocol, TypeAlias, cast
from weakref import ref

from pizzeria.eventloop.loop import AT_ONCE, Loop, Pause, Task

Take: TypeAlias = Callable[[], Awaitable[None]]
Give: TypeAlias = Callable[
    [type[BaseException] | None, BaseException | None, TracebackType | None], Awaitable[None]
]
Line: TypeAlias = "list[tuple[int, int, Task[Any], Callable[[Task[Any]], object]]]"


class Block(Protocol):
    """What `async with` holds while its block lasts: a cook, an oven, or nobody."""

    @property
    def __aenter__(self) -> Callable[[], Awaitable[object]]:
        """Wait until it is ours."""

    @property
    def __aexit__(
        self,
    ) -> Callable[
        [type[BaseException] | None, BaseException | None, TracebackType | None], Awaitable[bool | None]
    ]:
        """Give it back, however the block ends."""


class Nobody:
    """Hold nothing: the block runs at once, as if it stood alone."""

    __slots__ = ()
    # A weak reference, called, returns what it is to: no frame is made for it.
    __aenter__ = cast("Callable[[], Awaitable[None]]", ref(AT_ONCE))

    @staticmethod
    def __aexit__(
        kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Awaitable[None]:
        return AT_ONCE


NOBODY = Nobody()


def units(capacity: int) -> list[Awaitable[None]]:
    """Return the list of `capacity` units that nobody holds."""
    if capacity < 1 or capacity != int(capacity):
        raise ValueError(f"a resource has a whole number of units, at least 1, not {capacity!r}")
    return [AT_ONCE] * capacity


class Resource:
    """Give `capacity` units in the order they were asked for (first in, first out)."""

    __slots__ = ("__aenter__", "__aexit__", "_idle", "_queue", "_stand_in_line", "capacity")

    __aenter__: Take
    __aexit__: Give

    def __init__(self, loop: Loop, capacity: int) -> None:
        idle, run_soon = units(capacity), loop.ready.append
        queue: deque[Task[Any]] = deque()

        # The same custody function for everybody, made once: a task that no longer waits for it has been cancelled.
        def stand_in_line(task: Task[Any]) -> None:
            queue.append(task)
            idle.append(in_line)

        in_line = Pause((stand_in_line,))
        idle.insert(0, in_line)

        def give_back(
            kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
        ) -> Awaitable[None]:
            while queue:
                task = queue.popleft()
                if task.waiting_for is stand_in_line:
                    task.waiting_for = None
                    run_soon(task)
                    return AT_ONCE
            idle.append(AT_ONCE)
            return AT_ONCE

        self.__aenter__, self.__aexit__, self.capacity = idle.pop, give_back, capacity
        self._idle, self._queue, self._stand_in_line = idle, queue, stand_in_line

    @property
    def free(self) -> int:
        """Count the units nobody holds."""
        return len(self._idle) - 1

    @property
    def waiting(self) -> int:
        """Count the tasks in line."""
        return sum(task.waiting_for is self._stand_in_line for task in self._queue)


class Urgent:
    """Give `capacity` units to whoever asks most urgently: ``async with cooks.claim(urgency)``, 0 before 1 before 2.

    Among equals it is first in, first out. Nobody loses a unit he already holds to somebody more urgent.
    """

    __slots__ = ("_asked", "_claims", "_idle", "_loop", "_queue", "capacity", "release")

    def __init__(self, loop: Loop, capacity: int) -> None:
        idle, run_soon = units(capacity), loop.ready.append
        queue: Line = []

        def release(
            kind: type[BaseException] | None = None,
            error: BaseException | None = None,
            traceback: TracebackType | None = None,
        ) -> Awaitable[None]:
            """Give one unit to the most urgent task in line, or keep it for the next one that asks."""
            while queue:
                _, _, task, stand_in_line = heappop(queue)
                if task.waiting_for is stand_in_line:
                    task.waiting_for = None
                    run_soon(task)
                    return AT_ONCE
            idle.append(AT_ONCE)
            return AT_ONCE

        self._loop, self.capacity, self.release = loop, capacity, release
        self._idle, self._queue, self._asked = idle, queue, count()
        self._claims: dict[int, Claim] = {}

    @property
    def free(self) -> int:
        """Count the units nobody holds."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """Count the tasks in line."""
        return sum(task.waiting_for is stand for _, _, task, stand in self._queue)

    def claim(self, urgency: int) -> Block:
        """Return the reusable ``async with`` block that asks for one unit with this urgency."""
        if urgency not in self._claims:
            self._claims[urgency] = Claim(urgency, self._idle, self._queue, self._asked, self.release)
        return self._claims[urgency]


class Claim:
    """One urgency at the counter of an `Urgent` resource."""

    __slots__ = ("__aenter__", "__aexit__")

    __aenter__: Take
    __aexit__: Give

    def __init__(
        self, urgency: int, idle: list[Awaitable[None]], queue: Line, asked: Iterator[int], release: Give
    ) -> None:
        def stand_in_line(task: Task[Any]) -> None:
            heappush(queue, (urgency, next(asked), task, stand_in_line))

        def take() -> Awaitable[None]:
            return idle.pop() if idle else in_line

        in_line = Pause((stand_in_line,))
        self.__aenter__, self.__aexit__ = take, release
