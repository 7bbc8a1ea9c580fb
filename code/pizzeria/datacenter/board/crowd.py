"""A crowd before one server: as many patient clients as are wanted, each asking again when it was answered."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from contextlib import suppress

from pizzeria.datacenter.measure.load import Line, dial, reservation

WINDOW = 5.0  # s: what "now" means
PATIENCE = 60.0  # s for an answer
STAGGER = 0.002  # s between two that start
COME_AGAIN, TRY_AGAIN = 1.0, 0.2  # s after a 503, after an error


class Crowd:
    """Clients of the server at `port` of this machine; `want` says how many. Belongs to the loop that runs."""

    def __init__(self, port: int) -> None:
        self.port, self.request = port, reservation()
        self.loop = asyncio.get_running_loop()
        self.numbers = itertools.count()
        self.clients: list[asyncio.Task[None]] = []
        self.leaving: set[asyncio.Task[None]] = set()
        self.answers: deque[tuple[float, float]] = deque()  # when, after how long
        self.asked_at: dict[int, float] = {}  # whoever waits for an answer, since when
        self.errors = 0
        self.came = self.loop.time()  # when the first of them did
        self.last_error = ""

    def want(self, clients: int) -> None:
        """Let so many clients be there: those who are missing come one after another, the last to come go first."""
        if not self.clients:
            self.came = self.loop.time()
        while len(self.clients) > clients:
            task = self.clients.pop()
            task.cancel()
            self.leaving.add(task)
            task.add_done_callback(self.leaving.discard)
        while len(self.clients) < clients:
            client = self.client(next(self.numbers), STAGGER * len(self.clients))
            self.clients.append(self.loop.create_task(client))

    async def client(self, number: int, later: float) -> None:
        """Ask again and again until cancelled."""
        line: Line | None = None
        try:
            await asyncio.sleep(later)
            while True:
                begun = self.asked_at[number] = self.loop.time()
                try:
                    if line is None or not line.alive:
                        line = await dial(self.port)
                    status = await line.ask(self.request, PATIENCE)
                except OSError as error:  # TimeoutError is one
                    self.fail(str(error) or type(error).__name__)
                    if line is not None:
                        line.transport.abort()
                    line, pause = None, TRY_AGAIN
                else:
                    pause = self.note(status, begun)
                self.asked_at.pop(number, None)
                await asyncio.sleep(pause)
        finally:
            self.asked_at.pop(number, None)
            if line is not None:
                line.transport.abort()

    def note(self, status: int, begun: float) -> float:
        """Take note of an answer; return how long the client pauses after it, in seconds."""
        if status == 503:
            return COME_AGAIN  # the server counts whom it turns away
        if not 200 <= status < 300:
            self.fail(f"status {status}")
            return TRY_AGAIN
        now = self.loop.time()
        self.answers.append((now, now - begun))
        return 0.0

    def fail(self, why: str) -> None:
        """Count an error."""
        self.errors += 1
        self.last_error = why

    def now(self) -> dict[str, object]:
        """Return how it is for the crowd: rate of answers, median and slowest 1 in 100 in ms (None without any), who waits."""
        now = self.loop.time()
        while self.answers and self.answers[0][0] < now - WINDOW:
            self.answers.popleft()
        waits = sorted(seconds for _, seconds in self.answers)
        last = len(waits) - 1
        return {
            "rate": len(waits) / max(1.0, min(WINDOW, now - self.came)),
            "median": 1000 * waits[last // 2] if waits else None,
            "slowest": 1000 * waits[-(-last * 99 // 100)] if waits else None,
            "waiting": len(self.asked_at),
            "oldest": max((now - at for at in self.asked_at.values()), default=0.0),
            "errors": self.errors,
            "last_error": self.last_error,
        }

    async def go(self) -> None:
        """Send everybody home."""
        self.want(0)
        for task in list(self.leaving):
            with suppress(asyncio.CancelledError):
                await task
