"""System calls a message: so many connections speak at once, and a server hears them by epoll or by io_uring.

Counted are the calls with which the server waits and receives; nobody's clock is asked. Whoever speaks has spoken before
the server looks, so a round comes out the same however busy the machine is.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from pizzeria.eventloop.multishot import Multishot
from pizzeria.eventloop.ring import Ring

WORDS = b"one calzone, please"
SIZE = 64
PATIENCE = 30.0  # seconds: until then, what was sent must have come
_RECV = 27


@dataclass(frozen=True)
class Tally:
    """What a server did for its messages. calls: system calls; told: operations the kernel was told about, beyond the
    first arming; buffers: how many had to lie ready while everybody was silent."""

    messages: int
    calls: int
    told: int
    buffers: int

    @property
    def each(self) -> float:
        """System calls a message."""
        return self.calls / self.messages


class _Ears:
    """A server's way of hearing: told of its connections once, then asked to hear `count` messages a round."""

    def __init__(self) -> None:
        self.calls = self.told = self.buffers = 0

    def open(self, connections: list[socket.socket], stack: ExitStack) -> None:
        raise NotImplementedError

    def hear(self, count: int) -> list[bytes]:
        raise NotImplementedError


class Readiness(_Ears):
    """epoll: one wait for all, then one receive each; `greedy` receives until EAGAIN, as edge triggering demands."""

    def __init__(self, greedy: bool = False) -> None:
        super().__init__()
        self._greedy = greedy

    def open(self, connections: list[socket.socket], stack: ExitStack) -> None:
        self._epoll = stack.enter_context(select.epoll())
        self._by_number = {one.fileno(): one for one in connections}
        for number, one in self._by_number.items():
            one.setblocking(False)
            self._epoll.register(number, select.EPOLLIN | (select.EPOLLET if self._greedy else 0))

    def hear(self, count: int) -> list[bytes]:
        self.calls += 1
        return [words for fd, _ in self._epoll.poll(PATIENCE, count) for words in self._receive(fd)]

    def _receive(self, fd: int) -> Iterable[bytes]:
        self.calls += 1
        yield self._by_number[fd].recv(SIZE)
        while self._greedy:
            self.calls += 1
            try:
                yield self._by_number[fd].recv(SIZE)
            except BlockingIOError:
                return


class Completion(_Ears):
    """io_uring, a receive a message: started with a buffer of its own, and again after each message."""

    def open(self, connections: list[socket.socket], stack: ExitStack) -> None:
        import ctypes

        self._ring = Ring(max(8, len(connections)))
        stack.callback(self._ring.close)
        self._buffers = {one.fileno(): ctypes.create_string_buffer(SIZE) for one in connections}
        self._where = {fd: ctypes.addressof(buffer) for fd, buffer in self._buffers.items()}
        self.buffers = len(self._buffers)
        for fd in self._buffers:
            self._start(fd)
        self._ring.enter(0, 0.0)
        self.calls, self.told = 0, 0
        self._before = self._ring.calls

    def _start(self, fd: int) -> None:
        self.told += 1
        self._ring.push(_RECV, fd, fd, address=self._where[fd], length=SIZE)

    def hear(self, count: int) -> list[bytes]:
        self._ring.enter(count, PATIENCE)
        self.calls = self._ring.calls - self._before
        found = []
        for fd, length, _ in self._ring.reap():
            found.append(self._buffers[fd].raw[:length])
            self._start(fd)
        return found


class Many(_Ears):
    """io_uring, one receive a connection for ever, buffers from a pool that all connections share."""

    def __init__(self, pool: int = 64) -> None:
        super().__init__()
        self.buffers = pool

    def open(self, connections: list[socket.socket], stack: ExitStack) -> None:
        self._many = stack.enter_context(Multishot(self.buffers, SIZE))
        for one in connections:
            self._many.listen(one.fileno())
        self._many.arrivals(0, 0.0)
        self._before, self._told = self._many.ring.calls, self._many.told

    def hear(self, count: int) -> list[bytes]:
        found = self._many.arrivals(count, PATIENCE)
        self.calls = self._many.ring.calls - self._before
        self.told = self._many.told - self._told
        return [arrival.data for arrival in found]


KINDS: dict[str, Callable[[], _Ears]] = {
    "epoll, until EAGAIN": lambda: Readiness(greedy=True),
    "epoll": Readiness,
    "io_uring": Completion,
    "io_uring, multishot": Many,
}


def calls_a_message(kind: str, connections: int, rounds: int = 20) -> Tally:
    """Let so many connections say a word each, so many times over; return what hearing them took.

    Raise AssertionError when a message is lost, and OSError where the kernel refuses.
    """
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(connections)]
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
        ears = KINDS[kind]()
        ears.open([ours for ours, _ in pairs], stack)
        for _ in range(rounds):
            for _, theirs in pairs:
                theirs.send(WORDS)
            heard: list[bytes] = []
            while len(heard) < connections:
                heard += ears.hear(connections - len(heard))
            assert heard == [WORDS] * connections
        if isinstance(ears, Completion):  # the last receives are still in flight: hang up, and they are over
            for _, theirs in pairs:
                theirs.close()
            ears._ring.enter(connections, PATIENCE)
            ears._ring.reap()
        return Tally(connections * rounds, ears.calls, ears.told, ears.buffers)
