"""One order, written once: what happens to a pizza, whoever is held meanwhile and whatever the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pizzeria.interfaces import OrderKitchen


# What a tablet shows first: a pizza in the oven burns, a client at the door waits, the rest can wait a little.
URGENCY = {"take_out": 0, "finish": 1, "prepare": 2, "start": 3}
STEPS = ("start", "prepare", "take_out", "finish")


async def order(kitchen: OrderKitchen, call: float, restock: float) -> None:
    """Follow one pizza from the ringing phone to the satisfied client; `call` and `restock` in minutes."""
    clock = kitchen.clock
    rang = clock.now
    async with kitchen.agent:
        await kitchen.talk(call)
    ticket = clock.now
    async with kitchen.cook_throughout:
        async with kitchen.cook_to_start:
            started = clock.now
            await kitchen.start
        if restock:
            await kitchen.wait_for_stock(restock)
        async with kitchen.cook_to_prepare:
            await kitchen.prepare
        async with kitchen.oven:
            await kitchen.bake
            baked = clock.now
            async with kitchen.cook_to_take_out:
                taken_out = clock.now
                await kitchen.take_out
        await kitchen.deliver
        async with kitchen.cook_to_finish:
            await kitchen.finish
    kitchen.satisfied((rang, call + restock, ticket, started, baked, taken_out, clock.now))
