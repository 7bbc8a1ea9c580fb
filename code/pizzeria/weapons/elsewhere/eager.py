"""Tasks that begin before their creator goes on (Python 3.12 or newer): what comes first, and what the loop has to do."""

import asyncio
from typing import Any

PIZZAS = ("margherita", "calzone")


async def lunch(eager: bool) -> tuple[list[str], int]:
    """Ask two prices that nobody has to wait for; return what happened in its order, and how often the loop was asked."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory if eager else None)  # type: ignore[attr-defined]  # since 3.12
    diary: list[str] = []
    asked = 0
    call_soon = loop.call_soon

    def counted(*args: Any, **options: Any) -> asyncio.Handle:
        nonlocal asked
        asked += 1
        return call_soon(*args, **options)

    async def price(pizza: str) -> int:
        diary.append(f"{pizza}: price known")
        return 8

    loop.call_soon = counted  # type: ignore[assignment, method-assign]  # to count
    tasks = []
    for pizza in PIZZAS:
        tasks.append(asyncio.create_task(price(pizza)))
        diary.append(f"{pizza}: order taken")
    await asyncio.gather(*tasks)
    loop.call_soon = call_soon  # type: ignore[method-assign]
    return diary, asked


def main() -> None:
    """Print both."""
    for eager in (False, True):
        diary, asked = asyncio.run(lunch(eager))
        print("eager:" if eager else "usual:", ", ".join(diary))
        print(f"       the loop was asked to call somebody {asked} times")


if __name__ == "__main__":
    main()
