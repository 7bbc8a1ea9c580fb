"""Where the loop of coroutines meets the reactor: the same `Loop`, now waiting for the world.

The loop asks for one thing, a way to let time pass, and the reactor's `run_once` is just that::

    reactor = Reactor()
    loop = real_loop(reactor)
    loop.complete(serve(World(loop, reactor)))
"""

from __future__ import annotations

import socket
import types
from collections.abc import Generator
from contextlib import suppress
from typing import Any

from pizzeria.eventloop.loop import Command, Loop, Task
from pizzeria.eventloop.pollers import FileDescriptor
from pizzeria.eventloop.reactor import READ, WRITE, Reactor


def real_loop(reactor: Reactor) -> Loop:
    """Make a loop of coroutines that keeps real time and waits on `reactor`."""
    return Loop(clock=reactor.time, wait=reactor.run_once)


class World:
    """What a coroutine may wait for outside: a descriptor that is ready, and what is done with it then."""

    def __init__(self, loop: Loop, reactor: Reactor) -> None:
        self.loop, self.reactor = loop, reactor
        # A waiting client costs an entry here, and no function of its own: both are made once.
        self._sleepers: dict[int, Task[Any]] = {}
        self._who = -1  # the descriptor whose task is about to be taken into custody
        self._custody, self._awake = self._take_custody, self._wake

    @types.coroutine
    def ready(self, fileobj: FileDescriptor, events: int) -> Generator[Command, None, None]:
        """Sleep until `fileobj` is ready for `events`; a cancelled task leaves nothing behind."""
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        self.reactor.register(fd, events, self._awake)
        self.loop.outside += 1
        self._who = fd
        try:
            yield self._custody
        finally:
            self.loop.outside -= 1
            self.reactor.unregister(fileobj)  # raises where the number is somebody else's by now
            self._sleepers.pop(fd, None)

    def _take_custody(self, task: Task[Any]) -> None:
        self._sleepers[self._who] = task

    def _wake(self, fd: int, _: int) -> None:
        self.reactor.modify(fd, 0)
        task = self._sleepers.get(fd)
        if task is not None and task.waiting_for is self._custody:
            self.loop.wake(task)

    async def recv(self, sock: socket.socket, size: int) -> bytes:
        """Receive at most `size` bytes, empty when the peer has finished."""
        while True:
            # Who waits inside of `except` keeps the error while he waits: 500 bytes a client.
            with suppress(BlockingIOError):
                return sock.recv(size)
            await self.ready(sock, READ)

    async def send(self, sock: socket.socket, data: bytes) -> None:
        """Send all of `data`."""
        rest = memoryview(data)
        while rest:
            with suppress(BlockingIOError):
                rest = rest[sock.send(rest) :]
                continue
            await self.ready(sock, WRITE)

    async def accept(self, listener: socket.socket) -> socket.socket:
        """Accept one connection; it comes non-blocking."""
        while True:
            with suppress(BlockingIOError):
                connection, _ = listener.accept()
                connection.setblocking(False)
                return connection
            await self.ready(listener, READ)
