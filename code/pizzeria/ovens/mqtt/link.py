"""One program's link to the broker: it connects, greets, tells what it hears, and comes back whenever it is cut."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from typing import NamedTuple, Self
from uuid import uuid4

from pizzeria.ovens.mqtt.address import SILENCE, Address, Denied, LinkError, explain
from pizzeria.ovens.mqtt.broker_url import endpoint, public
from pizzeria.ovens.mqtt.client import Client
from pizzeria.ovens.mqtt.wire import OtherVersion, Will
from pizzeria.ovens.protocol.messages import TREE, BadMessage, Heard, Said, dead_letter, decode

LOG = logging.getLogger("pizzeria.ovens")
SHORTEST, LONGEST = 0.05, 2.0  # s between two attempts, before jitter
ANSWER_WITHIN = 4.0  # s for the broker to accept a connection
DELIVERY = 0  # QoS from the broker to us: whatever is lost on the way is said again by whoever said it


class Stays(NamedTuple):
    """What of a link outlives its connections where the broker offers MQTT 5; by MQTT 3.1.1, and by default, nothing does.

    For `session` seconds the broker keeps what was said to us; it says our will after `delay` seconds, which are fewer,
    and not at all when we are back before. Who leaves with a word leaves neither.
    """

    session: int = 0
    delay: int = 0


NOTHING = Stays()


class Link:
    """A link that outlives its connections; an asynchronous context manager.

    `filters` are subscribed to, `greet()` gives ``(topic, payload, retain)`` to say at every connection, `will()` the
    ``(topic, payload)`` the broker says when a connection is cut. Links that share a `door`, a semaphore, connect a few
    at a time. Who is not connected once after `patience` seconds gives up. `session` names the connection: each has a greater one;
    see `Stays` about what a broker keeps.
    """

    def __init__(
        self,
        address: Address,
        name: str,
        filters: Iterable[str],
        greet: Callable[[], Iterable[Said]] = lambda: (),
        will: Callable[[], tuple[str, bytes]] | None = None,
        patience: float = 5.0,
        door: asyncio.Semaphore | None = None,
        stays: Stays = NOTHING,
    ) -> None:
        self.address, self.name, self.patience = address, name, patience
        self._stays, self._identifier = stays, _identifier(name)
        # Nobody but this class knows that topics may have a prefix.
        self._filters = tuple(address.prefix + topic_filter for topic_filter in filters)
        self._greet, self._will = greet, will
        self.session, self.connections = 0, 0
        self._door, self._began = door or asyncio.Semaphore(), 0.0
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._failed: LinkError | None = None
        self._inbox: deque[tuple[str, bytes]] = deque()
        self._ears: set[asyncio.Future[None]] = set()  # who waits for something to hear

    @property
    def connected(self) -> bool:
        """Return whether there is a connection now."""
        return self._client is not None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    # Hearing and saying

    async def hear(self, timeout: float | None = None) -> Heard | None:
        """Return the next ``(kind, name, message)``, or None after `timeout` seconds; raise `LinkError` when that is vain.

        What cannot be accepted goes to the dead-letter topic.
        """
        while True:
            if self._failed:
                raise self._failed
            if not self._inbox and not await self._something(timeout):
                return None
            if self._inbox and (message := self._accept(*self._inbox.popleft())) is not None:
                return message

    def heard_already(self) -> list[Heard]:
        """Return what came and was not taken yet, accepted, as a list."""
        came, self._inbox = self._inbox, deque()
        return [message for heard in came if (message := self._accept(*heard)) is not None]

    def say(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1, lasts: float = inf) -> None:
        """Send a message without waiting for it; what a cut connection swallows is for the next greeting to repeat.

        After `lasts` seconds it is worthless; see `Client.publish`.
        """
        if self._client is None:
            return
        try:
            self._client.publish(self.address.prefix + topic, payload, retain, qos, lasts)
        except ValueError as error:
            LOG.debug("%s: not said on %s: %s", self.name, topic[:100], error)

    async def said(self) -> None:
        """Wait until everything said so far is acknowledged or lost."""
        if self._client is not None:
            await self._client.acknowledged()

    def cut(self) -> None:
        """Cut the connection as a broken cable would; it comes back by itself."""
        if self._client is not None:
            self._client.cut()

    async def _something(self, timeout: float | None) -> bool:
        """Wait until there is something to hear, or the link has failed; return whether that came in time."""
        loop = asyncio.get_running_loop()
        came = loop.create_future()
        self._ears.add(came)
        timer = None if timeout is None else loop.call_later(timeout, _wake, came)
        try:
            await came
        finally:
            self._ears.discard(came)
            if timer is not None:
                timer.cancel()
        return bool(self._inbox or self._failed)

    def _hear(self, topic: str, payload: bytes) -> None:
        self._inbox.append((topic.removeprefix(self.address.prefix), payload))
        self._wake_up()

    def _wake_up(self) -> None:
        for came in self._ears:
            _wake(came)

    def _accept(self, topic: str, payload: bytes) -> Heard | None:
        if not payload:
            return None  # a retained message forgotten
        try:
            return decode(topic, payload)
        except BadMessage as bad:
            LOG.warning("%s: dead letter from %s: %s", self.name, topic[:100], bad)
            self.say(TREE["dead"].of(), dead_letter(self.name, topic, payload, bad))
            return None

    # Connecting

    async def _keep(self) -> None:
        first = random.randrange(len(self.address.urls))  # of a cluster's nodes, not all the same one
        trying, attempt, silent = 0.0, 0, False  # s of trying, before the first success
        while True:
            url = self.address.urls[(first + self.connections + attempt) % len(self.address.urls)]
            before = self.connections
            try:
                why = await self._connection(url)
            except (OSError, ValueError) as error:
                why, hopeless = explain(error)
                if why == SILENCE and url.startswith(("mqtts", "wss")):
                    why = why.replace("?", ", and does it speak TLS?")
                trying += time.monotonic() - self._began
                if not self.connections and (hopeless or trying > self.patience):
                    self._failed = LinkError(f"{public(url)}: {why}")
                    self._wake_up()
                    return
            if self.connections > before:
                attempt, silent = 0, False
            if not silent:
                LOG.warning("%s: no link to %s: %s; trying again", self.name, public(url), why)
                silent = True
            pause = min(LONGEST, SHORTEST * 2**attempt) * random.uniform(0.5, 1.0)
            await asyncio.sleep(pause)
            trying, attempt = trying + pause, attempt + 1

    async def _connection(self, url: str) -> str:
        """Connect, and return why the connection has ended."""
        self.session = max(self.session + 1, time.time_ns() // 1000)
        client = None
        try:
            async with self._door:
                self._began = time.monotonic()
                async with asyncio.timeout(ANSWER_WITHIN):
                    client = await self._open(url)
                    await self._subscribe(client)
            self._client = client
            self.connections += 1
            LOG.debug("%s: linked to %s", self.name, public(url))
            for said in self._greet():
                self.say(*said)
            return await asyncio.shield(client.gone)
        finally:
            self._client = None
            if client is not None:
                await client.close()

    async def _open(self, url: str) -> Client:
        """Connect by MQTT 5 where it is offered and was not refused, else by MQTT 3.1.1."""
        where, refused = endpoint(url, self.address.ca_file), self.address.refused
        will = None
        if self._will is not None:
            topic, payload = self._will()
            will = Will(self.address.prefix + topic, payload, self._stays.delay)
        if self.address.mqtt == 5 and url not in refused:
            identifier = self._identifier if self._stays.session else _identifier(self.name)
            try:
                return await Client.open(where, identifier, self._hear, will, self._stays.session)
            except OtherVersion as error:
                if url not in refused:  # one link says it for all of a process
                    LOG.warning("%s: %s: %s: MQTT 3.1.1 instead", self.name, public(url), error)
                refused.add(url)
        return await Client.open(where, _identifier(self.name), self._hear, will)

    async def _subscribe(self, client: Client) -> None:
        # What is kept for us is kept at QoS 1 only.
        qos = 1 if self._stays.session and client.version == 5 else DELIVERY
        codes = await client.subscribe(self._filters, qos) if self._filters else ()
        for topic_filter, code in zip(self._filters, codes, strict=True):
            if code >= 0x80:
                raise Denied(topic_filter)


def _identifier(name: str) -> str:
    return f"{name.replace(' ', '-')}-{uuid4().hex[:8]}"


def _wake(came: asyncio.Future[None]) -> None:
    if not came.done():
        came.set_result(None)
