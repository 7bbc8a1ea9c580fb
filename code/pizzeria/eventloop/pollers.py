"""Four ways to ask a Unix kernel *who is ready?*, behind one small interface.

Some facts:

* `READ` and `WRITE` have the bits of ``poll`` and ``epoll``: those two need no translation on the hot path;
* an error or a hang-up is not an interest: the kernel reports it unasked, and the reactor takes it for *whatever you
  waited for is ready*: the next call on the descriptor tells what happened. No event at all means *closed*;
* an empty interest set is therefore kept out of the kernel, or a hang-up would be reported for ever;
* a time-out is rounded up, never down: a loop that wakes before its deadline spins.
"""

from __future__ import annotations

import errno
import math
import os
import select
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

_BSD: Any = select  # type checkers know kqueue on the systems that have it only
READ, WRITE, EDGE = 1, 4, 1 << 31
FD_SETSIZE = 1024
BATCH = (
    256  # ready descriptors taken in one call: a buffer as long as the interest set would make the wait O(n)
)


Ready: TypeAlias = Iterable[tuple[int, int]]
"""Descriptors with what each is ready for; 0 for one that is closed."""


class HasDescriptor(Protocol):
    """A socket, a file or whatever else has a descriptor."""

    def fileno(self) -> int:
        """Return its number."""


FileDescriptor: TypeAlias = int | HasDescriptor


class Poller(Protocol):
    """A mechanism: it keeps an interest set and waits."""

    edges: bool

    @property
    def fileno(self) -> Callable[[], int]:
        """Its own descriptor, -1 where it has none."""

    def change(self, fd: int, before: int, after: int) -> None:
        """Change the events `fd` is watched for."""

    def wait(self, timeout: float | None) -> Ready:
        """Wait for so many seconds at most."""

    def close(self) -> None:
        """Give its descriptor back."""


class Select:
    """``select``: hand over three sets at every call, get them back, look through all of them."""

    edges = False

    def __init__(self) -> None:
        self._readers: set[int] = set()
        self._writers: set[int] = set()

    def fileno(self) -> int:
        return -1

    def change(self, fd: int, before: int, after: int) -> None:
        if fd >= FD_SETSIZE:
            raise ValueError(
                f"select cannot watch descriptor {fd}: its sets end at {FD_SETSIZE - 1}; "
                "use poll, epoll or kqueue"
            )
        for bit, members in ((READ, self._readers), (WRITE, self._writers)):
            (members.add if after & bit else members.discard)(fd)

    def wait(self, timeout: float | None) -> Ready:
        try:
            readers, writers, _ = select.select(self._readers, self._writers, (), timeout)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno != errno.EBADF:
                raise
            return [(fd, 0) for fd in self._readers | self._writers if not is_open(fd)]
        ready = dict.fromkeys(readers, READ)
        for fd in writers:
            ready[fd] = ready.get(fd, 0) | WRITE
        return ready.items()

    def close(self) -> None:
        self._readers, self._writers = set(), set()


class Poll:
    """``poll``: one array of any length instead of three sets; the kernel still walks along all of it."""

    edges = False

    def __init__(self) -> None:
        self._poll = select.poll()

    def fileno(self) -> int:
        return -1

    def change(self, fd: int, before: int, after: int) -> None:
        if after:
            self._poll.register(fd, after)
        elif before:
            self._poll.unregister(fd)

    def wait(self, timeout: float | None) -> Ready:
        ready = self._poll.poll(None if timeout is None else math.ceil(timeout * 1000))
        return [(fd, 0 if bits & select.POLLNVAL else bits) for fd, bits in ready]

    def close(self) -> None:
        del self._poll


class Epoll:
    """``epoll``: the interest set stays in the kernel, and the answer holds only those that are ready."""

    edges = True

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.fileno = self._epoll.fileno

    def change(self, fd: int, before: int, after: int) -> None:
        try:
            if not before and after:
                self._epoll.register(fd, after)
            elif after:
                self._epoll.modify(fd, after)
            elif before:
                self._epoll.unregister(fd)
        except PermissionError:
            raise PermissionError(
                errno.EPERM,
                f"epoll does not take descriptor {fd}: a disk file is always 'ready', and blocks when read; "
                "use a proactor on io_uring, POSIX AIO or a thread",
            ) from None

    def wait(self, timeout: float | None) -> Ready:
        return self._epoll.poll(timeout, BATCH)

    def close(self) -> None:
        self._epoll.close()


class Kqueue:
    """``kqueue``: like epoll, but it waits for an identity and a filter, descriptors or not."""

    edges = True

    def __init__(self) -> None:
        self._kqueue = _BSD.kqueue()
        self.fileno = self._kqueue.fileno

    def change(self, fd: int, before: int, after: int) -> None:
        changes = []
        for bit, kind in ((READ, _BSD.KQ_FILTER_READ), (WRITE, _BSD.KQ_FILTER_WRITE)):
            if after & bit:
                flags = _BSD.KQ_EV_ADD | (_BSD.KQ_EV_CLEAR if after & EDGE else 0)
                changes.append(_BSD.kevent(fd, kind, flags))
            elif before & bit:
                changes.append(_BSD.kevent(fd, kind, _BSD.KQ_EV_DELETE))
        if changes:
            self._kqueue.control(changes, 0, 0)

    def wait(self, timeout: float | None) -> Ready:
        ready: dict[int, int] = {}
        for event in self._kqueue.control(None, BATCH, timeout):
            bit = READ if event.filter == _BSD.KQ_FILTER_READ else WRITE
            ready[event.ident] = ready.get(event.ident, 0) | bit
        return ready.items()

    def close(self) -> None:
        self._kqueue.close()


_POLLERS: dict[str, Callable[[], Poller]] = {"epoll": Epoll, "kqueue": Kqueue, "poll": Poll, "select": Select}


def mechanisms() -> tuple[str, ...]:
    """Name the mechanisms this system has, best first."""
    return tuple(name for name in _POLLERS if hasattr(select, name))


def open_poller(mechanism: str | None = None) -> Poller:
    """Open a poller by its name, or the best one there is; an unknown or absent one is a `ValueError`."""
    here = mechanisms()
    if mechanism is None:
        mechanism = here[0]
    if mechanism not in _POLLERS:
        raise ValueError(f"no mechanism is called {mechanism!r}: choose one of {', '.join(_POLLERS)}")
    if mechanism not in here:
        raise ValueError(f"this system has no {mechanism}: choose one of {', '.join(here)}")
    return _POLLERS[mechanism]()


def is_open(fd: int) -> bool:
    """Tell whether `fd` is an open descriptor of this process."""
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
