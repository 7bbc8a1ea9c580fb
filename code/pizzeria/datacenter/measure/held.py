"""What an idle connection costs a server that is built: thousands are held open, and ten clients served meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median
from typing import Any

from pizzeria.datacenter.measure import started
from pizzeria.datacenter.measure.in_turn import Says, shuffled
from pizzeria.datacenter.measure.load import Line, closed, dial
from pizzeria.datacenter.measure.probes import look
from pizzeria.datacenter.measure.results import Results
from pizzeria.datacenter.measure.story import ROOMY, STORY

LEFT_OUT = "held connections at pool and processes: a worker, a process each"


def holders(names: Sequence[str]) -> list[str]:
    """Return the servers that can hold thousands of connections."""
    return [name for name in names if name not in ("pool", "processes")]


async def measure_held(record: Results, names: Sequence[str], count: int, number: int, says: Says) -> None:
    """Hold `count` idle connections open at each server, once; `record.held` then has the medians so far."""
    with started.credentials(STORY["credentials_ms"]) as url:
        for name in shuffled(names, number):
            says(f"round {number}: {name}, {count:,} held connections")
            with started.server(name, url, workers=10, **STORY, **ROOMY) as ready:
                remember(record, await hold(name, count, ready))


def remember(record: Results, found: dict[str, Any]) -> None:
    """Add a round to the server's row: its `rounds` as they came, and what is said of all of them."""
    row = next((row for row in record.held if row["server"] == found["server"]), None)
    if row is None:
        row = {"server": found["server"], "connections": found["connections"], "rounds": []}
        record.held.append(row)
    row["rounds"].append({key: value for key, value in found.items() if key not in ("server", "connections")})
    rounds = row["rounds"]
    row["open"] = min(one["open"] for one in rounds)
    row["errors"] = {key: value for one in rounds for key, value in one["errors"].items()}
    row["failed"] = max(one["failed"] for one in rounds)
    for key in ("resident_each", "reserved_each", "threads"):
        row[key] = round(median(one[key] for one in rounds))


async def hold(name: str, count: int, ready: dict[str, Any]) -> dict[str, Any]:
    """Return what `count` idle connections cost one server, each way, and whether it still serves."""
    await closed(ready["port"], 10, 0.6, warm_up=0.6, stagger=0.1)
    before, failed = look(ready["pid"]), 0
    lines: list[Line] = []
    for start in range(0, count, 200):
        batch = await asyncio.gather(
            *(dial(ready["port"]) for _ in range(min(200, count - start))), return_exceptions=True
        )
        lines += [line for line in batch if not isinstance(line, BaseException)]
        failed += sum(isinstance(line, BaseException) for line in batch)
    tally = await closed(ready["port"], 10, 2.2, warm_up=1.1, stagger=0.3)
    after = look(ready["pid"])
    alive = sum(line.alive for line in lines)
    for line in lines:
        line.transport.abort()
    return {
        "server": name, "connections": count, "open": alive, "failed": failed, "served": tally.served,
        "errors": dict(tally.errors + tally.errors_before), "threads": after.threads,
        "resident_each": round((after.resident - before.resident) / count),
        "reserved_each": round((after.reserved - before.reserved) / count),
    }  # fmt: skip
