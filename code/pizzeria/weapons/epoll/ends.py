"""epoll beyond bytes that arrive: being registered late, room to write, and the end of a stream."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = 1 << 20  # bytes: more than a socket has room for
NAMES = ("EPOLLIN", "EPOLLOUT", "EPOLLRDHUP", "EPOLLHUP", "EPOLLERR")


@contextmanager
def watched(events: int, before: bytes = b"") -> Iterator[tuple[socket.socket, socket.socket, select.epoll]]:
    """Watch one end of a pair of sockets, non-blocking, for `events`: (ours, theirs, epoll); `before` came before that."""
    ours, theirs = socket.socketpair()
    with ours, theirs, select.epoll() as epoll:
        ours.setblocking(False)
        theirs.sendall(before)
        epoll.register(ours, events)
        yield ours, theirs, epoll


def told(epoll: select.epoll) -> str:
    """Ask, without waiting; return the names of what is told, or "silent"."""
    events = sum(events for _, events in epoll.poll(0))
    return " ".join(name for name in NAMES if events & getattr(select, name)) or "silent"


def told_when_registered() -> str:
    """Register, for the edge, a connection whose bytes came before."""
    with watched(select.EPOLLIN | select.EPOLLET, b"early") as (_, _, epoll):
        return told(epoll)


def room_to_write() -> dict[str, str]:
    """Send more than there is room for under edge triggering, with one unread byte; return what is told, step by step."""
    both = select.EPOLLIN | select.EPOLLOUT | select.EPOLLET
    story = {}
    with watched(both, b"?") as (ours, theirs, epoll):
        story["registered, a byte lies there"] = told(epoll)
        taken = ours.send(b"!" * SIZE)
        story["a megabyte is sent"] = f"{taken:,} bytes of {SIZE:,} are taken"
        try:
            while taken < SIZE:
                taken += ours.send(b"!" * (SIZE - taken))
        except BlockingIOError:
            story["the rest"] = "EAGAIN"
        story["nobody reads"] = told(epoll)
        while taken:
            taken -= len(theirs.recv(SIZE))
        story["the peer has read it all"] = told(epoll)
        story["asking again"] = told(epoll)
    return story


def the_end(extra: int) -> list[str]:
    """Read less than was asked for, stop there, ask again: the peer has said its last word, and closed its side.

    extra: what is asked for beside EPOLLIN and EPOLLET.
    """
    with watched(select.EPOLLIN | select.EPOLLET | extra) as (ours, theirs, epoll):
        theirs.sendall(b"basta")
        theirs.shutdown(socket.SHUT_WR)
        first = told(epoll)
        return [first, f"{len(ours.recv(64))} of 64 bytes", told(epoll)]
