"""Bend a timer, a signal and an event of our own into descriptors, and wait for all three on one epoll (Linux).

Python 3.13 has ``os.timerfd_create``; before that, and for signalfd still, it is the C library by ctypes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import signal
import struct
import sys
import tempfile
import threading
import time

_LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _name(signum: int) -> str:
    """Name a signal; real-time ones have a number only."""
    with contextlib.suppress(ValueError):
        return signal.Signals(signum).name
    return f"SIGRTMIN+{signum - signal.SIGRTMIN}"


def open_timer(delay: float) -> int:
    """Open a timerfd that becomes readable once, `delay` seconds from now."""
    if sys.version_info >= (3, 13):
        fd = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
        os.timerfd_settime(fd, initial=delay)
        return fd
    fd = _checked(_LIBC.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
    once = struct.pack("@llll", 0, 0, int(delay), int(delay % 1 * 1e9))
    try:
        _checked(_LIBC.timerfd_settime(fd, 0, once, None))
    except OSError:
        os.close(fd)
        raise
    return fd


def open_signal(signum: int) -> int:
    """Open a signalfd for a signal that is blocked already: an unblocked one would never get this far."""
    if signum not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        raise ValueError(f"block {_name(signum)} first, or it is delivered the old way")
    mask = ctypes.create_string_buffer(128)
    _LIBC.sigemptyset(mask)
    _checked(_LIBC.sigaddset(mask, int(signum)))
    return _checked(_LIBC.signalfd(-1, mask, os.O_NONBLOCK | os.O_CLOEXEC))


def bent_descriptors(delay: float = 0.02) -> dict[str, int | str]:
    """Wait for a timer, a signal and an eventfd on one epoll; return what rang, in its order, with what was read."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    fds: dict[str, int] = {}
    try:
        fds["signalfd"] = open_signal(signal.SIGUSR2)
        fds["eventfd"] = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        fds["timerfd"] = open_timer(delay)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
        os.eventfd_write(fds["eventfd"], 3)
        return _hear(fds)
    finally:
        for fd in fds.values():
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hear(fds: dict[str, int]) -> dict[str, int | str]:
    names = {fd: name for name, fd in fds.items()}
    heard: dict[str, int | str] = {}
    with select.epoll() as epoll:
        for fd in names:
            epoll.register(fd, select.EPOLLIN)
        for _ in range(len(fds)):
            for fd, _ in epoll.poll(5):
                letter = os.read(fd, 128)
                signalled = names[fd] == "signalfd"
                number = struct.unpack_from("I" if signalled else "Q", letter)[0]
                heard[names[fd]] = signal.Signals(number).name if signalled else number
            if len(heard) == len(fds):
                break
    return heard


def letters_of(signum: int, times: int) -> int:
    """Send this thread a signal so often before it looks; return how many letters then lie in the signalfd."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signum})
    try:
        fd = open_signal(signum)
        try:
            for _ in range(times):
                signal.pthread_kill(threading.get_ident(), signum)
            letters = 0
            while select.select([fd], [], [], 0)[0]:
                os.read(fd, 128)
                letters += 1
            return letters
        finally:
            os.close(fd)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def file_under_epoll() -> str:
    """Return the name of the error with which epoll refuses a regular file."""
    with tempfile.TemporaryFile() as file, select.epoll() as epoll:
        try:
            epoll.register(file, select.EPOLLIN)
        except OSError as error:
            return errno.errorcode[error.errno or 0]
    return "nothing"
