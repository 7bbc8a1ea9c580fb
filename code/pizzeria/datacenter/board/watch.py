"""One running server, watched from outside: what it tells of itself, what the system tells of it, what its clients feel."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import Any

import psutil

from pizzeria.datacenter.board.crowd import Crowd
from pizzeria.datacenter.board.words import in_words
from pizzeria.datacenter.measure.probes import Probe, look

ASK = b"GET /metrics HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n"
PATIENCE = 30.0  # s: a full house answers us when it is our turn
TRAIL = 90  # moments kept for the curve
LINE = re.compile(r'^(\w+)(?:\{[^}]*status="(\d+)"\})? ([0-9.e+]+)$', re.M)


def counts(page: str) -> dict[str, float]:
    """Return what a page of metrics says: a gauge by its name, responses by their status."""
    return {status or name: float(value) for name, status, value in LINE.findall(page)}


async def metrics(port: int) -> dict[str, float]:
    """Ask a server for its counts, on a connection of our own; `OSError` or `TimeoutError` when there is no answer."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(ASK)
            return counts((await reader.read()).decode(errors="replace"))
        finally:
            writer.close()


class Watched:
    """A server by its ready line; `says` is what it is, in words."""

    def __init__(self, ready: dict[str, Any], says: str, workers: int, cores: int = 1) -> None:
        self.name, self.pid, self.port, self.says = ready["server"], ready["pid"], ready["port"], says
        self.about = workers, cores if self.name == "loop" else 1
        self.crowd = Crowd(self.port)
        self.told: dict[str, float] = {}
        self.told_at = self.looked_at = self.crowd.loop.time()
        self.asking: asyncio.Task[None] | None = None
        self.probe: Probe | None = None
        self.cores = 0.0
        self.alive = True
        self.trail: deque[float] = deque(maxlen=TRAIL)

    async def ask(self) -> None:
        """Have its own counts; one that does not answer is asked again later, and the counts stay as old as they are."""
        try:
            self.told = await metrics(self.port)
        except OSError:
            return
        self.told_at = self.crowd.loop.time()

    async def look(self) -> None:
        """Look at its processes, in a thread: a crowd of them takes its time."""
        try:
            probe = await asyncio.to_thread(look, self.pid)
        except psutil.Error:
            self.alive = False
            return
        now = self.crowd.loop.time()
        if self.probe is not None and now > self.looked_at:
            self.cores = max(0.0, probe.cpu - self.probe.cpu) / (now - self.looked_at)
        self.probe, self.looked_at, self.alive = probe, now, probe.processes > 0

    async def moment(self) -> dict[str, object]:
        """Return everything about it as it is now, as JSON can say it."""
        await self.look()
        if self.asking is None or self.asking.done():
            self.asking = asyncio.create_task(self.ask())
        felt, told, probe = self.crowd.now(), self.told, self.probe
        self.trail.append(float(str(felt["rate"])))
        shown = {
            "name": self.name,
            "says": self.says,
            "alive": self.alive,
            "clients": len(self.crowd.clients),
            "threads": probe.threads if probe else 0,
            "processes": probe.processes if probe else 0,
            "memory": (probe.proportional or probe.resident) if probe else 0,
            "cores": round(self.cores, 2),
            "connections": max(0, int(told.get("connections_open", 1)) - 1),  # ours is one
            "served": int(told.get("201", 0)),
            "turned_away": int(told.get("503", 0)),
            "told_before": round(self.crowd.loop.time() - self.told_at, 1),
            "trail": [round(rate, 1) for rate in self.trail],
            **felt,
        }
        return shown | {"words": in_words(shown, *self.about)}

    async def close(self) -> None:
        """Send its clients home and ask no more."""
        await self.crowd.go()
        if self.asking is not None:
            self.asking.cancel()
            await asyncio.wait([self.asking])
