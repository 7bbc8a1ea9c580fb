"""The only door into a running loop: a socket pair that threads and signal handlers drop a byte into.

Byte 0 says *wake up*; any other byte is the number of a signal, written by the interpreter's own C handler
(``signal.set_wakeup_fd``), so that no Python code runs at a moment the loop did not choose. An eventfd would be one
descriptor cheaper, but the interpreter writes one byte and an eventfd takes eight.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any


class Mailbox:
    """A slot to the outside, a box to the loop; both ends are non-blocking."""

    def __init__(self) -> None:
        self.box, self._slot = socket.socketpair()
        self.box.setblocking(False)
        self._slot.setblocking(False)
        self._watched: dict[int, tuple[Callable[[int], object], Any]] = {}
        self._wakeup_before = -1

    def wake(self) -> None:
        """Drop a byte in; when the box is full of them already, one is as good as many."""
        with contextlib.suppress(BlockingIOError):
            self._slot.send(b"\0")

    def watch(self, signum: int, callback: Callable[[int], object]) -> None:
        """Have `signum` dropped in from now on; `callback` is what `collect` answers for it."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("signals are delivered to the main thread: watch them from there")
        before = signal.signal(signum, lambda *_: None)
        if not self._watched:
            self._wakeup_before = signal.set_wakeup_fd(self._slot.fileno(), warn_on_full_buffer=False)
        self._watched[signum] = (callback, self._watched[signum][1] if signum in self._watched else before)

    def collect(self) -> list[tuple[Callable[[int], object], int]]:
        """Empty the box and return ``(callback, signum)`` for every signal that was in it."""
        try:
            letters = self.box.recv(4096)
        except BlockingIOError:
            return []
        return [(self._watched[n][0], n) for n in letters if n in self._watched]

    def close(self) -> None:
        """Put the signal handlers back as they were and close both ends."""
        if self._watched:
            signal.set_wakeup_fd(self._wakeup_before)
            for signum, (_, before) in self._watched.items():
                signal.signal(signum, before)
            self._watched = {}
        self.box.close()
        self._slot.close()
