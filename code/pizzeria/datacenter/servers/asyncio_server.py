"""Ngin O' Pepperonix on asyncio (or uvloop): one thread, a task for every connection, and every await lets go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.blocking import listen, turn_away, who_knocks
from pizzeria.datacenter.service.converse import see_through
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.interfaces import Counter, Host, Outcome
from pizzeria.datacenter.service.settings import Settings, announce

MUCH = 256 * 1024


class AsyncioStream(asyncio.Protocol):
    """A connection whose `recv` and `send` can be awaited, with deadlines; reading pauses when nobody listens."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, accepted: Callable[[AsyncioStream], object] | None = None
    ) -> None:
        self.loop, self.accepted = loop, accepted
        self.received, self.ended = bytearray(), False
        self.error: Exception | None = None
        self.reader: asyncio.Future[None] | None = None
        self.writer: asyncio.Future[None] | None = None
        self.paused = self.full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(0)  # sent is what the system has taken
        if self.accepted:
            self.accepted(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > MUCH and not self.paused:
            self.paused = True
            self.transport.pause_reading()
        self.wake(self.reader)

    def eof_received(self) -> bool:
        self.ended = True
        self.wake(self.reader)
        return True  # the peer may have finished sending and still want its answer

    def connection_lost(self, error: Exception | None) -> None:
        self.ended, self.error = True, error or ConnectionResetError("the connection is closed")
        self.wake(self.reader)
        self.wake(self.writer)

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        self.wake(self.writer)

    @staticmethod
    def wake(waiter: asyncio.Future[None] | None) -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def late(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_exception(TimeoutError("too late"))

    async def wait(self, name: str, due: float) -> None:
        """Wait until the reader or the writer is woken; `TimeoutError` at `due`."""
        waiter = self.loop.create_future()
        setattr(self, name, waiter)
        alarm = self.loop.call_at(due, self.late, waiter)
        try:
            await waiter
        finally:
            alarm.cancel()
            setattr(self, name, None)

    async def recv(self, due: float) -> bytes:
        """Return what has arrived, empty at the end."""
        while not self.received and not self.ended:
            await self.wait("reader", due)
        data = bytes(self.received)
        self.received.clear()
        if self.paused:
            self.paused = False
            self.transport.resume_reading()
        return data

    async def send(self, data: bytes, due: float) -> None:
        """Hand all of `data` over; wait when the peer is slow to take it."""
        if self.error:
            raise self.error
        self.transport.write(data)
        while self.full and not self.error:
            await self.wait("writer", due)

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        with contextlib.suppress(OSError, RuntimeError):
            self.transport.write_eof()

    def hang_up(self) -> None:
        """End a waiting `recv`, once what has arrived is read."""
        if not self.transport.is_closing():
            descriptor = os.dup(
                self.transport.get_extra_info("socket").fileno()
            )  # uvloop lends no real socket
            with socket.socket(fileno=descriptor) as sock, contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RD)

    def abort(self) -> None:
        """Close at once, whatever was sent."""
        self.transport.abort()

    def close(self) -> None:
        """Close, after what was sent has left."""
        self.transport.close()


class AsyncioHost:
    """Waits by letting go of asyncio's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.clock, self.sleep = loop, loop.time, asyncio.sleep
        self.ticket: Callable[[], asyncio.Future[Outcome]] = loop.create_future

    async def dial(self, host: str, port: int, due: float) -> AsyncioStream:
        """Connect."""
        async with asyncio.timeout_at(due):
            _, stream = await self.loop.create_connection(lambda: AsyncioStream(self.loop), host, port)
        return stream

    async def outcome(self, ticket: asyncio.Future[Outcome], due: float) -> Outcome:
        """Wait for the store's word."""
        alarm = self.loop.call_at(due, self.late, ticket)
        try:
            return await ticket
        finally:
            alarm.cancel()

    @staticmethod
    def late(ticket: asyncio.Future[Outcome]) -> None:
        if not ticket.done():
            ticket.set_exception(TimeoutError("the store is too slow"))

    def deliver(self, batch: list[tuple[Any, Outcome]]) -> None:
        """Bring the store's word from its thread to the loop's, once for a whole batch."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self.settle, batch)

    @staticmethod
    def settle(batch: list[tuple[asyncio.Future[Outcome], Outcome]]) -> None:
        for ticket, outcome in batch:
            if not ticket.done():
                ticket.set_result(outcome)


class AsyncioDoor:
    """Accept connections for a house, each with a task of its own, and see them all through at the end.

    It accepts by itself: asyncio's own way reports every attempt that finds no free descriptor, a thousand at a time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, house: Counter, listener: socket.socket) -> None:
        self.loop, self.house, self.listener = loop, house, listener
        self.tasks: set[asyncio.Task[None]] = set()
        loop.add_reader(listener, self.on_call)

    def on_call(self) -> None:
        """Accept all who wait; turn away who comes when the house has as many as it may."""
        try:
            for sock in who_knocks(self.listener, self.house.settings.backlog):
                sock.setblocking(False)
                if self.house.connections >= self.house.settings.connections:
                    turn_away(sock, self.house)
                    continue
                self.house.connections += 1
                self.start(self.arrive(sock))
        except OSError:
            self.loop.remove_reader(self.listener)  # out of descriptors: look again in a moment
            self.loop.call_later(0.1, self.look_again)

    def look_again(self) -> None:
        if self.listener.fileno() >= 0:
            self.loop.add_reader(self.listener, self.on_call)

    async def arrive(self, sock: socket.socket) -> None:
        """Give an accepted socket its stream; the connection's own task begins with it."""
        try:
            await self.loop.connect_accepted_socket(lambda: AsyncioStream(self.loop, self.accepted), sock)
        except OSError:
            self.house.connections -= 1
            sock.close()

    def accepted(self, stream: AsyncioStream) -> None:
        """Serve a connection."""
        self.start(see_through(stream, self.house))

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def drain(self) -> None:
        """Take what the backlog holds and close the door, wake who is idle, wait for the rest."""
        self.house.draining = True
        due = self.loop.time() + self.house.settings.drain
        self.on_call()
        self.loop.remove_reader(self.listener)
        self.listener.close()
        while self.tasks and self.loop.time() < due:
            for stream in list(self.house.idle):
                stream.hang_up()
            await asyncio.wait(self.tasks, timeout=0.05)
        the_end.cut(len(self.tasks), self.house.settings.drain)
        for task in self.tasks:
            task.cancel()


async def open_for_business(
    settings: Settings,
    make_house: Callable[[Settings, Host], Counter] = House,
    ready: Callable[[Settings, Any], object] = announce,
) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    listener = listen(settings)
    house = make_house(settings, AsyncioHost(loop))
    door, told = AsyncioDoor(loop, house, listener), asyncio.Event()
    the_end.call_once(lambda: loop.call_soon_threadsafe(told.set))
    if settings.leash:
        loop.add_reader(0, told.set)
    ready(settings, listener.getsockname())
    await told.wait()
    the_end.begun()  # it may have been the leash
    await door.drain()
    house.close()


def serve(settings: Settings) -> None:
    """Serve until told to stop, on asyncio's own loop, or on uvloop when the settings name it."""
    factory = None
    if settings.server == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(open_for_business(settings))
