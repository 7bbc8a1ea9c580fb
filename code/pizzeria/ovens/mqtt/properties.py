"""What MQTT 5 adds to packets: properties and reasons, as many as a link says and obeys; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MESSAGE_EXPIRY, SESSION_EXPIRY, KEEPALIVE, WILL_DELAY, IN_FLIGHT, HIGHEST_QOS, RETAINS = (
    0x02, 0x11, 0x13, 0x18, 0x21, 0x24, 0x25,
)  # fmt: skip
LONGEST = 0xFFFF_FFFF  # s: as a session's expiry, for ever
# How long a property's value is, in bytes; what is not here begins with a length of two bytes.
SIZES = {
    0x01: 1, 0x02: 4, 0x11: 4, 0x13: 2, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2,
    0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
PAIR = 0x26
TEXTS = frozenset((0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F, PAIR))
OTHER_VERSION = 0x84
REASONS = {
    0x80: "for a reason it does not tell",
    0x82: "it calls what we said a protocol error",
    OTHER_VERSION: "it does not speak MQTT 5",
    0x85: "it refuses our name",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "it is not available",
    0x89: "it is busy",
    0x8A: "it has banned us",
    0x8B: "it is shutting down",
    0x8D: "it heard nothing of us",
    0x8E: "another connection has our name",
    0x93: "it has more of our messages than it takes at once",
    0x95: "a packet was too large",
    0x97: "it has no room for more",
    0x98: "somebody there ended it",
    0x9A: "it retains nothing",
    0x9B: "it offers QoS 0 only",
    0x9D: "it has moved",
    0x9F: "it takes fewer connections a second",
}


class PropertyError(ValueError):
    """Bytes that are no properties of MQTT 5."""


class Terms(NamedTuple):
    """What a broker asks of us when it accepts a connection: messages in flight at most, seconds of keep-alive or None."""

    in_flight: int = 0xFFFF
    keepalive: int | None = None
    highest_qos: int = 2
    retains: bool = True


def properties(said: Mapping[int, int]) -> bytes:
    """Return these numbers, by their identifiers, as the properties of a packet."""
    parts = b"".join(bytes((which,)) + value.to_bytes(SIZES[which], "big") for which, value in said.items())
    return bytes((len(parts),)) + parts  # ours are a few, and shorter than 128 bytes


def length(rest: bytes, at: int) -> tuple[int, int]:
    """Return where the properties at `at` begin and where they end; raise `PropertyError` when they end nowhere."""
    size = shift = 0
    for n in range(at, min(at + 4, len(rest))):
        size |= (rest[n] & 0x7F) << shift
        shift += 7
        if rest[n] < 0x80:
            if n + 1 + size > len(rest):
                break
            return n + 1, n + 1 + size
    raise PropertyError("properties that are longer than their packet")


def after(rest: bytes, at: int) -> int:
    """Return where the properties at `at` end."""
    if at < len(rest) and not rest[at]:
        return at + 1  # there are none, most often
    return length(rest, at)[1]


def numbers(rest: bytes, at: int) -> dict[int, int]:
    """Return those properties at `at` that are numbers, by their identifiers; raise `PropertyError` for one that is none."""
    found, (start, end) = {}, length(rest, at)
    while start < end:
        which, start = rest[start], start + 1
        if size := SIZES.get(which):
            found[which] = int.from_bytes(rest[start : start + size], "big")
            start += size
        elif which in TEXTS:
            for _ in range(1 + (which == PAIR)):
                start += 2 + int.from_bytes(rest[start : start + 2], "big")
        else:
            raise PropertyError(f"a property {which:#04x}")
    if start > end:
        raise PropertyError("a property that is cut short")
    return found


def terms(accepted: bytes) -> Terms:
    """Return the terms of a CONNACK, given without its first byte and length."""
    said = numbers(accepted, 2)
    return Terms(
        said.get(IN_FLIGHT) or 0xFFFF,
        said.get(KEEPALIVE),
        said.get(HIGHEST_QOS, 2),
        bool(said.get(RETAINS, 1)),
    )
