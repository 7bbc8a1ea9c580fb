"""The decisive pair, in seconds: a pool of ten and one loop under the same load in the same window."""

from __future__ import annotations

import asyncio
import contextlib
from math import inf

from pizzeria.common.measured import measured_async
from pizzeria.datacenter.measure import started
from pizzeria.datacenter.measure.load import closed
from pizzeria.datacenter.measure.story import ROOMY, STORY

SHORTER = 0.4
"""All times of the story are that much shorter."""


async def quick_pair(clients: int = 100, workers: int = 10) -> tuple[float, float, float]:
    """Measure the decisive pair, at two fifths of the story's times; return ``(pool, loop, ratio)``, rates a second.

    Both are under load in the same window, so a bad moment is a bad moment for both. The waits are timers: a busy machine
    can only take from what theory allows. By the rule of `measured`, the pair is measured until the loop serves half as
    many times as much as theory says. About three seconds.
    """
    waits = {name: value * SHORTER for name, value in STORY.items()}
    service = sum(waits.values()) / 1000

    async def pair(url: str) -> tuple[float, float]:
        # A pool keeps its queue when the clients have gone, so each try has servers of its own; nobody waits for a drain.
        house = {"workers": workers, **waits, **ROOMY, "drain": 0.1}
        with contextlib.ExitStack() as stack:
            ready = [stack.enter_context(started.server(name, url, **house)) for name in ("pool", "loop")]
            loads = (
                closed(one["port"], clients, 6 * service, warm_up=service, stagger=service, everybody=False)
                for one in ready
            )
            pool, loop = await asyncio.gather(*loads)
        return pool.rate, loop.rate

    with started.credentials(waits["credentials_ms"]) as url:
        expected = clients / min(clients, workers)
        found = await measured_async(lambda: pair(url), lambda rates: rates[1] > expected / 2 * rates[0] > 0)
    pool, loop = found.value
    return pool, loop, loop / pool if pool else inf
