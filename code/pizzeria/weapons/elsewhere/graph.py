"""Who waits for whom, asked of the loop itself (Python 3.14 or newer)."""

import asyncio
import re


async def bake(oven: asyncio.Event) -> None:
    """Wait for the oven."""
    await oven.wait()


async def order(oven: asyncio.Event) -> None:
    """Follow one order."""
    await bake(oven)


async def table(oven: asyncio.Event) -> None:
    """Wait for what was ordered."""
    await asyncio.create_task(order(oven), name="order 7")


async def lunch() -> None:
    """Serve a table, and print who waits for whom while the pizza is in the oven."""
    oven = asyncio.Event()
    serving = asyncio.create_task(table(oven), name="table 4")
    while not (waiting := [task for task in asyncio.all_tasks() if task.get_name() == "order 7"]):
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # the order has begun, and waits
    graph = asyncio.format_call_graph(waiting[0])  # type: ignore[attr-defined]  # since 3.14
    print(re.sub(r", id=0x[0-9a-f]+|(?<=File ')[^']*/", "", graph))
    oven.set()
    await serving


if __name__ == "__main__":
    asyncio.run(lunch())
