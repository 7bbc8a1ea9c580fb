"""The same order on asyncio, with a clock that turns minutes into fractions of a second."""

from __future__ import annotations

from pizzeria.kitchen.simulation import Result, open_house, result
from pizzeria.kitchen.staff import Kitchen
from pizzeria.kitchen.trace import Trace
from pizzeria.kitchen_parameters import KitchenError, Setup, clients
from pizzeria.scaled_time import ScaledTime


async def serve_on_asyncio(
    setup: Setup,
    strategy: str,
    orders: int,
    seed: int,
    policy: str = "urgent",
    second_per_minute: float = 0.001,
    trace: Trace | None = None,
) -> Result:
    """Run the same lunch on asyncio, in `second_per_minute` s a minute, and return its `Result`.

    With `policy="race"` there is nothing to show here: that one needs the post's own loop.
    """
    if policy == "race":
        raise KitchenError("the race runs on virtual time only")
    host = ScaledTime(second_per_minute)
    kitchen = Kitchen(setup, strategy, policy, host)
    await open_house(kitchen, clients(setup, orders, seed), host.spawn, trace)
    await host.all_done()
    if trace is not None:
        trace.sort()
    return result(kitchen, seed)
