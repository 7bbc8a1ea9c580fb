"""MQTT 3.1.1 as bytes, as much of it as a link says and hears; pure: packets out, packets in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import NamedTuple

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = (
    0x20,
    0x30,
    0x40,
    0x90,
    0xD0,
)  # what a broker says: its first byte
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
RETAIN = 0x01
LONGEST_TEXT, LARGEST_REST = 0xFFFF, 268_435_455  # bytes: of a text, of a packet after its length
REFUSALS = {
    1: "it does not speak MQTT 3.1.1",
    2: "it refuses our name",
    3: "it is not available",
    4: "bad user name or password",
    5: "not authorised",
}

SHORT = Struct(">H")


class WireError(ValueError):
    """Bytes that are no MQTT, or a message that cannot be said by it."""


class Will(NamedTuple):
    """What the broker says, retained and at QoS 1, when the connection ends without a word."""

    topic: str
    payload: bytes


def connect(
    identifier: str, keepalive: int, user: str | None = None, password: str = "", will: Will | None = None
) -> bytes:
    """Return the packet that opens a connection without an earlier session; `keepalive` in seconds."""
    flags, parts = 0x02, [text(identifier)]
    if will is not None:
        flags |= 0x2C
        parts += [text(will.topic), SHORT.pack(len(will.payload)), will.payload]
    if user is not None:
        flags |= 0xC0
        parts += [text(user), text(password)]
    return packet(0x10, text("MQTT"), bytes((4, flags)), SHORT.pack(keepalive), *parts)


def subscribe(number: int, filters: Iterable[str], qos: int) -> bytes:
    """Return the packet that asks for these topic filters."""
    return packet(0x82, SHORT.pack(number), *(text(one) + bytes((qos,)) for one in filters))


def publish(topic: str, payload: bytes, retain: bool = False, number: int | None = None) -> bytes:
    """Return the packet of a message, at QoS 1 when it has a `number` to be acknowledged by."""
    if "+" in topic or "#" in topic or not topic:
        raise WireError(f"{topic[:100]!r} is no topic to say something on")
    if number is None:
        return packet(PUBLISH | retain, text(topic), payload)
    return packet(PUBLISH | 0x02 | retain, text(topic), SHORT.pack(number), payload)


def acknowledge(number: int) -> bytes:
    """Return the packet that acknowledges a message that came at QoS 1."""
    return packet(PUBACK, SHORT.pack(number))


def text(said: str) -> bytes:
    """Return a text with its length; raise `WireError` for one that is too long."""
    as_bytes = said.encode()
    if len(as_bytes) > LONGEST_TEXT:
        raise WireError(f"a text of {len(as_bytes)} bytes; the most is {LONGEST_TEXT}")
    return SHORT.pack(len(as_bytes)) + as_bytes


def packet(first: int, *parts: bytes) -> bytes:
    """Return a packet: its first byte, the length of the rest, and the rest."""
    rest = sum(map(len, parts))
    if rest > LARGEST_REST:
        raise WireError(f"a packet of {rest} bytes; the most is {LARGEST_REST}")
    head = bytearray((first,))
    while rest > 0x7F:
        head.append(rest & 0x7F | 0x80)
        rest >>= 7
    head.append(rest)
    return b"".join((head, *parts))


def published(first: int, rest: bytes) -> tuple[str, bytes, int | None]:
    """Return the topic, payload and number of a message that came; the number is None at QoS 0."""
    begins = 2 + int.from_bytes(rest[:2], "big")
    if begins > len(rest):
        raise WireError("a topic that is longer than its packet")
    try:
        topic = rest[2:begins].decode()
    except UnicodeDecodeError:
        raise WireError("a topic that is not UTF-8") from None
    if not first & 0x06:
        return topic, rest[begins:], None
    if begins + 2 > len(rest):
        raise WireError("a message without its number")
    return topic, rest[begins + 2 :], SHORT.unpack_from(rest, begins)[0]


def numbered(rest: bytes) -> tuple[int, Sequence[int]]:
    """Return the number that an acknowledgement bears, and the codes after it."""
    if len(rest) < 2:
        raise WireError("an acknowledgement of nothing")
    return SHORT.unpack_from(rest)[0], rest[2:]


class Reader:
    """Bytes in, packets out, however the bytes are cut."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the packets that are complete now, as first byte and rest; raise `WireError` at a length that is none."""
        data = self._left + data if self._left else data
        packets, start, end = [], 0, len(data)
        while start + 1 < end:
            at, rest = start + 1, data[start + 1]
            if rest > 0x7F:
                rest, shift = rest & 0x7F, 7
                while True:
                    at += 1
                    if at == end:
                        rest = LARGEST_REST + 1  # its length is still to come
                        break
                    if shift > 21:
                        raise WireError("a length of more than four bytes")
                    rest |= (data[at] & 0x7F) << shift
                    if data[at] < 0x80:
                        break
                    shift += 7
            if at + 1 + rest > end:
                break
            packets.append((data[start], data[at + 1 : at + 1 + rest]))
            start = at + 1 + rest
        self._left = data[start:]
        return packets
