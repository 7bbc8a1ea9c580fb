"""The reactor: ask the kernel who is ready, call whoever waits for it, start again.

One thread runs the loop and everything in it. From outside there are exactly three doors, and all of them only drop a
byte into its mailbox: `Reactor.wake`, `Reactor.call_soon_threadsafe` and, for signals, `Reactor.on_signal`. The rules
of the house:

* a callback that raises is reported to `on_error` and the loop goes on; its descriptor is taken off the list, because
  a level-triggered descriptor that nobody reads is reported again at once, and for ever;
* nothing is removed in silence: a descriptor that was closed while registered is reported too;
* the loop sleeps in the kernel whenever there is nothing to do; it never polls "just in case".
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Self

from pizzeria.eventloop.handles import ClosedDescriptor, Entry, Handle, print_error
from pizzeria.eventloop.mailbox import Mailbox
from pizzeria.eventloop.pollers import EDGE, READ, WRITE, FileDescriptor, mechanisms, open_poller

__all__ = ["EDGE", "READ", "WRITE", "ClosedDescriptor", "Handle", "Reactor", "mechanisms"]


class Reactor:
    """Dispatch readiness, timers and calls from other threads, on any mechanism: ``Reactor("poll")``.

    ``on_error(what, error)`` hears about every callback that raised.
    """

    time = staticmethod(time.monotonic)

    def __init__(
        self, mechanism: str | None = None, on_error: Callable[[str, BaseException], object] = print_error
    ) -> None:
        self.on_error = on_error
        self._poller = open_poller(mechanism)
        self.mechanism = type(self._poller).__name__.lower()
        self._entries: dict[int, Entry] = {}
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._sequence = self._tick = self._cancelled = 0
        self._running = self._stopping = self._closed = False
        try:
            self._mailbox = Mailbox()
        except OSError:
            self._poller.close()
            raise
        box = self._mailbox.box.fileno()
        self._poller.change(box, 0, READ)
        self._entries[box] = Entry(READ, self._open_mail, None, -1)

    # descriptors

    def register(self, fileobj: FileDescriptor, events: int, callback: Callable[[int, int], object]) -> None:
        """Call ``callback(fd, events)`` whenever `fileobj` is ready for `events`: `READ`, `WRITE`, plus `EDGE`."""
        fd, events = self._descriptor(fileobj), self._checked(events)
        known = self._entries.get(fd)
        if known is not None:
            if known.identity is not None and known.identity != self._identity(fd):
                raise ClosedDescriptor(fd)
            raise ValueError(f"descriptor {fd} is already registered: use modify()")
        identity = self._identity(fd)
        self._poller.change(fd, 0, events)
        self._entries[fd] = Entry(events, callback, identity, self._tick)

    def modify(
        self, fileobj: FileDescriptor, events: int, callback: Callable[[int, int], object] | None = None
    ) -> None:
        """Change what `fileobj` waits for, and who is called if `callback` is given; 0 events mutes it."""
        fd, events = self._descriptor(fileobj), self._checked(events)
        entry = self._entry(fd)
        if events != entry.events:
            try:
                self._poller.change(fd, entry.events, events)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EBADF):  # the kernel forgot it when it was closed
                    raise ClosedDescriptor(fd) from None
                raise
            entry.events = events
        if callback is not None:
            entry.callback = callback

    def unregister(self, fileobj: FileDescriptor) -> None:
        """Stop watching `fileobj`; one that was closed meanwhile is forgotten all the same."""
        fd = self._descriptor(fileobj)
        self._entry(fd)
        self._forget(fd)

    def watching(self, fileobj: FileDescriptor) -> int | None:
        """Return the events `fileobj` is registered for, or None."""
        entry = self._entries.get(self._descriptor(fileobj))
        return entry.events if entry else None

    def sweep(self) -> list[int]:
        """Forget every descriptor that was closed while registered, report each, return them.

        select and poll notice by themselves; epoll and kqueue never say a word.
        """
        gone = [
            fd
            for fd, e in self._entries.items()
            if e.identity and e.identity != self._identity(fd, quiet=True)
        ]
        for fd in gone:
            self._report_closed(fd)
        return gone

    # calls

    def call_soon(self, callback: Callable[..., object], *args: Any) -> Handle:
        """Call at the next turn of the loop, after what is already queued."""
        handle = Handle(self, callback, args)
        self._ready.append(handle)
        return handle

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Handle:
        """Call once, `delay` seconds from now; the handle's `cancel` takes it back."""
        if not 0 <= delay < float("inf"):
            raise ValueError(f"cannot call in {delay} s: a delay is finite and at least 0")
        return self.call_at(self.time() + delay, callback, *args)

    def call_at(self, deadline: float, callback: Callable[..., object], *args: Any) -> Handle:
        """Call once, when the reactor's clock (`Reactor.time`) shows `deadline`."""
        handle = Handle(self, callback, args, deadline)
        self._sequence += 1
        heappush(self._timers, (deadline, self._sequence, handle))
        return handle

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> Handle:
        """Call in the loop's thread, asked for by another thread or by a signal handler."""
        handle = self.call_soon(callback, *args)
        self.wake()
        return handle

    def wake(self) -> None:
        """End the wait that is going on; any thread and any signal handler may."""
        if self._closed:
            raise RuntimeError("the reactor is closed")
        self._mailbox.wake()

    def on_signal(self, signum: int, callback: Callable[[int], object]) -> None:
        """Call ``callback(signum)`` in the loop when the signal arrives (main thread only)."""
        self._mailbox.watch(signum, callback)

    # the loop

    def run(self) -> None:
        """Run until `stop`; errors in callbacks do not end it."""
        if self._running:
            raise RuntimeError("the reactor is already running")
        self._running = True
        try:
            while not self._stopping:
                self.run_once()
        finally:
            self._running = self._stopping = False

    def stop(self) -> None:
        """Leave `run` after the present turn; from another thread: ``call_soon_threadsafe(reactor.stop)``."""
        self._stopping = True

    def run_once(self, timeout: float | None = None) -> None:
        """Wait at most `timeout` seconds (None: until something happens), then make every due call."""
        if self._closed:
            raise RuntimeError("the reactor is closed")
        timers, ready, entries = self._timers, self._ready, self._entries
        while timers and timers[0][2].cancelled:
            heappop(timers)
        if ready:
            timeout = 0
        elif timers:
            due = max(0.0, timers[0][0] - self.time())
            timeout = due if timeout is None else min(due, timeout)
        self._tick = tick = self._tick + 1
        for fd, events in self._poller.wait(timeout):
            entry = entries.get(fd)
            if entry is None or entry.born == tick:
                continue  # taken off, or born, during this turn: the news is about somebody else
            if not events:
                self._report_closed(fd)
                continue
            if events > 5:
                events = READ | WRITE  # error or hang-up: whatever it waited for would not block
            try:
                entry.callback(fd, events & entry.events)
            except Exception as error:
                if entries.get(fd) is entry:
                    self._forget(fd)
                self._report(f"the callback of descriptor {fd}", error)
        if timers:
            now = self.time()
            while timers and timers[0][0] <= now:
                handle = heappop(timers)[2]
                handle.deadline = None
                ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle.callback is not None:
                callback, args, handle.callback = handle.callback, handle.args, None
                try:
                    callback(*args)
                except Exception as error:
                    self._report(f"the call of {getattr(callback, '__qualname__', callback)}", error)

    def close(self) -> None:
        """Give back the reactor's own descriptors and signal handlers; what was registered stays open."""
        if self._running:
            raise RuntimeError("stop the reactor before closing it")
        if self._closed:
            return
        self._closed = True
        self._entries.clear()
        self._ready.clear()
        self._timers.clear()
        self._poller.close()
        self._mailbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # below the counter

    def _descriptor(self, fileobj: FileDescriptor) -> int:
        if self._closed:
            raise RuntimeError("the reactor is closed")
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        if fd < 0:
            raise ValueError(f"{fileobj!r} is closed: it has no descriptor any more")
        return fd

    def _checked(self, events: int) -> int:
        if events & ~(READ | WRITE | EDGE) or events == EDGE:
            raise ValueError(f"{events:#x} is not a set of events: add up READ, WRITE and EDGE")
        if events & EDGE and not self._poller.edges:
            raise ValueError(f"{self.mechanism} has no edges: it is level-triggered, always")
        return events

    def _entry(self, fd: int) -> Entry:
        try:
            return self._entries[fd]
        except KeyError:
            raise KeyError(f"descriptor {fd} is not registered") from None

    @staticmethod
    def _identity(fd: int, quiet: bool = False) -> int | None:
        try:
            status = os.fstat(fd)
        except OSError as error:
            if quiet:
                return None
            raise ValueError(f"descriptor {fd} is not open: {error.strerror}") from None
        return status.st_dev << 64 | status.st_ino  # one number: a pair costs a hundred bytes a descriptor

    def _forget(self, fd: int) -> None:
        entry = self._entries.pop(fd)
        try:
            self._poller.change(fd, entry.events, 0)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EBADF):  # closed: the kernel has forgotten it too
                raise

    def _report_closed(self, fd: int) -> None:
        self._forget(fd)
        self._report(f"watching descriptor {fd}", ClosedDescriptor(fd))

    def _report(self, what: str, error: BaseException) -> None:
        try:
            self.on_error(what, error)
        except Exception as worse:
            print_error(f"on_error, called because {what} failed,", worse)

    def _open_mail(self, fd: int, _: int) -> None:
        for callback, signum in self._mailbox.collect():
            self.call_soon(callback, signum)

    def _timer_cancelled(self) -> None:
        self._cancelled += 1  # since the last sweep, those that the loop has dropped included
        if self._cancelled > 64 and self._cancelled * 2 > len(self._timers):
            self._timers[:] = [timer for timer in self._timers if not timer[2].cancelled]
            heapify(self._timers)
            self._cancelled = 0
