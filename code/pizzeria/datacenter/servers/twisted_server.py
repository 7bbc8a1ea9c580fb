"""Ngin O' Pepperonix on Twisted: Protocols and Deferreds below, the same coroutine as everywhere above.

As a script it runs Twisted's own reactor. Inside a loop that runs already (a notebook), install the asyncio reactor
first, then ``await start(settings).asFuture(loop)``; nobody may call ``reactor.run()`` there.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet import defer
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.blocking import FULL, listen
from pizzeria.datacenter.service.converse import see_through
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.interfaces import Outcome
from pizzeria.datacenter.service.settings import Settings, announce

MUCH = 256 * 1024


def timed(reactor: Any, due: float, why: str = "too late") -> defer.Deferred[Any]:
    """Return a Deferred to wait for, which fails with `TimeoutError` at `due` unless it has fired."""
    waiting: defer.Deferred[Any] = defer.Deferred()
    left = max(0.0, due - time.monotonic())

    def ring() -> None:
        if not waiting.called:
            waiting.errback(TimeoutError(why))

    alarm = reactor.callLater(left, ring)

    def silence(result: object) -> object:
        if alarm.active():
            alarm.cancel()
        return result

    return waiting.addBoth(silence)


def fire(waiting: defer.Deferred[Any] | None, result: object = None) -> None:
    """Fire a Deferred that somebody may be waiting for."""
    if waiting is not None and not waiting.called:
        waiting.callback(result)


@implementer(IHalfCloseableProtocol)
class TwistedStream(Protocol):
    """A connection whose `recv` and `send` can be awaited, with deadlines; reading pauses when nobody listens."""

    transport: Any  # Twisted types it by zope's interfaces, which type checkers cannot read

    def __init__(self, reactor: Any, door: TwistedDoor | None = None) -> None:
        self.reactor, self.door, self.alarm = reactor, door, None
        self.received, self.ended = bytearray(), False
        self.error: Exception | None = None
        self.reading: defer.Deferred[Any] | None = None
        self.writing: defer.Deferred[Any] | None = None
        self.paused = self.full = False

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        if self.door:
            self.door.accepted(self)

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > MUCH and not self.paused:
            self.paused = True
            self.transport.pauseProducing()
        fire(self.reading)

    def readConnectionLost(self) -> None:
        self.ended = True
        fire(self.reading)

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended, self.error = True, ConnectionResetError("the connection is closed")
        if self.door:
            self.door.open -= 1
        if self.alarm is not None and self.alarm.active():
            self.alarm.cancel()
        fire(self.reading)
        fire(self.writing)

    # As a producer: the transport asks us to pause when the peer does not take what we send.

    def pauseProducing(self) -> None:
        self.full = True

    def resumeProducing(self) -> None:
        self.full = False
        fire(self.writing)

    def stopProducing(self) -> None:
        self.resumeProducing()

    async def recv(self, due: float) -> bytes:
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

    async def send(self, data: bytes, due: float) -> None:
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

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        self.transport.unregisterProducer()
        self.transport.loseWriteConnection()

    def hang_up(self) -> None:
        """End a waiting `recv`, once what has arrived is read."""
        with contextlib.suppress(OSError, AttributeError):
            self.transport.getHandle().shutdown(socket.SHUT_RD)

    def abort(self) -> None:
        """Close at once, whatever was sent."""
        self.transport.unregisterProducer()
        self.transport.abortConnection()

    def close(self) -> None:
        """Close, after what was sent has left, or when the peer does not take it."""
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        if self.door and self.error is None:
            patience = self.door.house.settings.reply_time
            self.alarm = self.reactor.callLater(patience, self.transport.abortConnection)


class TwistedHost:
    """Waits by letting go of Twisted's reactor."""

    clock = staticmethod(time.monotonic)
    ticket = defer.Deferred

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor

    async def sleep(self, seconds: float) -> None:
        """Let go for so long."""
        waiting: defer.Deferred[None] = defer.Deferred()
        self.reactor.callLater(seconds, waiting.callback, None)
        await waiting

    async def dial(self, host: str, port: int, due: float) -> TwistedStream:
        """Connect."""
        endpoint = TCP4ClientEndpoint(self.reactor, host, port, timeout=max(0.001, due - self.clock()))
        try:
            stream: TwistedStream = await connectProtocol(endpoint, TwistedStream(self.reactor))
        except Exception as error:  # Twisted's own errors of connecting are no OSErrors
            kind = TimeoutError if self.clock() >= due else ConnectionRefusedError
            raise kind(str(error)) from None
        return stream

    async def outcome(self, ticket: defer.Deferred[Outcome], due: float) -> Outcome:
        """Wait for the store's word."""
        alarm = timed(self.reactor, due, "the store is too slow")
        ticket.addCallback(lambda outcome: fire(alarm, outcome))
        found: Outcome = await alarm
        return found

    def deliver(self, batch: list[tuple[Any, Outcome]]) -> None:
        """Bring the store's word from its thread to the reactor's, once for a whole batch."""
        self.reactor.callFromThread(self.settle, batch)

    @staticmethod
    def settle(batch: list[tuple[defer.Deferred[Outcome], Outcome]]) -> None:
        for ticket, outcome in batch:
            ticket.callback(outcome)


