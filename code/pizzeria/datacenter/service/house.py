"""What stands behind the counter: price, credentials, store and counts, on any host that can wait.

A `host` has ``clock()``, ``sleep(seconds)``, ``dial(address, port, due)``, ``ticket()``, ``outcome(ticket, due)`` and
``deliver(batch)``; that is all that blocking threads and event loops do differently.
"""

import sys
import threading

from pizzeria.datacenter.service.credentials_client import Credentials
from pizzeria.datacenter.service.price import Pricer
from pizzeria.datacenter.service.reservation import Metrics, handle
from pizzeria.datacenter.service.store import Store


class House:
    """One server's inside: `respond` to requests with what `settings` says, on `host`."""

    def __init__(self, settings, host):
        self.settings, self.host, self.clock = settings, host, host.clock
        self.price = Pricer(settings.compute_ms)
        self.metrics = Metrics(settings.server)
        self.count = self.metrics.count
        self.credentials = Credentials(settings.credentials_url, host.dial)
        self.idle, self.draining, self.inside, self.lock = set(), False, 0, threading.Lock()
        self.connections = 0
        self.open_store()

    def open_store(self):
        self.store = Store(self.settings.store, self.host.deliver, room=self.settings.queue + 1)

    async def respond(self, request, due):
        """Answer one request."""
        return await handle(request, self, due)

    def must_close(self):
        """Whether a connection ends with the response that is being sent."""
        return self.draining

    def enter(self):
        """Count a reservation in, or return False when as many are inside as may wait."""
        with self.lock:
            if self.inside >= self.settings.queue:
                return False
            self.inside += 1
            return True

    def leave(self):
        """Count a reservation out."""
        with self.lock:
            self.inside -= 1

    async def check(self, user, password, due):
        """Wait for the credentials service's verdict."""
        return await self.credentials.allowed(user, password, due)

    async def save(self, key, digest, record, due):
        """Wait until the record is on the disk, and for as long as the story's disk takes when ours is faster."""
        begun = self.clock()
        saved = await self.ask_store((key, digest, record), due)
        left = begun + self.settings.disk_ms / 1000 - self.clock()
        if left > 0:
            await self.host.sleep(left)
        return saved

    async def find(self, name, due):
        """Wait for the record with this id; None when there is none."""
        return await self.ask_store(name, due)

    async def ask_store(self, item, due):
        ticket = self.host.ticket()
        self.store.submit(item, ticket)
        outcome = await self.host.outcome(ticket, due)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def report(self):
        """Return the page of metrics."""
        return self.metrics.render(
            {
                "reservations_in_flight": ("Reservations being made.", self.inside),
                "connections_open": ("Open connections.", self.connections),
                "store_commits": ("Transactions, each with one sync of the disk.", self.store.commits),
                "store_records": ("Records written in them.", self.store.written),
                "store_padding_ms": (
                    "A write takes at least so long: the story's disk.",
                    self.settings.disk_ms,
                ),
            }
        )

    @staticmethod
    def complain(error):
        """Tell the operator about an error of ours; the client learns nothing but the 500."""
        print(f"datacenter: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def close(self):
        """Write what the store still has, and close."""
        self.store.close()
        self.credentials.close()
