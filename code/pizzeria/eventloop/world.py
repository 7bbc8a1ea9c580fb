"""Where the loop of coroutines meets the reactor: the same `Loop`, now waiting for the world.

The loop asks for one thing, a way to let time pass, and the reactor's `run_once` is just that::

    reactor = Reactor()
    loop = real_loop(reactor)
    loop.complete(serve(World(loop, reactor)))
"""

import types

from pizzeria.eventloop.loop import Loop
from pizzeria.eventloop.reactor import READ, WRITE


def real_loop(reactor):
    """Make a loop of coroutines that keeps real time and waits on `reactor`."""
    return Loop(clock=reactor.time, wait=reactor.run_once)


class World:
    """What a coroutine may wait for outside: a descriptor that is ready, and what is done with it then."""

    def __init__(self, loop, reactor):
        self.loop, self.reactor = loop, reactor

    @types.coroutine
    def ready(self, fileobj, events):
        """Sleep until `fileobj` is ready for `events`; a cancelled task leaves nothing behind."""
        loop, reactor = self.loop, self.reactor
        sleeper = None

        def take_custody(task):
            nonlocal sleeper
            sleeper = task

        def wake(fd, _):
            reactor.modify(fd, 0)
            if sleeper.waiting_for is take_custody:
                loop.wake(sleeper)

        reactor.register(fileobj, events, wake)
        loop.outside += 1
        try:
            yield take_custody
        finally:
            loop.outside -= 1
            reactor.unregister(fileobj)

    async def recv(self, sock, size):
        """Receive at most `size` bytes, empty when the peer has finished."""
        while True:
            try:
                return sock.recv(size)
            except BlockingIOError:
                await self.ready(sock, READ)

    async def send(self, sock, data):
        """Send all of `data`."""
        data = memoryview(data)
        while data:
            try:
                data = data[sock.send(data) :]
            except BlockingIOError:
                await self.ready(sock, WRITE)

    async def accept(self, listener):
        """Accept one connection; it comes non-blocking."""
        while True:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                await self.ready(listener, READ)
            else:
                connection.setblocking(False)
                return connection
