"""Receives that are started once and complete many times, into buffers that all connections share (io_uring, Linux 6.0).

Some facts, and what they mean for us:

* a multishot receive completes once a message, and says with each whether it goes on; when it does not, it has to be
  started again, so every `Arrival` says it too;
* the kernel takes a buffer out of the pool only when a message is there: a thousand silent connections hold none;
* an empty pool ends the receive with ENOBUFS; the message stays in the socket and nothing is lost.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import struct
from dataclasses import dataclass
from typing import Self

from pizzeria.eventloop.ring import Ring

_RECV, _CANCEL = 27, 14
_CHOOSE_BUFFER = 1 << 5
_MULTISHOT = 1 << 1
_HAS_BUFFER, _MORE = 1 << 0, 1 << 1
_POOL_OF_BUFFERS = 22
_BUFFER = struct.Struct("=QIHH")
_TAIL = 14  # where the pool's tail is: in the last field of its first entry
_GROUP = 1
_NOBODY = 0


@dataclass(frozen=True)
class Arrival:
    """What one completion brought. fd: of which connection; data: empty at its end; more: whether the receive goes on;
    error: an errno, or 0."""

    fd: int
    data: bytes
    more: bool
    error: int


class Multishot:
    """A pool of buffers and one receive a connection, on a ring of its own."""

    def __init__(self, buffers: int = 64, size: int = 256, entries: int = 128) -> None:
        if buffers & (buffers - 1) or not buffers:
            raise ValueError(f"the number of buffers is a power of two, not {buffers}")
        self.ring = Ring(entries)
        self.told = 0  # operations that the kernel was told about, for whoever counts
        self._size, self._mask = size, buffers - 1
        self._pool = mmap.mmap(-1, max(mmap.PAGESIZE, buffers * _BUFFER.size))
        self._memory = ctypes.create_string_buffer(buffers * size)
        self._base = ctypes.addressof(self._memory)
        self._flying: set[int] = set()
        self._tail = 0
        window = ctypes.c_char.from_buffer(self._pool)
        where = struct.pack("=QIHHQQQ", ctypes.addressof(window), buffers, _GROUP, 0, 0, 0, 0)
        del window  # else the pool could not be closed
        try:
            self.ring.register(_POOL_OF_BUFFERS, where, 1)
        except OSError:
            self.ring.close()
            self._pool.close()
            raise
        self._give(range(buffers))

    def listen(self, fd: int) -> None:
        """Start the receive of a connection; the next wait takes it to the kernel."""
        self.told += 1
        self._flying.add(fd)
        self.ring.push(_RECV, fd + 1, fd, choose=_CHOOSE_BUFFER, manner=_MULTISHOT, group=_GROUP)

    def arrivals(self, at_least: int = 1, timeout: float | None = None) -> list[Arrival]:
        """Wait for completions, at most `timeout` seconds; return all there are, their buffers given back."""
        self.ring.enter(at_least, timeout)
        return self._reap()

    def _reap(self) -> list[Arrival]:
        found, used = [], []
        for key, result, flags in self.ring.reap():
            if key == _NOBODY:
                continue
            data = b""
            if flags & _HAS_BUFFER:
                number = flags >> 16
                used.append(number)
                data = ctypes.string_at(self._base + number * self._size, max(0, result))
            if not flags & _MORE:
                self._flying.discard(key - 1)
            found.append(Arrival(key - 1, data, bool(flags & _MORE), max(0, -result)))
        self._give(used)
        return found

    def _give(self, numbers: range | list[int]) -> None:
        """Put buffers into the pool; the kernel sees them when its tail has moved."""
        for number in numbers:
            at = (self._tail & self._mask) * _BUFFER.size
            # The last field belongs to the tail, in the first entry: it is left alone.
            struct.pack_into("=QIH", self._pool, at, self._base + number * self._size, self._size, number)
            self._tail = self._tail + 1 & 0xFFFF
        struct.pack_into("=H", self._pool, _TAIL, self._tail)

    def close(self) -> None:
        """Cancel what is in flight, wait until the kernel has let go of the buffers, and close the ring."""
        for fd in self._flying:
            self.ring.push(_CANCEL, _NOBODY, address=fd + 1)
        for _ in range(1000):
            if not self._flying:
                break
            self.ring.enter(1, 0.1)
            self._reap()
        self.ring.close()
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def multishot_refusal() -> str | None:
    """Return why multishot receives cannot be had here, or None if they can."""
    import socket

    ours, theirs = socket.socketpair()
    try:
        with ours, theirs, Multishot(buffers=2) as receiver:
            receiver.listen(ours.fileno())
            theirs.send(b"?")
            (arrival,) = receiver.arrivals(timeout=5)
    except OSError as error:
        return error.strerror
    return (
        None
        if arrival.data == b"?" and arrival.more
        else f"this kernel answers {errno.errorcode.get(arrival.error, 'otherwise')}"
    )
