"""In the place of aiomqtt, in a reader's page: the same clients, on brokers in memory (`mqtt_in_memory`)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mqtt_in_memory import NETWORK, matches

__version__ = "emulated"
PAYLOADS = (bytes, bytearray, str, int, float, type(None))


class MqttError(Exception):
    """Report that a broker cannot be reached, or is gone."""


class MqttReentrantError(MqttError):
    """Report a client that is entered twice."""


@dataclass(frozen=True)
class Wildcard:
    """Hold a topic filter."""

    value: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Topic(Wildcard):
    """Hold a topic; raise ValueError for one with wildcards."""

    def __post_init__(self):
        if not isinstance(self.value, str):
            raise TypeError("Topic must be of type str")
        if not self.value or "+" in self.value or "#" in self.value:
            raise ValueError(f"Invalid topic: {self.value}")

    def matches(self, wildcard: Wildcard | str) -> bool:
        """Tell whether the topic fits a filter."""
        return matches(self.value, str(wildcard))


@dataclass(frozen=True)
class Will:
    """Hold what the broker publishes if the client drops dead."""

    topic: str
    payload: Any = None
    qos: int = 0
    retain: bool = False
    properties: Any = None


@dataclass
class Message:
    """Hold a message that arrived."""

    topic: Topic
    payload: bytes
    qos: int
    retain: bool
    mid: int
    properties: Any = None


class MessagesIterator:
    """Give a client's messages as they come; raise MqttError once the broker is gone."""

    def __init__(self, client: Client):
        self._client = client

    def __aiter__(self):
        return self

    async def __anext__(self) -> Message:
        message = await self._client._queue.get()
        if message is None:
            raise MqttError("Disconnected during message iteration")
        return message

    def __len__(self) -> int:
        return self._client._queue.qsize()


class Client:
    """Connect to a broker for as long as an ``async with`` block lasts; options of a real network have no effect."""

    def __init__(
        self, hostname: str, port: int = 1883, *, will: Will | None = None, identifier=None, **_options
    ):
        self._port, self._will = port, will
        self.identifier = identifier or f"page-{id(self):x}"
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self._session = self._broker = None
        self._count = 0

    @property
    def messages(self) -> MessagesIterator:
        return MessagesIterator(self)

    async def __aenter__(self) -> Client:
        if self._session is not None:
            raise MqttReentrantError("Does not support reentrant, but reusable")
        self._broker = NETWORK.brokers.get(self._port)
        await asyncio.sleep(0)
        if self._broker is None:
            raise MqttError("[Errno 111] Connection refused: no broker listens there in this page")
        will = self._will and (
            self._will.topic,
            _bytes(self._will.payload),
            self._will.qos,
            self._will.retain,
        )
        self._session = self._broker.connect(self._arrived, will)
        return self

    async def __aexit__(self, *_error) -> None:
        session, self._session = self._session, None
        self._broker.leave(session)
        await asyncio.sleep(0)

    def _arrived(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        self._count += 1
        self._queue.put_nowait(Message(Topic(topic), payload, qos, retain, self._count))

    async def subscribe(self, topic, qos: int = 0, *_args, **_options) -> tuple[int, ...]:
        """Subscribe to a filter, or to a list of (filter, QoS); return the granted QoS."""
        wanted = [(topic, qos)] if isinstance(topic, (str, Wildcard)) else list(topic)
        await self._turn()
        for name, level in wanted:
            self._broker.subscribe(self._session, str(name), level)
        return tuple(level for _, level in wanted)

    async def unsubscribe(self, topic: str | Iterable[str], *_args, **_options) -> None:
        """End a subscription, or several."""
        await self._turn()
        for name in [topic] if isinstance(topic, (str, Wildcard)) else topic:
            self._session.filters.pop(str(name), None)

    async def publish(
        self, topic: str, payload=None, qos: int = 0, retain: bool = False, *_args, **_options
    ) -> None:
        """Publish a message; the broker has it when this returns."""
        name, content = Topic(str(topic)).value, _bytes(payload)
        await self._turn()
        self._broker.publish(name, content, qos, retain)

    async def _turn(self) -> None:
        """Let others run, as they would while we wait for an acknowledgement; raise MqttError when not connected."""
        await asyncio.sleep(0)
        if self._session is None or not self._session.open:
            raise MqttError("The client is not currently connected.")


def _bytes(payload) -> bytes:
    if not isinstance(payload, PAYLOADS):
        raise TypeError("payload must be a string, bytearray, int, float or None.")
    if payload is None:
        return b""
    return bytes(payload) if isinstance(payload, (bytes, bytearray)) else str(payload).encode()
