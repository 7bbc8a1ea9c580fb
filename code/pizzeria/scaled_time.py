"""A clock on asyncio that turns minutes into fractions of a second, and what an order waits for by it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from heapq import heapify, heappop, heappush
from typing import Any

from pizzeria.eventloop import AT_ONCE
from pizzeria.kitchen_parameters import KitchenError


class ScaledTime:
    """A host for kitchens on the running asyncio loop, on which a minute takes `second_per_minute` seconds.

    `elapsed` is for how many seconds the kitchen has been open already.
    """

    def __init__(self, second_per_minute: float, elapsed: float = 0.0) -> None:
        if not second_per_minute > 0:
            raise KitchenError(f"a minute must take a time above 0, not {second_per_minute!r}")
        self._loop, self._scale = asyncio.get_running_loop(), second_per_minute
        self._start = self._loop.time() - elapsed
        self._tasks: set[asyncio.Future[object]] = set()

    @property
    def now(self) -> float:
        """Return the minutes since the kitchen opened."""
        return (self._loop.time() - self._start) / self._scale

    def sleep(self, minutes: float) -> Coroutine[Any, Any, None]:
        """Sleep for so many minutes."""
        return asyncio.sleep(minutes * self._scale)

    def pause(self, minutes: float) -> Awaitable[None]:
        """Return a reusable awaitable that lasts `minutes`."""
        return _Pause(self, minutes) if minutes else AT_ONCE

    def first_come(self, units: int) -> _Claim:
        """Return a resource that serves in the order of asking."""
        return _Claim(_Units(units), 0)

    def most_urgent(self, units: int) -> _Units:
        """Return a resource that serves the most urgent claim first."""
        return _Units(units)

    def spawn(self, coroutine: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Run an order by itself; keep a reference, because asyncio does not."""
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        return task

    async def all_done(self) -> None:
        """Wait for every order; the first error is raised."""
        await asyncio.gather(*self._tasks)


class _Pause:
    def __init__(self, host: ScaledTime, minutes: float) -> None:
        self._host, self._minutes = host, minutes

    def __await__(self) -> Generator[Any, None, None]:
        return self._host.sleep(self._minutes).__await__()


class _Units:
    def __init__(self, units: int) -> None:
        self.capacity = self.free = units
        self.queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self.asked = 0

    def claim(self, urgency: int) -> _Claim:
        return _Claim(self, urgency)


class _Claim:
    def __init__(self, units: _Units, urgency: int) -> None:
        self._units, self._urgency = units, urgency

    @property
    def free(self) -> int:
        return self._units.free

    @property
    def waiting(self) -> int:
        return len(self._units.queue)

    async def __aenter__(self) -> None:
        units = self._units
        if units.free:
            units.free -= 1
            return
        units.asked += 1
        turn = asyncio.get_running_loop().create_future()
        entry = (self._urgency, units.asked, turn)
        heappush(units.queue, entry)
        try:
            await turn
        except asyncio.CancelledError:
            if entry in units.queue:
                units.queue.remove(entry)
                heapify(units.queue)
            else:  # it was our turn already: pass it on
                self._give_back()
            raise

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        while self._units.queue:
            turn = heappop(self._units.queue)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._units.free += 1
