"""One connection to a broker, on asyncio: what is said in a turn leaves in one write, and nobody waits for one acknowledgement at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Protocol

from pizzeria.ovens.mqtt import wire
from pizzeria.ovens.mqtt.broker_url import Endpoint
from pizzeria.ovens.mqtt.properties import REASONS

IN_FLIGHT = 100  # messages at QoS 1 on their way at once; more wait here
WAITING = 50_000  # messages that wait here at most: some 20 MB, and more than a kitchen of ten thousand says at once
KEEPALIVE = 10  # s of silence after which a broker is asked whether it is there, and as many for its answer
GOODBYE_WITHIN = 1.0  # s for the broker to take our last words
ACKNOWLEDGE_WITHIN = 10.0  # s, after which a message counts as lost and another may leave


class Transport(Protocol):
    """What a connection writes to: asyncio's transports, or a WebSocket."""

    def write(self, data: bytes) -> object: ...
    def close(self) -> object: ...
    def abort(self) -> object: ...


class Client(asyncio.Protocol):
    """A connection that `hear` is told the topic and payload of every message from; `open` makes one.

    `gone` is done when it has ended, whoever ended it; its result says why, in one line.
    """

    def __init__(self, hear: Callable[[str, bytes], object], version: int = 3) -> None:
        self._hear, self._loop, self.version = hear, asyncio.get_running_loop(), version
        self._properties = wire.NO_PROPERTIES if version == 5 else b""
        self._most_in_flight, self._keepalive = IN_FLIGHT, float(KEEPALIVE)
        self._transport: Transport | None = None
        self._reader, self._out = wire.Reader(), list[bytes]()
        self._answers: dict[int, asyncio.Future[Sequence[int]]] = {}  # by the first byte of a packet
        self._in_flight: dict[int, float] = {}  # number -> when it left
        self._waiting: deque[tuple[str, bytes, bool, float]] = deque()  # ends with when it is worthless
        self._number = 0
        self._beat: asyncio.TimerHandle | None = None
        self._heard = self._spoke = self._loop.time()
        self._asked = float("-inf")  # when we asked for a sign of life that has not come
        self._idle = asyncio.Event()
        self._idle.set()
        self._why = "the connection was cut"
        self.gone: asyncio.Future[str] = self._loop.create_future()

    @classmethod
    async def open(
        cls,
        where: Endpoint,
        identifier: str,
        hear: Callable[[str, bytes], object],
        will: wire.Will | None = None,
        session: int | None = None,
    ) -> Client:
        """Return a client that the broker has accepted; raise `OSError`, `Refused` above all, when it has not.

        With a `session`, in seconds, it speaks MQTT 5; see `wire.connect`. Raises `OtherVersion` when the broker does not.
        """
        version = 3 if session is None else 5
        if where.path is None:
            client = cls(hear, version)
            host = where.host if where.tls else None
            connecting = client._loop.create_connection(
                lambda: client, where.host, where.port, ssl=where.tls, server_hostname=host
            )
            await connecting
        else:
            from pizzeria.ovens.mqtt.web_socket import web_socket

            client = await web_socket(where, cls(hear, version))
        try:
            hello = wire.connect(identifier, KEEPALIVE, where.user, where.password, will, session)
            terms = wire.accepted(bytes(await client._ask(wire.CONNACK, hello)), version)
        except BaseException:
            client.cut()
            raise
        client._most_in_flight = min(IN_FLIGHT, terms.in_flight)
        client._keepalive = float(terms.keepalive or KEEPALIVE)
        client._beat = client._loop.call_later(client._keepalive / 2, client._keep_alive)
        return client

    async def subscribe(self, filters: Sequence[str], qos: int) -> Sequence[int]:
        """Ask for these topic filters; return the broker's code for each, 0x80 for one that it refuses."""
        return await self._ask(wire.SUBACK, wire.subscribe(self._next(), filters, qos, self._properties))

    def publish(
        self, topic: str, payload: bytes, retain: bool = False, qos: int = 1, lasts: float = inf
    ) -> None:
        """Say something; it leaves at the end of this turn of the loop, or when it has a place in flight.

        It is worthless when it was not delivered within `lasts` seconds: not said later, and by MQTT 5 not delivered.
        When `WAITING` messages have no place, the connection is cut.
        """
        if self.gone.done():
            return
        properties = wire.expiring(lasts) if lasts < inf and self._properties else self._properties
        if not qos:
            self._write(wire.publish(topic, payload, retain, None, properties))
        elif len(self._in_flight) < self._most_in_flight:
            number = self._next()
            self._write(wire.publish(topic, payload, retain, number, properties))
            self._in_flight[number] = self._loop.time()
            self._idle.clear()
        elif len(self._waiting) < WAITING:
            self._waiting.append((topic, payload, retain, self._loop.time() + lasts))
        else:  # the link says again what matters, at its next connection
            self._why = f"it acknowledges nothing: {WAITING:,} messages wait"
            self.cut()

    async def acknowledged(self) -> None:
        """Wait until everything said so far is acknowledged or lost."""
        await self._idle.wait()

    def cut(self) -> None:
        """End the connection as a broken cable would: the broker says the will."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """End the connection with a word: the broker forgets the will, and the session."""
        if self._transport is not None and not self.gone.done():
            self._write(wire.disconnect_for_good() if self.version == 5 else wire.DISCONNECT)
            self._flush()
            self._transport.close()
            await asyncio.wait((self.gone,), timeout=GOODBYE_WITHIN)
        self.cut()

    # What asyncio tells us

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what the broker says."""
        self._heard = self._loop.time()
        try:
            for first, rest in self._reader.feed(data):
                self._take(first, rest)
        except wire.WireError as error:
            self._why = f"it does not speak MQTT: {error}"
            self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        """Be gone: whatever is in flight is lost."""
        if self._beat is not None:
            self._beat.cancel()
        if error is not None:
            self._why = str(error) or self._why
        if not self.gone.done():
            self.gone.set_result(self._why)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError(self._why))
        self._in_flight.clear()
        self._waiting.clear()
        self._idle.set()

    # Packets

    async def _ask(self, kind: int, packet: bytes) -> Sequence[int]:
        answer: asyncio.Future[Sequence[int]] = self._loop.create_future()
        self._answers[kind] = answer
        if self.gone.done():
            raise ConnectionError(self._why)
        self._write(packet)
        try:
            return await answer
        finally:
            del self._answers[kind]

    def _take(self, first: int, rest: bytes) -> None:
        kind = first & 0xF0
        if kind == wire.PUBLISH:
            topic, payload, number = wire.published(first, rest, self.version)
            if number is not None:
                self._write(wire.acknowledge(number))
            self._hear(topic, payload)
        elif kind == wire.PUBACK:
            self._arrived(wire.numbered(rest)[0])
        elif kind in self._answers and not self._answers[kind].done():
            self._answers[kind].set_result(rest if kind == wire.CONNACK else wire.granted(rest, self.version))
        elif kind == wire.GOODBYE and self.version == 5:
            code = rest[0] if rest else 0
            self._why = f"the broker ends it: {REASONS.get(code, f'code {code}')}"
            self.cut()
        elif kind not in (wire.SUBACK, wire.PINGRESP):
            raise wire.WireError(f"a packet that begins with {first:#04x}")

    def _arrived(self, number: int) -> None:
        if self._in_flight.pop(number, None) is not None:
            self._go_on()

    def _go_on(self) -> None:
        now = self._loop.time()
        while self._waiting and len(self._in_flight) < self._most_in_flight:
            topic, payload, retain, ends = self._waiting.popleft()
            if ends > now:
                self.publish(topic, payload, retain, lasts=ends - now)
        if not self._in_flight:
            self._idle.set()

    def _next(self) -> int:
        self._number = self._number % 0xFFFF + 1
        while self._number in self._in_flight:  # lost, most likely, a whole round ago
            self._number = self._number % 0xFFFF + 1
        return self._number

    def _write(self, packet: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packet)

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and self._transport is not None and not self.gone.done():
            self._spoke = self._loop.time()
            self._transport.write(b"".join(out))

    def _keep_alive(self) -> None:
        now = self._loop.time()
        # Only who was asked is silent: it may have been us who stood still.
        waits = self._asked > self._heard
        if waits and now - self._asked > self._keepalive:
            self._why = "the broker has fallen silent"
            self.cut()
            return
        if now - min(self._spoke, self._heard) > self._keepalive / 2:
            self._write(wire.PINGREQ)
            self._asked = self._asked if waits else now
        late = [number for number, since in self._in_flight.items() if now - since > ACKNOWLEDGE_WITHIN]
        for number in late:
            del self._in_flight[number]
        self._go_on()
        self._beat = self._loop.call_later(self._keepalive / 2, self._keep_alive)
