"""Ngin O' Pepperonix on Twisted: Protocols and Deferreds below, the same coroutine as everywhere above.

As a script it runs Twisted's own reactor. Inside a loop that runs already (a notebook), install the asyncio reactor
first, then ``await start(settings).asFuture(loop)``; nobody may call ``reactor.run()`` there.
"""

import contextlib
import signal
import socket
import time

from twisted.internet import defer
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer

from pizzeria.datacenter.servers.blocking import FULL, listen
from pizzeria.datacenter.service.converse import converse
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.settings import announce

MUCH = 256 * 1024


def timed(reactor, due, why="too late"):
    """Return a Deferred to wait for, which fails with `TimeoutError` at `due` unless it has fired."""
    waiting = defer.Deferred()
    left = max(0.0, due - time.monotonic())
    alarm = reactor.callLater(left, lambda: waiting.called or waiting.errback(TimeoutError(why)))

    def silence(result):
        if alarm.active():
            alarm.cancel()
        return result

    return waiting.addBoth(silence)


def fire(waiting, result=None):
    """Fire a Deferred that somebody may be waiting for."""
    if waiting is not None and not waiting.called:
        waiting.callback(result)


@implementer(IHalfCloseableProtocol)
class TwistedStream(Protocol):
    """A connection whose `recv` and `send` can be awaited, with deadlines; reading pauses when nobody listens."""

    def __init__(self, reactor, accepted=None):
        self.reactor, self.accepted = reactor, accepted
        self.received, self.ended, self.error = bytearray(), False, None
        self.reading = self.writing = None
        self.paused = self.full = False

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        if self.accepted:
            self.accepted(self)

    def dataReceived(self, data):
        self.received += data
        if len(self.received) > MUCH and not self.paused:
            self.paused = True
            self.transport.pauseProducing()
        fire(self.reading)

    def readConnectionLost(self):
        self.ended = True
        fire(self.reading)

    def writeConnectionLost(self):
        pass

    def connectionLost(self, reason):
        self.ended, self.error = True, ConnectionResetError("the connection is closed")
        fire(self.reading)
        fire(self.writing)

    # As a producer: the transport asks us to pause when the peer does not take what we send.

    def pauseProducing(self):
        self.full = True

    def resumeProducing(self):
        self.full = False
        fire(self.writing)

    def stopProducing(self):
        self.resumeProducing()

    async def recv(self, due):
        """Return what has arrived, empty at the end."""
        while not self.received and not self.ended:
            self.reading = timed(self.reactor, due)
            try:
                await self.reading
            finally:
                self.reading = None
        data = bytes(self.received)
        self.received.clear()
        if self.paused:
            self.paused = False
            self.transport.resumeProducing()
        return data

    async def send(self, data, due):
        """Hand all of `data` over; wait when the peer is slow to take it."""
        if self.error:
            raise self.error
        self.transport.write(data)
        while self.full and not self.error:
            self.writing = timed(self.reactor, due)
            try:
                await self.writing
            finally:
                self.writing = None

    def finish(self):
        """Say that nothing more will be sent."""
        self.transport.unregisterProducer()
        self.transport.loseWriteConnection()

    def hang_up(self):
        """End a waiting `recv`, once what has arrived is read."""
        with contextlib.suppress(OSError, AttributeError):
            self.transport.getHandle().shutdown(socket.SHUT_RD)

    def close(self):
        """Close, after what was sent has left."""
        self.transport.unregisterProducer()
        self.transport.loseConnection()


class TwistedHost:
    """Waits by letting go of Twisted's reactor."""

    clock = staticmethod(time.monotonic)
    ticket = defer.Deferred

    def __init__(self, reactor):
        self.reactor = reactor

    async def sleep(self, seconds):
        """Let go for so long."""
        waiting = defer.Deferred()
        self.reactor.callLater(seconds, waiting.callback, None)
        await waiting

    async def dial(self, host, port, due):
        """Connect."""
        endpoint = TCP4ClientEndpoint(self.reactor, host, port, timeout=max(0.001, due - self.clock()))
        try:
            return await connectProtocol(endpoint, TwistedStream(self.reactor))
        except Exception as error:  # Twisted's own errors of connecting are no OSErrors
            raise ConnectionRefusedError(str(error)) from None

    async def outcome(self, ticket, due):
        """Wait for the store's word."""
        alarm = timed(self.reactor, due, "the store is too slow")
        ticket.addCallback(lambda outcome: fire(alarm, outcome))
        return await alarm

    def deliver(self, batch):
        """Bring the store's word from its thread to the reactor's, once for a whole batch."""
        self.reactor.callFromThread(self.settle, batch)

    @staticmethod
    def settle(batch):
        for ticket, outcome in batch:
            ticket.callback(outcome)


class TwistedDoor(Factory):
    """Accept connections for a house, each with a coroutine of its own, and see them all through at the end."""

    def __init__(self, reactor, house):
        self.reactor, self.house, self.empty = reactor, house, defer.Deferred()

    def buildProtocol(self, address):
        return TwistedStream(self.reactor, self.accepted)

    def accepted(self, stream):
        """Serve a connection, or turn it away when there are too many."""
        if self.house.connections >= self.house.settings.connections:
            stream.transport.write(FULL)
            stream.close()
            self.house.count(503)
            return
        self.house.connections += 1
        defer.ensureDeferred(self.see_through(stream))

    async def see_through(self, stream):
        try:
            await converse(stream, self.house)
        except OSError:
            pass  # the client went away, or takes no answer (TimeoutError is an OSError)
        except Exception as error:
            self.house.complain(error)
        finally:
            self.house.connections -= 1
            stream.close()

    async def drain(self):
        """Take what the backlog holds, wake who is idle, wait for the rest."""
        self.house.draining = True
        due = time.monotonic() + self.house.settings.drain
        await self.house.host.sleep(0.02)  # one more turn of the accepting reactor
        while self.house.connections and time.monotonic() < due:
            for stream in list(self.house.idle):
                stream.hang_up()
            await self.house.host.sleep(0.02)


async def start(settings, reactor, ready=announce):
    """Start to serve; return ``stop()``, whose result is awaited to drain and close."""
    listener = listen(settings)
    house = House(settings, TwistedHost(reactor))
    door = TwistedDoor(reactor, house)
    port = reactor.adoptStreamPort(listener.fileno(), socket.AF_INET, door)
    listener.close()  # the reactor has a descriptor of its own for it
    ready(settings, port.socket.getsockname())

    async def stop():
        await door.drain()
        await defer.maybeDeferred(port.stopListening)
        house.close()

    return stop


def serve(settings):
    """Serve until told to stop, on the reactor that Twisted chooses for this system."""
    from twisted.internet import reactor

    async def main():
        stop, told = await start(settings, reactor), defer.Deferred()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(fire, told))
        await told
        await stop()

    def go():
        defer.ensureDeferred(main()).addErrback(failed.append).addBoth(lambda _: reactor.stop())

    failed = []
    reactor.callWhenRunning(go)
    reactor.run()
    for failure in failed:
        failure.raiseException()
