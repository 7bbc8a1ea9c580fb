"""Who is held at which line of the order: the whole difference between the two restaurants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import cast

from pizzeria.eventloop import AT_ONCE, NOBODY, Loop, Pause, Resource, Urgent
from pizzeria.interfaces import Block, Cooks, KitchenHost, Queue, Row
from pizzeria.kitchen.books import Books
from pizzeria.kitchen.race import racing
from pizzeria.kitchen_parameters import POLICIES, STRATEGIES, Setup, checked
from pizzeria.order import STEPS, URGENCY

NOTHING = cast("Generator[None, None, None]", iter(()))


class VirtualTime(Loop):
    """The post's event loop as a host for kitchens: time jumps from event to event."""

    def pause(self, minutes: float) -> Awaitable[None]:
        """Return a reusable awaitable that lasts `minutes`."""
        return Pause((float(minutes),)) if minutes else AT_ONCE

    def go_ahead(self, minutes: float) -> Awaitable[None]:
        """Let `minutes` pass for this task before anybody else's do; at its next sleep the clock is right again."""
        self.now += minutes
        return AT_ONCE

    def first_come(self, units: int) -> Resource:
        """Return a resource that serves in the order of asking."""
        return Resource(self, units)

    def most_urgent(self, units: int) -> Urgent:
        """Return a resource that serves the most urgent claim first."""
        return Urgent(self, units)


class Ahead:
    """Go ahead so many minutes, as often as it is awaited."""

    __slots__ = ("_loop", "_minutes")

    def __init__(self, loop: Loop, minutes: float) -> None:
        self._loop, self._minutes = loop, minutes

    def __await__(self) -> Generator[None, None, None]:
        self._loop.now += self._minutes
        return NOTHING


class Kitchen:
    """Everything `order` asks for, on any host that has a clock, pauses and resources."""

    cooks: Queue | Cooks
    cook_throughout: Block
    cook_to_start: Block
    cook_to_prepare: Block
    cook_to_take_out: Block
    cook_to_finish: Block
    start: Awaitable[object]
    take_out: Awaitable[object]
    finish: Awaitable[object]

    def __init__(self, setup: Setup, strategy: str, policy: str, host: KitchenHost) -> None:
        checked(strategy, STRATEGIES, "strategy")
        checked(policy, POLICIES, "policy")
        self.setup, self.strategy, self.policy = setup, strategy, policy
        self.clock: KitchenHost = host
        self.agent = host.first_come(setup.agents)
        self.oven: Block = host.first_come(setup.ovens)
        self.talk: Callable[[float], Awaitable[object]] = host.sleep
        self.wait_for_stock = self.talk
        self.prepare, self.bake, self.deliver = map(host.pause, (setup.prepare, setup.bake, setup.deliver))
        hold = self.hold_all_along if strategy == "apachehut" else self.hold_hands_on
        hold(setup, host)
        self.books = Books(setup, strategy, host)
        self.satisfied: Callable[[Row], object] = self.books.satisfied

    def hold_all_along(self, setup: Setup, host: KitchenHost) -> None:
        """Hold the cook around the whole order: nobody else ever picks anything up, so no hand-overs either."""
        cooks = host.first_come(setup.cooks)
        self.cooks = self.cook_throughout = cooks
        self.cook_to_start = self.cook_to_prepare = self.cook_to_take_out = self.cook_to_finish = NOBODY
        self.start = self.take_out = self.finish = host.pause(0)

    def save_turns(self, host: VirtualTime) -> None:
        """Let an `order` of Apach' Hut go from its cook to its delivery in one turn of the loop, not in three or four.

        Who holds a cook all along, in a house with an oven for every cook, meets nobody on the way. Not for other
        recipes, which may: they sleep.
        """
        if self.strategy == "apachehut" and self.setup.ovens >= self.setup.cooks:
            self.oven, self.wait_for_stock = NOBODY, host.go_ahead
            self.prepare, self.bake = Ahead(host, self.setup.prepare), Ahead(host, self.setup.bake)

    def hold_hands_on(self, setup: Setup, host: KitchenHost) -> None:
        """Hold a cook only where there is work for hands; picking the order up again costs a hand-over."""
        cooks = racing(host, setup) if self.policy == "race" else host.most_urgent(setup.cooks)
        self.cooks = cooks
        self.cook_throughout = NOBODY
        for step in STEPS:
            urgency = 0 if self.policy == "fifo" else URGENCY[step]
            setattr(self, f"cook_to_{step}", cooks.claim(urgency))
        self.start = self.take_out = self.finish = host.pause(setup.hand_over)
