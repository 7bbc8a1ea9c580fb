"""Waiting on our own event loop: streams on its reactor, tickets for what is not there yet, and turns to compute."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import types
from collections import deque
from collections.abc import Generator
from typing import Any

from pizzeria.datacenter.servers.blocking import Ends
from pizzeria.datacenter.service.interfaces import Outcome
from pizzeria.eventloop.loop import Command, Loop, Task, sleep
from pizzeria.eventloop.reactor import READ, WRITE, Reactor

LATE = object()
MOST = 65536  # bytes taken at a time


class Ticket:
    """A result that is not there yet: `await` it in one task, `settle` it from the loop's thread."""

    __slots__ = ("loop", "result", "settled", "task")

    def __init__(self, loop: Loop) -> None:
        self.loop, self.settled = loop, False
        self.task: Task[Any] | None = None
        self.result: Any = None

    def keep(self, task: Task[Any]) -> None:
        """Take the waiting task into custody."""
        self.task = task

    @types.coroutine
    def wait(self) -> Generator[Command, None, Any]:
        """Wait for the result."""
        if not self.settled:
            yield self.keep
        return self.result

    def settle(self, result: object) -> None:
        """Give the result; only the first one counts."""
        if self.settled:
            return
        self.settled, self.result = True, result
        task = self.task
        if task is not None and task.waiting_for is not None:
            self.loop.wake(task)


class ReactorStream(Ends):
    """A non-blocking socket on the reactor; registered once, muted while nobody listens."""

    __slots__ = ("events", "host", "maybe", "reading", "sock", "writing")

    def __init__(self, host: ReactorHost, sock: socket.socket) -> None:
        self.host, self.sock = host, sock
        self.reading: Ticket | None = None
        self.writing: Ticket | None = None
        self.events = READ
        self.maybe = (
            True  # whether it is worth a system call to ask for bytes before the reactor has told of any
        )
        host.reactor.register(sock, READ, self.on_ready)

    def on_ready(self, _: int, events: int) -> None:
        """Wake whoever waits for this; what nobody waits for is muted, which is the back-pressure."""
        if events & READ and self.reading:
            self.reading.settle(None)
        if events & WRITE and self.writing:
            self.writing.settle(None)
        unwanted = (0 if self.reading else events & READ) | (0 if self.writing else events & WRITE)
        if unwanted:
            self.watch(self.events & ~unwanted)

    def watch(self, events: int) -> None:
        if events != self.events:
            self.events = events
            self.host.reactor.modify(self.sock, events)

    async def recv(self, due: float) -> bytes:
        """Return what has arrived, empty at the end."""
        while True:
            if self.maybe:
                try:
                    data = self.sock.recv(MOST)
                    self.maybe = len(data) == MOST
                    return data
                except BlockingIOError:
                    pass
            self.watch(self.events | READ)
            ticket = self.reading = Ticket(self.host.loop)
            try:
                await self.host.outcome(ticket, due)
            finally:
                self.reading = None
            self.maybe = True

    async def send(self, data: bytes, due: float) -> None:
        """Hand all of `data` over; wait when the peer is slow to take it."""
        rest = memoryview(data)
        while True:
            with contextlib.suppress(BlockingIOError):
                rest = rest[self.sock.send(rest) :]
            if not rest:
                return
            self.watch(self.events | WRITE)
            ticket = self.writing = Ticket(self.host.loop)
            try:
                await self.host.outcome(ticket, due)
            finally:
                self.writing = None

    def close(self) -> None:
        """Take the socket off the reactor, and close it."""
        if self.sock.fileno() >= 0:
            with contextlib.suppress(RuntimeError):  # the drain cut it: the reactor is closed already
                self.host.reactor.unregister(self.sock)
            self.sock.close()


class ReactorHost:
    """Waits by letting go of the loop."""

    def __init__(self, reactor: Reactor) -> None:
        self.reactor, self.clock, self.sleep = reactor, reactor.time, sleep
        self.loop = Loop(clock=reactor.time, wait=self.wait)
        self.computing: deque[Task[Any]] = deque()
        self.stand_in_line = self.computing.append

    def wait(self, delay: float | None) -> None:
        """Let time pass; of those who want to compute, one goes on after each look at the world."""
        if not self.computing:
            self.reactor.run_once(delay)
            return
        self.reactor.run_once(0)
        task = self.computing.popleft()
        if task.waiting_for is self.stand_in_line:
            self.loop.wake(task)

    @types.coroutine
    def turn(self) -> Generator[Command, None, None]:
        """Wait until everybody who is quick has gone first.

        Who computes as soon as his answer is there keeps fifty others from hearing theirs, and all go on together, a
        convoy: whoever has been served comes back at the same time, and meanwhile nobody computes.
        """
        yield self.stand_in_line

    def ticket(self) -> Ticket:
        """Return a ticket for an outcome."""
        return Ticket(self.loop)

    async def outcome(self, ticket: Ticket, due: float) -> Any:
        """Wait for the ticket's result; `TimeoutError` at `due`."""
        if ticket.settled:
            return ticket.result
        alarm = self.reactor.call_at(due, ticket.settle, LATE)
        result = await ticket.wait()
        if result is LATE:
            raise TimeoutError("too late")
        alarm.cancel()
        return result

    async def dial(self, host: str, port: int, due: float) -> ReactorStream:
        """Connect to an address given in numbers (a look-up of a name would hold the loop)."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = None
        try:
            error = sock.connect_ex((host, port))
            if error not in (0, errno.EINPROGRESS):
                raise OSError(error, os.strerror(error))
            stream = ReactorStream(self, sock)
            stream.watch(READ | WRITE)
            ticket = stream.writing = Ticket(self.loop)
            try:
                await self.outcome(ticket, due)
            finally:
                stream.writing = None
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            stream.watch(READ)
            stream.maybe = False  # who was called speaks when he was asked
            return stream
        except BaseException:
            (stream or sock).close()
            raise

    def deliver(self, batch: list[tuple[Any, Outcome]]) -> None:
        """Bring the store's word from its thread to the loop's, once for a whole batch."""
        with contextlib.suppress(RuntimeError):  # the reactor is closed: nobody waits any more
            self.reactor.call_soon_threadsafe(self.settle, batch)

    @staticmethod
    def settle(batch: list[tuple[Ticket, Outcome]]) -> None:
        for ticket, outcome in batch:
            ticket.settle(outcome)
