"""The kitchen as an order sees it when cooks and ovens are on the far side of a broker."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Self, TypeVar

from pizzeria.eventloop import NOBODY
from pizzeria.interfaces import Block, Row
from pizzeria.kitchen_parameters import Setup
from pizzeria.order import STEPS
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.protocol.messages import TREE, Message, encode
from pizzeria.scaled_time import ScaledTime

AGAIN = 2.0  # s after which an unanswered wish is asked for again
ASKS_AT_ONCE = 100  # in a message


T = TypeVar("T")


class Wish:
    """A step that an order waits for: futures of `handed` and of `done`, and what to ask for."""

    def __init__(self, order: int, step: str, minutes: float, burns_after: float) -> None:
        loop = asyncio.get_running_loop()
        self.handed: asyncio.Future[Message] = loop.create_future()
        self.done: asyncio.Future[Message] = loop.create_future()
        self.said = {"order": order, "step": step, "minutes": minutes, "burns_after": burns_after}
        self.asked = 0.0

    def take(self, news: Message) -> None:
        """Take what became of it; `done` tells that it was handed out as well."""
        for future in (self.handed, self.done)[: 2 if news["state"] == "done" else 1]:
            if not future.done():
                future.set_result(news)


class OrderDesk:
    """Where orders ask and hear: every wish is asked for until it is answered, however often the link is cut.

    `began` is the minute 0 of its `clock`, in seconds since 1970.
    """

    def __init__(self, address: Address, setup: Setup, began: float | None) -> None:
        self.setup, self.began = setup, began
        self.wishes: dict[tuple[int, str], Wish] = {}
        self._clock: ScaledTime | None = None
        self._agent: Block | None = None
        self.link = Link(address, "orders", [TREE["run"].of(), TREE["news"].of()])
        self.run, self.scale = "", 0.0
        self._fresh: list[Wish] = []
        self._wake, self._open = asyncio.Event(), asyncio.Event()

    @property
    def clock(self) -> ScaledTime:
        """The kitchen's clock, once it has `opened`."""
        if self._clock is None:
            raise RuntimeError("the kitchen has not opened yet")
        return self._clock

    @property
    def agent(self) -> Block:
        """The agents, once it has `opened`."""
        if self._agent is None:
            raise RuntimeError("the kitchen has not opened yet")
        return self._agent

    async def __aenter__(self) -> Self:
        await self.link.__aenter__()
        self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._ask)]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.link.__aexit__(*error)

    async def opened(self) -> None:
        """Wait until an expediter answers, which sets the clock; raise what ended the link instead.

        A run that is only retained may be yesterday's: nobody answers to it.
        """
        await self.while_it_works(self._open.wait())

    async def while_it_works(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what this comes to; raise what ends the link before that."""
        task = asyncio.create_task(coroutine)
        try:
            await asyncio.wait((task, *self._tasks), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
        for work in self._tasks:
            if work.done():
                work.result()
        return task.result()

    def wish(self, order: int, step: str, minutes: float, burns_after: float = 0.0) -> Wish:
        """Return the `Wish` for this step, asked for now if it was not before."""
        wish = self.wishes.get((order, step))
        if wish is None:
            wish = self.wishes[order, step] = Wish(order, step, minutes, burns_after)
            self._fresh.append(wish)
            self._wake.set()
        return wish

    def forget(self, order: int) -> None:
        """Drop the wishes of an order that has ended."""
        for step in (*STEPS, "bake"):
            self.wishes.pop((order, step), None)

    async def _listen(self) -> None:
        while True:
            if (heard := await self.link.hear()) is None:
                continue
            kind, _, said = heard
            if kind == "run":
                self._hear_run(said)
            elif said["run"] == self.run:
                if not self._open.is_set():
                    self._clock = ScaledTime(self.scale, time.time() - (self.began or time.time()))
                    self._agent = self._clock.first_come(self.setup.agents)
                    self._open.set()
                for news in said["news"]:
                    if wish := self.wishes.get((news["order"], news["step"])):
                        wish.take(news)

    def _hear_run(self, said: Message) -> None:
        # Perhaps another expediter, or another connection of his: what does he know?
        self.run, self.scale = said["run"], said["scale"]
        for wish in self.wishes.values():
            wish.asked = -AGAIN
        self._wake.set()

    async def _ask(self) -> None:
        while True:
            # Asks of one moment travel together.
            fresh, self._fresh = self._fresh, []
            self._say(fresh)
            late = time.monotonic() - AGAIN
            self._say([wish for wish in self.wishes.values() if wish.asked < late and not wish.done.done()])
            if self.run and not self._open.is_set():
                self.link.say(TREE["asks"].of(), encode("asks", run=self.run, asks=[]))  # is anybody there?
            try:
                async with asyncio.timeout(AGAIN * random.uniform(0.4, 0.6)):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    def _say(self, wishes: list[Wish]) -> None:
        now = time.monotonic()
        for first in range(0, len(wishes), ASKS_AT_ONCE):
            some = wishes[first : first + ASKS_AT_ONCE]
            for wish in some:
                wish.asked = now
            asks = encode("asks", run=self.run, asks=[wish.said for wish in some])
            self.link.say(TREE["asks"].of(), asks)


class Step:
    """A step in an order's eyes: entered when somebody has it, awaited until it is done."""

    def __init__(
        self, counter: OrderDesk, order: int, step: str, minutes: float, burns_after: float = 0.0
    ) -> None:
        self._wish: Callable[[], Wish] = lambda: counter.wish(order, step, minutes, burns_after)

    async def __aenter__(self) -> None:
        await asyncio.shield(self._wish().handed)

    async def __aexit__(self, *_: object) -> None:
        pass  # the expediter takes the cook, or the oven, back when it is done

    def __await__(self) -> Generator[Any, None, Message]:
        return asyncio.shield(self._wish().done).__await__()


class Bake(Step):
    """The oven's step: with it goes the wish that somebody take the pizza out, for it cannot wait to be asked."""

    def __init__(self, counter: OrderDesk, order: int, setup: Setup) -> None:
        super().__init__(counter, order, "bake", setup.bake, setup.burns_after)
        self._rescue: Callable[[], Wish] = lambda: counter.wish(order, "take_out", setup.hand_over)

    async def __aenter__(self) -> None:
        self._rescue()
        await super().__aenter__()


class RemoteKitchen:
    """Everything `order` asks for, for one order of this number."""

    cook_throughout = NOBODY
    cook_to_start: Block
    cook_to_prepare: Block
    cook_to_take_out: Block
    cook_to_finish: Block
    start: Awaitable[object]
    prepare: Awaitable[object]
    take_out: Awaitable[object]
    finish: Awaitable[object]

    def __init__(self, counter: OrderDesk, order: int, satisfied: Callable[[Row], object]) -> None:
        setup, clock = counter.setup, counter.clock
        self.clock, self.agent, self.satisfied = clock, counter.agent, satisfied
        self.talk = self.wait_for_stock = clock.sleep
        self.deliver = clock.pause(setup.deliver)
        self.oven = self.bake = Bake(counter, order, setup)
        for name in STEPS:
            step = Step(counter, order, name, setup.prepare if name == "prepare" else setup.hand_over)
            setattr(self, f"cook_to_{name}", step)
            setattr(self, name, step)