class TwistedDoor(Factory):
    """Accept connections for a house, each with a coroutine of its own, and see them all through at the end."""

    def __init__(self, reactor: Any, house: House) -> None:
        self.reactor, self.house = reactor, house
        self.open = 0  # transports, and what they have not sent yet

    def buildProtocol(self, address: IAddress | None) -> TwistedStream:
        return TwistedStream(self.reactor, self)

    def accepted(self, stream: TwistedStream) -> None:
        """Serve a connection, or turn it away when there are too many."""
        self.open += 1
        if self.house.connections >= self.house.settings.connections:
            stream.transport.write(FULL)
            stream.close()
            self.house.count(503)
            return
        self.house.connections += 1
        defer.ensureDeferred(see_through(stream, self.house))

    async def drain(self, port: Any) -> None:
        """Take what the backlog holds and close the door, wake who is idle, wait for the rest."""
        self.house.draining = True
        due = time.monotonic() + self.house.settings.drain
        knocking = select.poll()
        knocking.register(port.fileno(), select.POLLIN)
        for _ in range(64):
            if not knocking.poll(0):
                break
            port.doRead()  # it accepts some at a time
        await defer.maybeDeferred(port.stopListening)
        while self.open and time.monotonic() < due:
            for stream in list(self.house.idle):
                stream.hang_up()
            await self.house.host.sleep(0.02)
        the_end.cut(self.open, self.house.settings.drain)


async def start(
    settings: Settings, reactor: Any, ready: Callable[[Settings, Any], object] = announce
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Start to serve; return ``stop()``, whose result is awaited to drain and close."""
    listener = listen(settings)
    house = House(settings, TwistedHost(reactor))
    door = TwistedDoor(reactor, house)
    port = reactor.adoptStreamPort(listener.fileno(), socket.AF_INET, door)
    listener.close()  # the reactor has a descriptor of its own for it
    ready(settings, port.socket.getsockname())

    async def stop() -> None:
        await door.drain(port)
        house.close()

    return stop


def serve(settings: Settings) -> None:
    """Serve until told to stop, on the reactor that Twisted chooses for this system."""
    from twisted.internet import reactor as chosen

    reactor: Any = chosen  # a module of Twisted's that becomes a reactor when it is imported

    async def main() -> None:
        told: defer.Deferred[None] = defer.Deferred()
        the_end.call_once(lambda: reactor.callFromThread(fire, told))
        stop = await start(settings, reactor)
        await told
        await stop()

    def go() -> None:
        defer.ensureDeferred(main()).addErrback(failed.append).addBoth(lambda _: reactor.stop())

    failed: list[Failure] = []
    reactor.callWhenRunning(go)
    reactor.run(installSignalHandlers=False)  # its own would give them back their power in the end
    for failure in failed:
        failure.raiseException()
