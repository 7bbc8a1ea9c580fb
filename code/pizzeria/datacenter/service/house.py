"""What stands behind the counter: price, credentials, store and counts, on any host that can wait.

The host (`interfaces.py`) is all that blocking threads and event loops do differently.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import cast

from pizzeria.datacenter.service.credentials_client import Credentials
from pizzeria.datacenter.service.interfaces import Host, Item, Outcome, Stream
from pizzeria.datacenter.service.price import Pricer
from pizzeria.datacenter.service.reservation import Metrics, Record, Request, Response, Saved, handle
from pizzeria.datacenter.service.settings import Settings
from pizzeria.datacenter.service.store import Store


class House:
    """One server's inside: `respond` to requests with what `settings` says, on `host`."""

    def __init__(self, settings: Settings, host: Host) -> None:
        self.settings, self.host, self.clock = settings, host, host.clock
        self.price = Pricer(settings.compute_ms)
        self.metrics = Metrics(settings.server)
        self.count: Callable[[int], object] = self.metrics.count
        self.credentials = Credentials(settings.credentials_url, host.dial)
        self.idle: set[Stream] = set()
        self.draining, self.inside, self.lock = False, 0, threading.Lock()
        self.connections = 0
        self.open_store()

    def open_store(self) -> None:
        self.store = Store(self.settings.store, self.host.deliver, room=self.settings.queue + 1)

    async def respond(self, request: Request, due: float) -> Response:
        """Answer one request."""
        return await handle(request, self, due)

    def must_close(self) -> bool:
        """Whether a connection ends with the response that is being sent."""
        return self.draining

    def enter(self) -> bool:
        """Count a reservation in, or return False when as many are inside as may wait."""
        with self.lock:
            if self.inside >= self.settings.queue:
                return False
            self.inside += 1
            return True

    def leave(self) -> None:
        """Count a reservation out."""
        with self.lock:
            self.inside -= 1

    async def check(self, user: str, password: str, due: float) -> bool:
        """Wait for the credentials service's verdict."""
        return await self.credentials.allowed(user, password, due)

    async def save(self, key: str, digest: str, record: Record, due: float) -> Saved:
        """Wait until the record is on the disk, and for as long as the story's disk takes when ours is faster."""
        done = self.clock() + self.settings.disk_ms / 1000
        saved = cast("Saved", await self.ask_store((key, digest, record), due))
        left = min(done, due) - self.clock()
        if left > 0:
            await self.host.sleep(left)
        if done > due:
            raise TimeoutError("the story's disk is too slow")
        return saved

    async def find(self, name: str, due: float) -> Record | None:
        """Wait for the record with this id; None when there is none."""
        return cast("Record | None", await self.ask_store(name, due))

    async def ask_store(self, item: Item, due: float) -> Outcome:
        ticket = self.host.ticket()
        self.store.submit(item, ticket)
        outcome = await self.host.outcome(ticket, due)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def report(self) -> str:
        """Return the page of metrics."""
        inside, connections, commits, written = self.counts()
        return self.metrics.render(
            {
                "reservations_in_flight": ("Reservations being made.", inside),
                "connections_open": ("Open connections.", connections),
                "store_commits": ("Transactions, each with one sync of the disk.", commits),
                "store_records": ("Records written in them.", written),
                "store_padding_ms": (
                    "A write takes at least so long: the story's disk.",
                    self.settings.disk_ms,
                ),
            }
        )

    def counts(self) -> tuple[int, int, int, int]:
        """Return how many reservations and connections are inside, and how many commits wrote how many records."""
        return self.inside, self.connections, self.store.commits, self.store.written

    @staticmethod
    def complain(error: BaseException) -> None:
        """Tell the operator about an error of ours; the client learns nothing but the 500."""
        print(f"datacenter: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Write what the store still has, and close; one that hangs is told of and left."""
        try:
            self.store.close()
        except TimeoutError as error:
            self.complain(error)
        self.credentials.close()
