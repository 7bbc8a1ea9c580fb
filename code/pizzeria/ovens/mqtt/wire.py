"""MQTT 3.1.1 and 5 as bytes, as much of them as a link says and hears; pure: packets out, packets in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import NamedTuple

from pizzeria.ovens.mqtt import properties as five

# What a broker says: its first byte; goodbye only in MQTT 5.
CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, GOODBYE = 0x20, 0x30, 0x40, 0x90, 0xD0, 0xE0
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
NO_PROPERTIES = five.properties({})
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


class Refused(OSError):
    """The broker accepts no connection of ours; the text says why."""


class OtherVersion(Refused):
    """The broker accepts no connection by MQTT 5."""


class WireError(ValueError):
    """Bytes that are no MQTT, or a message that cannot be said by it."""


class Will(NamedTuple):
    """What the broker says, retained and at QoS 1, when the connection ends without a word.

    In MQTT 5, `delay` seconds later, and not at all when the session is taken up again before.
    """

    topic: str
    payload: bytes
    delay: int = 0


def connect(
    identifier: str,
    keepalive: int,
    user: str | None = None,
    password: str = "",
    will: Will | None = None,
    session: int | None = None,
) -> bytes:
    """Return the packet that opens a connection; `keepalive` in seconds.

    Without a `session` it is one of MQTT 3.1.1, else of MQTT 5: the session lasts so many seconds longer than the
    connection, and is taken up again if it is there. One of 0 s begins and ends with the connection, as in MQTT 3.1.1.
    """
    flags, ours, his = (0x00 if session else 0x02), b"", b""
    if session is not None:
        ours = five.properties({five.SESSION_EXPIRY: session} if session else {})
        his = five.properties({five.WILL_DELAY: will.delay} if will and will.delay else {})
    parts = [ours, text(identifier)]
    if will is not None:
        flags |= 0x2C
        parts += [his, text(will.topic), SHORT.pack(len(will.payload)), will.payload]
    if user is not None:
        flags |= 0xC0
        parts += [text(user), text(password)]
    level = 4 if session is None else 5
    return packet(0x10, text("MQTT"), bytes((level, flags)), SHORT.pack(keepalive), *parts)


def disconnect_for_good() -> bytes:
    """Return the last word of a connection by MQTT 5, upon which the broker forgets will and session."""
    return packet(0xE0, b"\0", five.properties({five.SESSION_EXPIRY: 0}))


def subscribe(number: int, filters: Iterable[str], qos: int, properties: bytes = b"") -> bytes:
    """Return the packet that asks for these topic filters."""
    return packet(0x82, SHORT.pack(number), properties, *(text(one) + bytes((qos,)) for one in filters))


def publish(
    topic: str, payload: bytes, retain: bool = False, number: int | None = None, properties: bytes = b""
) -> bytes:
    """Return the packet of a message, at QoS 1 when it has a `number` to be acknowledged by.

    `properties` are those of MQTT 5: `NO_PROPERTIES`, or `expiring`.
    """
    if "+" in topic or "#" in topic or not topic:
        raise WireError(f"{topic[:100]!r} is no topic to say something on")
    if number is None:
        return packet(PUBLISH | retain, text(topic), properties, payload)
    return packet(PUBLISH | 0x02 | retain, text(topic), SHORT.pack(number), properties, payload)


def expiring(seconds: float) -> bytes:
    """Return the properties of a message that is worthless after so many seconds: whole ones, one at least."""
    return five.properties({five.MESSAGE_EXPIRY: max(1, min(int(seconds), five.LONGEST))})


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


def published(first: int, rest: bytes, version: int = 3) -> tuple[str, bytes, int | None]:
    """Return the topic, payload and number of a message that came; the number is None at QoS 0."""
    begins = 2 + int.from_bytes(rest[:2], "big")
    if begins > len(rest):
        raise WireError("a topic that is longer than its packet")
    try:
        topic = rest[2:begins].decode()
    except UnicodeDecodeError:
        raise WireError("a topic that is not UTF-8") from None
    number = None
    if first & 0x06:
        if begins + 2 > len(rest):
            raise WireError("a message without its number")
        number, begins = SHORT.unpack_from(rest, begins)[0], begins + 2
    if version == 5:
        begins = skipped(rest, begins)
    return topic, rest[begins:], number


def numbered(rest: bytes) -> tuple[int, Sequence[int]]:
    """Return the number that an acknowledgement bears, and the codes after it."""
    if len(rest) < 2:
        raise WireError("an acknowledgement of nothing")
    return SHORT.unpack_from(rest)[0], rest[2:]


def granted(rest: bytes, version: int = 3) -> Sequence[int]:
    """Return the codes of a broker's answer to a subscription."""
    codes = numbered(rest)[1]
    return codes[skipped(bytes(codes), 0) :] if version == 5 else codes


def skipped(rest: bytes, at: int) -> int:
    """Return where the properties of MQTT 5 that begin at `at` end."""
    try:
        return five.after(rest, at)
    except five.PropertyError as error:
        raise WireError(str(error)) from None


def accepted(rest: bytes, version: int) -> five.Terms:
    """Return the terms on which a broker has accepted a connection; raise `Refused` when it has not, saying why.

    Raises `OtherVersion` when it is because of the version.
    """
    if len(rest) < 2:
        raise WireError("an answer without a code")
    if code := rest[1]:
        if version == 5 and code in (1, five.OTHER_VERSION):  # as MQTT 3.1.1 says it, and as 5 does
            raise OtherVersion(five.REASONS[five.OTHER_VERSION])
        raise Refused((REFUSALS | five.REASONS).get(code, f"refused, with code {code}"))
    if version != 5:
        return five.Terms()
    try:
        terms = five.terms(rest)
    except five.PropertyError as error:
        raise WireError(str(error)) from None
    if not terms.highest_qos or not terms.retains:  # our states are both
        raise Refused(five.REASONS[0x9A if terms.highest_qos else 0x9B])
    return terms


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
