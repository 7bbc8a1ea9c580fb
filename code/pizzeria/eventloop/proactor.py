"""The proactor: start an operation now, collect its completion later.

`ReactorProactor` is the construction of the post: a queue of operations for every descriptor and the readiness they
need. When the reactor says *ready*, the first one is run, and its completion goes onto the completion queue. So a
reactor and one more queue make a proactor. `pizzeria.eventloop.uring` has the other kind, where the kernel does it;
`open_proactor` gives either, and what it gives is used in the same way::

    with open_proactor() as proactor:
        proactor.recv(connection, 100, token="order")
        for completion in proactor.completions():
            print(completion.token, completion.value())

Whatever goes wrong in an operation, a reset by the peer as much as a descriptor too many, is in its completion.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from pizzeria.eventloop.handles import ClosedDescriptor, print_error
from pizzeria.eventloop.operations import AT_POSITION, Completion, Operation, Proactor
from pizzeria.eventloop.reactor import READ, WRITE, Reactor

__all__ = ["AT_POSITION", "Completion", "Operation", "Proactor", "ReactorProactor", "open_proactor"]

BOTH = READ | WRITE


class ReactorProactor(Proactor):
    """A proactor built on a reactor of its own, or on one it is given and then shares."""

    def __init__(self, mechanism: str | None = None, reactor: Reactor | None = None) -> None:
        self._owns = reactor is None
        self.reactor = reactor or Reactor(mechanism, self._on_error)
        self.kind = self.reactor.mechanism
        self._waiting: dict[
            tuple[int, int], deque[Operation]
        ] = {}  # (descriptor, readiness) -> operations, oldest first
        self._completed: deque[Completion] = deque()
        self._timers: set[Operation] = set()
        self._closed = False

    @property
    def pending(self) -> int:
        """Count the operations that have not completed."""
        return sum(map(len, self._waiting.values())) + len(self._timers)

    def submit(self, operation: Operation) -> Operation:
        """Queue `operation` for the readiness it needs and return it."""
        if self._closed:
            raise RuntimeError("the proactor is closed")
        if operation.kind == "timeout":
            self._timers.add(operation)
            operation.timer = self.reactor.call_later(
                operation.args[0], self._complete, operation, None, None
            )
            return operation
        fd, needs = operation.fd, operation.needs
        if os.get_blocking(fd):
            os.set_blocking(fd, False)
        queue = self._waiting.get((fd, needs))
        if queue:
            queue.append(operation)
            return operation
        other = self._waiting.get((fd, BOTH ^ needs))
        try:
            if other and self.reactor.watching(fd) is not None:
                self.reactor.modify(fd, BOTH)
            else:
                self.reactor.register(fd, needs, self._ready)
        except PermissionError:  # a disk file under epoll: never "not ready", so run it at the next turn
            self.reactor.call_soon(self._run_file, operation)
        self._waiting[fd, needs] = deque([operation])
        return operation

    def cancel(self, operation: Operation) -> None:
        """Give up on `operation`: unless it is done already, it completes with ECANCELED."""
        if not operation.done:
            if operation.timer is not None:
                operation.timer.cancel()
            else:
                self._dequeue(operation)
            error = OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
            self._complete(operation, None, error)

    def post(self, token: object, result: object = None) -> None:
        """Put a completion of your own onto the queue, from any thread."""
        self.reactor.call_soon_threadsafe(self._completed.append, Completion(token, result, None, None))

    def completions(self, timeout: float | None = None) -> list[Completion]:
        """Wait until something has completed, at most `timeout` seconds; return all completions there are."""
        if self._closed:
            raise RuntimeError("the proactor is closed")
        deadline = None if timeout is None else self.reactor.time() + timeout
        while not self._completed:
            left = None if deadline is None else max(0.0, deadline - self.reactor.time())
            self.reactor.run_once(left)
            if left == 0.0:
                break
        found = list(self._completed)
        self._completed.clear()
        return found

    def close(self) -> None:
        """Cancel whatever is pending and close the reactor, if it is the proactor's own."""
        if self._closed:
            return
        for queue in list(self._waiting.values()):
            for operation in list(queue):
                self.cancel(operation)
        for operation in list(self._timers):
            self.cancel(operation)
        self._closed = True
        if self._owns:
            self.reactor.close()

    def _on_error(self, what: str, error: BaseException) -> None:
        if not isinstance(error, ClosedDescriptor):
            print_error(what, error)
            return
        for needs in (READ, WRITE):
            for operation in self._waiting.pop((error.fd, needs), ()):
                self._complete(operation, None, error)

    def _ready(self, fd: int, events: int) -> None:
        for needs in (READ, WRITE):
            if events & needs and self._waiting.get((fd, needs)):
                self._run(self._waiting[fd, needs][0])

    def _run_file(self, operation: Operation) -> None:
        if not operation.done:
            self._run(operation)

    def _run(self, operation: Operation) -> None:
        try:
            result, error = _RUN[operation.kind](operation.fd, *operation.args), None
        except (BlockingIOError, InterruptedError):
            return  # somebody else was faster; the reactor will say so again
        except OSError as failure:
            result, error = None, failure
        self._dequeue(operation)
        self._complete(operation, result, error)

    def _dequeue(self, operation: Operation) -> None:
        """Take an operation out of its queue; the last one takes its interest in the descriptor along."""
        fd, needs = operation.fd, operation.needs
        queue = self._waiting[fd, needs]
        queue.remove(operation)
        if queue:
            if self.reactor.watching(fd) is None:  # a disk file: there is nobody else to run the next one
                self.reactor.call_soon(self._run_file, queue[0])
            return
        del self._waiting[fd, needs]
        if self.reactor.watching(fd) is None:
            return
        try:
            if self._waiting.get((fd, BOTH ^ needs)):
                self.reactor.modify(fd, BOTH ^ needs)
            else:
                self.reactor.unregister(fd)
        except ClosedDescriptor:
            self.reactor.unregister(fd)

    def _complete(self, operation: Operation, result: object, error: OSError | None) -> None:
        operation.done = True
        self._timers.discard(operation)
        self._completed.append(Completion(operation.token, result, error, operation))


def _accept(fd: int) -> socket.socket:
    listener = socket.socket(fileno=fd)
    try:
        return listener.accept()[0]
    finally:
        listener.detach()


def _recv(fd: int, size: int) -> bytes:
    return os.read(fd, size)


def _read(fd: int, size: int, offset: int) -> bytes:
    return os.read(fd, size) if offset == AT_POSITION else os.pread(fd, size, offset)


def _write(fd: int, data: bytes, offset: int) -> int:
    return os.write(fd, data) if offset == AT_POSITION else os.pwrite(fd, data, offset)


_RUN: dict[str, Callable[..., Any]] = {
    "recv": _recv,
    "send": os.write,
    "accept": _accept,
    "read": _read,
    "write": _write,
}


def open_proactor(kind: str | None = None) -> Proactor:
    """Open a proactor: "io_uring", or the name of a mechanism to build one upon; the best there is by default.

    Raise `pizzeria.eventloop.uring.UringUnavailable` where the kernel has no io_uring or forbids it.
    """
    from pizzeria.eventloop.uring import UringProactor, uring_refusal

    if kind == "io_uring" or (kind is None and uring_refusal() is None):
        return UringProactor()
    return ReactorProactor(kind)
