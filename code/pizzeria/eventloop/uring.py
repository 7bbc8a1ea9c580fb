"""The proactor the Linux kernel brings along, io_uring, with the interface of the one we built.

Some facts, and what they mean for us:

* buffers belong to the kernel until their operation completes: they are kept in `_flying` until then, and `close`
  cancels what is in flight and waits for the answer before the memory goes;
* two reads of one socket complete in whatever order the kernel pleases (the newest first, when they were asleep): of
  each descriptor only one operation a direction is in flight, and the others stand in line here;
* on a non-blocking descriptor io_uring may answer EAGAIN instead of waiting (Linux 6.18 waits, and older kernels are
  said not to): to be sure of it everywhere, descriptors are made blocking.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import time
from collections import deque

from pizzeria.eventloop.operations import AT_POSITION, NO_DESCRIPTOR, Completion, Operation, Proactor
from pizzeria.eventloop.ring import Ring, UringUnavailable, time_span, uring_refusal

__all__ = ["Operation", "UringProactor", "UringUnavailable", "uring_refusal"]

ENTRIES = 256
_OPCODES = {"timeout": 11, "accept": 13, "read": 22, "write": 23, "send": 26, "recv": 27}
_CANCEL = 14
_FROM_POSITION = (1 << 64) - 1
_NOBODY, _DOORBELL = 0, 1  # user data of a cancellation, whose own result interests nobody, and of `post`


class UringProactor(Proactor):
    """The same operations as `ReactorProactor`, carried out by the kernel."""

    kind = "io_uring"

    def __init__(self, entries: int = ENTRIES) -> None:
        self._closed = True  # until it is open
        self._ring = Ring(entries)
        try:
            self._doorbell = os.eventfd(0, os.EFD_CLOEXEC)
        except OSError:
            self._ring.close()
            raise
        self._rung: ctypes.Array[ctypes.c_char] | None = ctypes.create_string_buffer(8)
        self._flying: dict[int, tuple[Operation, ctypes.Array[ctypes.c_char] | None]] = {}
        self._keys: dict[Operation, int] = {}
        self._last = _DOORBELL
        self._lines: dict[
            tuple[int, int], deque[Operation]
        ] = {}  # (descriptor, direction) -> operations that wait for the one in flight
        self._completed: deque[Completion] = deque()
        self._closed = False
        self._listen()

    @property
    def pending(self) -> int:
        """Count the operations that have not completed."""
        return len(self._flying) + sum(map(len, self._lines.values()))

    def submit(self, operation: Operation) -> Operation:
        """Write `operation` into the submission queue and return it; the next wait takes it to the kernel."""
        if self._closed:
            raise RuntimeError("the proactor is closed")
        fd = operation.fd
        if fd != NO_DESCRIPTOR and not os.get_blocking(fd):
            os.set_blocking(fd, True)
        if self._needs_order(operation):
            line = self._lines.get((fd, operation.needs))
            if line is not None:
                line.append(operation)
                return operation
            self._lines[fd, operation.needs] = deque()
        self._launch(operation)
        return operation

    def cancel(self, operation: Operation) -> None:
        """Give up on `operation`: unless it is done already, it completes with ECANCELED."""
        if operation in self._keys:
            self._ring.push(_CANCEL, _NOBODY, address=self._keys[operation])
        elif not operation.done:
            self._lines[operation.fd, operation.needs].remove(operation)
            operation.done = True
            self._completed.append(_failed(operation, errno.ECANCELED))

    def post(self, token: object, result: object = None) -> None:
        """Put a completion of your own onto the queue, from any thread."""
        self._completed.append(Completion(token, result, None, None))
        os.eventfd_write(self._doorbell, 1)

    def completions(self, timeout: float | None = None) -> list[Completion]:
        """Wait until something has completed, at most `timeout` seconds; return all completions there are."""
        if self._closed:
            raise RuntimeError("the proactor is closed")
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            self._ring.enter(0 if self._completed or self._ring.has_completions() else 1, left)
            self._reap()
            if self._completed or left == 0.0:
                break
        found = []
        while self._completed:
            found.append(self._completed.popleft())
        return found

    def close(self) -> None:
        """Cancel whatever is in flight, wait until the kernel has let go of it, and close the ring."""
        if self._closed:
            return
        self._lines.clear()
        for key in [_DOORBELL, *self._flying]:
            self._ring.push(_CANCEL, _NOBODY, address=key)
        self._closed = True
        for _ in range(1000):
            if not self._flying and self._rung is None:
                break
            self._ring.enter(1, 0.1)
            self._reap()
        for completion in self._completed:
            if isinstance(completion.result, socket.socket):
                completion.result.close()
        os.close(self._doorbell)
        self._ring.close()

    @staticmethod
    def _needs_order(operation: Operation) -> bool:
        return operation.fd != NO_DESCRIPTOR and operation.args[1:] in ((), (AT_POSITION,))

    def _listen(self) -> None:
        """Keep one read of the doorbell in flight, so that `post` ends a wait."""
        assert self._rung is not None  # None only when all is over
        address = ctypes.addressof(self._rung)
        self._ring.push(_OPCODES["read"], _DOORBELL, self._doorbell, _FROM_POSITION, address, 8)

    def _launch(self, operation: Operation) -> None:
        kind, args = operation.kind, operation.args
        buffer, length, offset, flags = None, 0, 0, 0
        if kind in ("recv", "read"):
            buffer, length = ctypes.create_string_buffer(args[0]), args[0]
        elif kind in ("send", "write"):
            length = len(args[0])
            buffer = ctypes.create_string_buffer(args[0], max(1, length))
        elif kind == "timeout":
            buffer, length = time_span(args[0]), 1
        elif kind == "accept":
            flags = socket.SOCK_CLOEXEC
        if kind in ("read", "write"):
            offset = _FROM_POSITION if args[1] == AT_POSITION else args[1]
        elif kind == "send":
            flags = socket.MSG_NOSIGNAL
        address = 0 if buffer is None else ctypes.addressof(buffer)
        self._last += 1
        self._ring.push(_OPCODES[kind], self._last, operation.fd, offset, address, length, flags)
        self._flying[self._last] = (operation, buffer)
        self._keys[operation] = self._last

    def _reap(self) -> None:
        for key, result, _ in self._ring.reap():
            if key == _DOORBELL:
                if self._closed:
                    self._rung = None
                else:
                    self._listen()
            elif key != _NOBODY:
                operation, buffer = self._flying.pop(key)
                del self._keys[operation]
                operation.done = True
                self._completed.append(_completion(operation, buffer, result))
                self._next_in_line(operation)

    def _next_in_line(self, operation: Operation) -> None:
        place = (operation.fd, operation.needs)
        if self._needs_order(operation) and place in self._lines:
            if self._lines[place]:
                self._launch(self._lines[place].popleft())
            else:
                del self._lines[place]


def _failed(operation: Operation, code: int) -> Completion:
    return Completion(operation.token, None, OSError(code, os.strerror(code)), operation)


def _completion(operation: Operation, buffer: ctypes.Array[ctypes.c_char] | None, result: int) -> Completion:
    value: object
    if operation.kind == "timeout" and result == -errno.ETIME:  # it is over, as it should be
        value = None
    elif result < 0:
        return _failed(operation, -result)
    elif buffer is not None and operation.kind in ("recv", "read"):
        value = buffer.raw[:result]
    elif operation.kind == "accept":
        value = socket.socket(fileno=result)
    else:
        value = result
    return Completion(operation.token, value, None, operation)
