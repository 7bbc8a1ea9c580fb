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

    @types.coroutine
    def ready(self, fileobj: FileDescriptor, events: int) -> Generator[Command, None, None]:
        """Sleep until `fileobj` is ready for `events`; a cancelled task leaves nothing behind."""
        loop, reactor = self.loop, self.reactor
        sleeper: Task[Any] | None = None

        def take_custody(task: Task[Any]) -> None:
            nonlocal sleeper
            sleeper = task

        def wake(fd: int, _: int) -> None:
            reactor.modify(fd, 0)
            if sleeper is not None and sleeper.waiting_for is take_custody:
                loop.wake(sleeper)

        reactor.register(fileobj, events, wake)
        loop.outside += 1
        try:
            yield take_custody
        finally:
            loop.outside -= 1
            reactor.unregister(fileobj)

    async def recv(self, sock: socket.socket, size: int) -> bytes:
        """Receive at most `size` bytes, empty when the peer has finished."""
        while True:
            try:
                return sock.recv(size)
            except BlockingIOError:
                await self.ready(sock, READ)

    async def send(self, sock: socket.socket, data: bytes) -> None:
        """Send all of `data`."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[sock.send(rest) :]
            except BlockingIOError:
                await self.ready(sock, WRITE)

    async def accept(self, listener: socket.socket) -> socket.socket:
        """Accept one connection; it comes non-blocking."""
        while True:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                await self.ready(listener, READ)
            else:
                connection.setblocking(False)
                return connection
