"""What goes wrong when an event is broadcast and two cooks run for the same pizza, and the cure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, TypeAlias

from pizzeria.eventloop import AT_ONCE, Loop, Urgent, sleep
from pizzeria.interfaces import Block, Cooks, KitchenHost
from pizzeria.kitchen_parameters import KitchenError, Setup

Habit: TypeAlias = Callable[[str, list[int], float, list[tuple[int, str]]], Coroutine[Any, Any, None]]


async def grab(name: str, tablet: list[int], walk: float, served: list[tuple[int, str]]) -> None:
    """Look at the tablet, walk to the oven, tick the pizza off: between look and tick, everybody else looks too."""
    while tablet:
        pizza = tablet[0]
        await sleep(walk)
        served.append((pizza, name))
        if pizza in tablet:
            tablet.remove(pizza)


async def claim(name: str, tablet: list[int], walk: float, served: list[tuple[int, str]]) -> None:
    """Tick the pizza off first, then walk: no `await` between look and tick, so nobody can look in between."""
    while tablet:
        pizza = tablet.pop(0)
        await sleep(walk)
        served.append((pizza, name))


def tablet_race(habit: Habit, cooks: int = 2, pizzas: int = 3, walk: float = 0.5) -> list[tuple[int, str]]:
    """Let cooks with one `habit` (`grab` or `claim`) empty one tablet; return `(pizza, cook)` as served."""
    loop, tablet = Loop(), list(range(1, pizzas + 1))
    served: list[tuple[int, str]] = []
    for number in range(1, cooks + 1):
        loop.spawn(habit(f"cook {number}", tablet, walk, served))
    loop.run()
    return served


class Broadcast(Urgent):
    """Cooks who all run when they hear an event: one gets it, the others lose the time of a hand-over.

    The first to arrive claims the pizza, so none is served twice; what stays is the stampede (Linux met it as the
    *thundering herd* of `accept`). `collisions` counts the trips in vain.
    """

    __slots__ = ("_trip", "collisions")

    def __init__(self, loop: Loop, setup: Setup) -> None:
        super().__init__(loop, setup.cooks)
        self._trip, self.collisions = setup.hand_over, 0

    def claim(self, urgency: int) -> Block:
        """Return the ``async with`` block that takes a cook and sends all the resting ones on a trip in vain."""
        return _Heard(self, super().claim(urgency))

    def stampede(self) -> None:
        """Send every cook who rests to an oven that is already being emptied."""
        while self._idle:
            self._idle.pop()
            self.collisions += 1
            self._loop.spawn(self._in_vain())

    async def _in_vain(self) -> None:
        await sleep(self._trip)
        self.release()


def racing(host: KitchenHost, setup: Setup) -> Cooks:
    """Return cooks who run for every event; a `KitchenError` on another host than the post's own loop."""
    if not isinstance(host, Loop):
        raise KitchenError("the race runs on virtual time only")
    return Broadcast(host, setup)


class _Heard:
    __slots__ = ("_cooks", "_one")

    def __init__(self, cooks: Broadcast, one: Block) -> None:
        self._cooks, self._one = cooks, one

    def __aenter__(self) -> Awaitable[object]:
        if not self._cooks.free:
            return self._one.__aenter__()
        self._one.__aenter__()  # there is a free cook: taken at once, nothing to await
        self._cooks.stampede()
        return AT_ONCE

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Awaitable[bool | None]:
        return self._one.__aexit__(kind, error, traceback)
