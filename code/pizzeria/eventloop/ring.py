"""The two rings of io_uring, by raw system calls: memory that the kernel and the program share.

We write an operation into a slot of the submission queue and move its tail; the kernel writes what came out into the
completion queue and moves *its* tail. One system call, ``io_uring_enter``, says "there is work" and "I wait until
something is done".
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
from typing import Any

_SETUP, _ENTER, _REGISTER = 425, 426, 427
_GETEVENTS, _EXT_ARG = 1, 8
_FEATURES = 1 << 0 | 1 << 1 | 1 << 8  # both rings in one mapping, no completion dropped, time-out at the wait
_SQES = 0x10000000
_PARAMS = struct.Struct("=IIIIIII3I10I10I")
_SQE = struct.Struct("=BBHiQQIIQHHiQQ")
_CQE = struct.Struct("=QiI")
_WORD = 0xFFFFFFFF


class UringUnavailable(OSError):
    """This kernel has no io_uring we can use, or does not let us."""


def _syscall(number: int, *args: Any) -> int:
    result: int = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *args)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def set_up(entries: int) -> tuple[int, tuple[int, ...]]:
    """Return (descriptor, parameters) of a new ring, or raise `UringUnavailable`."""
    params = ctypes.create_string_buffer(_PARAMS.size)
    try:
        fd = _syscall(_SETUP, ctypes.c_uint(entries), params)
    except OSError as error:
        why = {
            errno.ENOSYS: "this kernel has no io_uring",
            errno.EPERM: "io_uring is forbidden here (kernel.io_uring_disabled, or a container's seccomp filter)",
        }.get(error.errno or 0)
        if why is None:
            raise
        raise UringUnavailable(
            error.errno, f"{why}: open_proactor('epoll') does the same on a reactor"
        ) from None
    except AttributeError:
        raise UringUnavailable(errno.ENOSYS, "io_uring exists on Linux only") from None
    values = _PARAMS.unpack(params.raw)
    if values[5] & _FEATURES != _FEATURES:
        os.close(fd)
        raise UringUnavailable(errno.ENOSYS, "this kernel's io_uring is older than Linux 5.11")
    return fd, values


def uring_refusal() -> str | None:
    """Return why io_uring cannot be used here, or None if it can."""
    if os.uname().sysname != "Linux":
        return "io_uring exists on Linux only"
    try:
        os.close(set_up(1)[0])
    except UringUnavailable as error:
        return error.strerror
    return None


class Ring:
    """One io_uring: `push` operations, `enter` the kernel, `reap` completions."""

    def __init__(self, entries: int) -> None:
        self.fd, values = set_up(entries)
        sq, cq = values[10:20], values[20:30]
        self.entries = values[0]
        try:
            self._memory = mmap.mmap(self.fd, max(sq[6] + 4 * values[0], cq[5] + 16 * values[1]))
            self._sqes = mmap.mmap(self.fd, values[0] * _SQE.size, offset=_SQES)
        except OSError:
            os.close(self.fd)
            raise
        self._words = memoryview(self._memory).cast("I")
        self._sq_tail, self._sq_mask = sq[1] // 4, self._words[sq[2] // 4]
        self._cq_head, self._cq_tail, self._cq_mask = cq[0] // 4, cq[1] // 4, self._words[cq[2] // 4]
        self._cqes = cq[5]
        for slot in range(self.entries):  # slot n of the queue is always entry n
            self._words[sq[6] // 4 + slot] = slot
        self._unsubmitted = 0
        self.calls = 0  # how often the kernel was entered, for whoever counts
        self._libc = ctypes.CDLL(None, use_errno=True)

    def push(
        self,
        opcode: int,
        user_data: int,
        fd: int = -1,
        offset: int = 0,
        address: int = 0,
        length: int = 0,
        flags: int = 0,
        *,
        choose: int = 0,
        manner: int = 0,
        group: int = 0,
    ) -> None:
        """Write an operation into the submission queue; a full queue is handed to the kernel first.

        choose: the entry's own flags (IOSQE_...); manner: what an operation keeps in the field ``ioprio``, such as
        IORING_RECV_MULTISHOT; group: of which pool of provided buffers it may take one.
        """
        if self._unsubmitted == self.entries:
            self.enter(0, 0.0)
        tail = self._words[self._sq_tail]
        entry = (
            opcode,
            choose,
            manner,
            fd,
            offset,
            address,
            length,
            flags,
            user_data,
            group,
            0,
            0,
            0,
            0,
        )
        _SQE.pack_into(self._sqes, (tail & self._sq_mask) * _SQE.size, *entry)
        self._words[self._sq_tail] = (tail + 1) & _WORD
        self._unsubmitted += 1

    def enter(self, wait_for: int, timeout: float | None) -> None:
        """Tell the kernel what is new and wait for `wait_for` completions, at most `timeout` seconds."""
        span = None if timeout is None else time_span(timeout)
        arg = struct.pack("=QIIQ", 0, 8, 0, 0 if span is None else ctypes.addressof(span))
        # Every argument at its full width: the seventh travels on the stack, where an int leaves rubbish beside it.
        self.calls += 1
        words = (_ENTER, self.fd, self._unsubmitted, wait_for, _GETEVENTS | _EXT_ARG)
        taken = self._libc.syscall(*map(ctypes.c_long, words), arg, ctypes.c_size_t(len(arg)))
        if taken >= 0:
            self._unsubmitted -= taken
            return
        code = ctypes.get_errno()
        if code not in (errno.ETIME, errno.EINTR, errno.EBUSY, errno.EAGAIN):
            raise OSError(code, f"io_uring_enter: {os.strerror(code)}")

    def has_completions(self) -> bool:
        """Tell whether there is something to reap."""
        return self._words[self._cq_head] != self._words[self._cq_tail]

    def register(self, what: int, argument: bytes | ctypes.Array[ctypes.c_char], count: int) -> None:
        """Make something known to the kernel for as long as the ring is open; raise OSError if it refuses."""
        words = (_REGISTER, self.fd, what)
        if self._libc.syscall(*map(ctypes.c_long, words), argument, ctypes.c_long(count)) < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"io_uring_register: {os.strerror(code)}")

    def reap(self) -> list[tuple[int, int, int]]:
        """Take ``(user_data, result, flags)`` of everything that is done."""
        found: list[tuple[int, int, int]] = []
        head = self._words[self._cq_head]
        while head != self._words[self._cq_tail]:
            found.append(_CQE.unpack_from(self._memory, self._cqes + (head & self._cq_mask) * _CQE.size))
            head = (head + 1) & _WORD
        self._words[self._cq_head] = head
        return found

    def close(self) -> None:
        """Unmap the rings and close them."""
        self._words.release()
        self._memory.close()
        self._sqes.close()
        os.close(self.fd)


def time_span(seconds: float) -> ctypes.Array[ctypes.c_char]:
    """Make a ``struct __kernel_timespec``."""
    return ctypes.create_string_buffer(struct.pack("=qq", int(seconds), int(seconds % 1 * 1e9)), 16)
