"""One program's link to the broker: it connects, greets, tells what it hears, and comes back whenever it is cut."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from typing import Any, Self, TypeVar
from uuid import uuid4

import aiomqtt

from pizzeria.ovens.mqtt.address import SILENCE, Address, Denied, LinkError, explain
from pizzeria.ovens.mqtt.broker_url import client_options, public
from pizzeria.ovens.protocol.messages import TREE, BadMessage, Heard, Said, dead_letter, decode

LOG = logging.getLogger("pizzeria.ovens")
SHORTEST, LONGEST = 0.05, 2.0  # s between two attempts, before jitter
ANSWER_WITHIN = 4.0  # s for the broker to accept a connection
ACKNOWLEDGE_WITHIN = 10.0  # s for the broker to acknowledge a message
DELIVERY = 0  # QoS from the broker to us: whatever is lost on the way is said again by whoever said it
IN_FLIGHT = 100  # messages on their way at once


T = TypeVar("T")


class Client(aiomqtt.Client):
    """aiomqtt's client, which by itself asks the loop to watch a socket that may be closed when its turn comes."""

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # whatever it is, the connection is of no use any more
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def watch() -> None:
            if sock.fileno() >= 0:  # else its number may be another connection's by now
                self._loop.add_writer(sock.fileno(), write)

        self._loop.call_soon_threadsafe(watch)  # paho connects in a thread


class Link:
    """A link that outlives its connections; an asynchronous context manager.

    `filters` are subscribed to, `greet()` gives ``(topic, payload, retain)`` to say at every connection, `will()` the
    ``(topic, payload)`` the broker says when a connection is cut. Links that share a `door`, a semaphore, connect a few
    at a time. Who is not connected once after `patience` seconds gives up. `session` names the connection: each has a greater one.
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
    ) -> None:
        self.address, self.name, self.patience = address, name, patience
        self._filters, self._greet, self._will = tuple(filters), greet, will
        self.session, self.connections = 0, 0
        self._door, self._began = door or asyncio.Semaphore(), 0.0
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._failed: LinkError | None = None
        self._cut: asyncio.Future[None] | None = None
        self._inbox: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._places = asyncio.Semaphore(IN_FLIGHT)
        self._saying: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Return whether there is a connection now."""
        return self._client is not None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._task, *self._saying):
            await _end(task)

    # Hearing and saying

    async def hear(self, timeout: float | None = None) -> Heard | None:
        """Return the next ``(kind, name, message)``, or None after `timeout` seconds; raise `LinkError` when that is vain.

        What cannot be accepted goes to the dead-letter topic.
        """
        while True:
            if self._failed:
                raise self._failed
            try:
                async with asyncio.timeout(timeout):
                    heard = await self._inbox.get()
            except TimeoutError:
                return None
            if (message := self._accept(heard)) is not None:
                return message

    def heard_already(self) -> list[Heard]:
        """Return what came and was not taken yet, accepted, as a list."""
        return [
            m for _ in range(self._inbox.qsize()) if (m := self._accept(self._inbox.get_nowait())) is not None
        ]

    def say(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        """Send a message without waiting for it; what a cut connection swallows is for the next greeting to repeat."""
        if self._client is None:
            return
        task = asyncio.create_task(self._say(self._client, topic, payload, retain, qos))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def said(self) -> None:
        """Wait until everything said so far is acknowledged or lost."""
        while self._saying:
            await asyncio.wait(set(self._saying))

    def cut(self) -> None:
        """Cut the connection as a broken cable would; it comes back by itself."""
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(None)

    async def _say(self, client: Client, topic: str, payload: bytes, retain: bool, qos: int) -> None:
        async with self._places:
            try:
                await client.publish(topic, payload, qos=qos, retain=retain)
            except (aiomqtt.MqttError, ValueError, RuntimeError) as error:
                LOG.debug("%s: not said on %s: %s", self.name, topic, error)

    def _accept(self, heard: tuple[str, bytes] | None) -> Heard | None:
        if heard is None:
            return None
        topic, payload = heard
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
                await self._connection(url)
                why = "it was cut"
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                why, hopeless = explain(error)
                if why == SILENCE and url.startswith(("mqtts", "wss")):
                    why = why.replace("?", ", and does it speak TLS?")
                trying += time.monotonic() - self._began
                if not self.connections and (hopeless or trying > self.patience):
                    self._failed = LinkError(f"{public(url)}: {why}")
                    self._inbox.put_nowait(None)
                    return
            if self.connections > before:
                attempt, silent = 0, False
            if not silent:
                LOG.warning("%s: no link to %s: %s; trying again", self.name, public(url), why)
                silent = True
            pause = min(LONGEST, SHORTEST * 2**attempt) * random.uniform(0.5, 1.0)
            await asyncio.sleep(pause)
            trying, attempt = trying + pause, attempt + 1

    async def _connection(self, url: str) -> None:
        session = max(self.session + 1, time.time_ns() // 1000)
        will = None
        self.session = session
        if self._will is not None:
            topic, payload = self._will()
            will = aiomqtt.Will(topic, payload, qos=1, retain=True)
        client = Client(
            **client_options(url, self.address.ca_file),
            identifier=f"{self.name.replace(' ', '-')}-{uuid4().hex[:8]}",
            will=will,
            timeout=ANSWER_WITHIN,
            keepalive=10,
            max_inflight_messages=IN_FLIGHT,
        )
        client.pending_calls_threshold = 100 * IN_FLIGHT
        async with AsyncExitStack() as stack:
            async with self._door:
                self._began = time.monotonic()
                # Cancelled halfway, aiomqtt leaves a socket and a future behind.
                await to_its_end(stack.enter_async_context(client))
                await self._subscribe(client)
            client.timeout = ACKNOWLEDGE_WITHIN
            self._client, self._cut = client, (cut := asyncio.get_running_loop().create_future())
            self.connections += 1
            LOG.debug("%s: linked to %s", self.name, public(url))
            try:
                for said in self._greet():
                    self.say(*said)
                await self._pump(client, cut)
            finally:
                self._client = None

    async def _subscribe(self, client: Client) -> None:
        if not self._filters:
            return
        codes = await client.subscribe([(topic_filter, DELIVERY) for topic_filter in self._filters])
        for topic_filter, code in zip(self._filters, codes, strict=True):
            number: Any = getattr(code, "value", code)  # MQTT 5 has an object for it
            if number >= 0x80:
                raise Denied(topic_filter)

    async def _pump(self, client: Client, cut: asyncio.Future[None]) -> None:
        reading = asyncio.create_task(self._read(client))
        try:
            await asyncio.wait((reading, cut), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                wire: Any = client._client.socket()  # or what stands for one, over WebSocket
                wire.shutdown(socket.SHUT_RDWR)  # no DISCONNECT, so that the will is said
            await reading
        finally:
            await _end(reading)
            if client._disconnected.done() and not client._disconnected.cancelled():
                client._disconnected.exception()  # else asyncio complains that nobody looked

    async def _read(self, client: Client) -> None:
        async for message in client.messages:
            self._inbox.put_nowait((message.topic.value, message.payload))


async def to_its_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what this comes to; a cancellation waits until it is over."""
    task = asyncio.ensure_future(coroutine)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # we heard it the first time
                await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # else asyncio complains that nobody looked
        raise


async def _end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task until it ends: Python 3.11's wait_for, inside aiomqtt, can swallow one cancellation."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=0.2)
    if task is not None and not task.cancelled():
        task.exception()
