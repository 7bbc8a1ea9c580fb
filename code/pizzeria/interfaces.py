"""What the rooms agree on: a kitchen as an order sees it, and the host that gives a kitchen its time and its queues.

Each is a `Protocol`: the simulator, asyncio and the connected kitchen have these names, and need no common ancestor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from pizzeria.eventloop.resource import Block

__all__ = ["Block", "Clock", "Cooks", "KitchenHost", "OrderKitchen", "Queue", "Recipe", "Row", "Spawn"]

Row: TypeAlias = tuple[float, float, float, float, float, float, float]
"""Minutes of one order: it rang, was drawn, its ticket, its first cook, baked, taken out, ended."""
Recipe: TypeAlias = "Callable[[OrderKitchen, float, float], Coroutine[Any, Any, object]]"
"""What happens to a pizza: `order`, or a reader's own."""
Spawn: TypeAlias = Callable[[Coroutine[Any, Any, object]], object]
"""What makes a coroutine run by itself."""


class Clock(Protocol):
    """Something that knows the minute."""

    @property
    def now(self) -> float:
        """Minutes since the kitchen opened."""


class Queue(Block, Protocol):
    """So many units, given in the order of asking."""

    @property
    def free(self) -> int:
        """Units nobody holds."""

    @property
    def waiting(self) -> int:
        """Orders in line."""


class Cooks(Protocol):
    """So many cooks, given by urgency."""

    def claim(self, urgency: int) -> Block:
        """Return the reusable block that holds one, 0 before 1 before 2."""


class OrderKitchen(Protocol):
    """Everything an order asks for."""

    @property
    def clock(self) -> Clock: ...
    @property
    def agent(self) -> Block: ...
    @property
    def cook_throughout(self) -> Block: ...
    @property
    def cook_to_start(self) -> Block: ...
    @property
    def cook_to_prepare(self) -> Block: ...
    @property
    def oven(self) -> Block: ...
    @property
    def cook_to_take_out(self) -> Block: ...
    @property
    def cook_to_finish(self) -> Block: ...
    @property
    def talk(self) -> Callable[[float], Awaitable[object]]: ...
    @property
    def wait_for_stock(self) -> Callable[[float], Awaitable[object]]: ...
    @property
    def start(self) -> Awaitable[object]: ...
    @property
    def prepare(self) -> Awaitable[object]: ...
    @property
    def bake(self) -> Awaitable[object]: ...
    @property
    def take_out(self) -> Awaitable[object]: ...
    @property
    def deliver(self) -> Awaitable[object]: ...
    @property
    def finish(self) -> Awaitable[object]: ...
    @property
    def satisfied(self) -> Callable[[Row], object]: ...


class KitchenHost(Clock, Protocol):
    """What a kitchen runs on: a clock, pauses, and queues for what is scarce; minutes everywhere."""

    @property
    def sleep(self) -> Callable[[float], Awaitable[object]]:
        """Sleep for so many minutes."""

    def pause(self, minutes: float) -> Awaitable[object]:
        """Return a reusable awaitable that lasts so long."""

    def first_come(self, units: int) -> Queue:
        """Return units that are given in the order of asking."""

    def most_urgent(self, units: int) -> Cooks:
        """Return units that are given by urgency."""
