"""Waiting on a thread: the host of Apach' Hut. Its awaits never let go, so its coroutines run in one go."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, TypeVar

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.service.converse import converse
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.interfaces import Counter, Outcome
from pizzeria.datacenter.service.reservation import Refused
from pizzeria.datacenter.service.settings import Settings
from pizzeria.datacenter.service.wire import only_answer

FULL = only_answer(Refused(503, "the house is full: come again", retry=1).response())
FORGET = struct.pack("ii", 1, 0)  # linger for 0 s: a reset, and nothing is kept

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine whose awaits all block: it ends at the first step."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    raise RuntimeError("a blocking coroutine let go of its thread")


class Ends:
    """The ways in which a stream of a socket, blocking or not, comes to an end."""

    __slots__ = ()
    sock: socket.socket

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """End a `recv` that waits elsewhere, once what has arrived is read."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RD)

    def abort(self) -> None:
        """Close, and have the system forget what it still holds for the peer."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, FORGET)
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


class BlockingStream(Ends):
    """A blocking socket with deadlines."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def recv(self, due: float) -> bytes:
        """Receive what is there, empty at the end; hold the thread until then."""
        self.until(due)
        return self.sock.recv(65536)

    async def send(self, data: bytes, due: float) -> None:
        """Send all of `data`; hold the thread until it is in the kernel's hands."""
        self.until(due)
        self.sock.sendall(data)

    def until(self, due: float) -> None:
        left = due - time.monotonic()
        if left <= 0:
            raise TimeoutError("too late")
        self.sock.settimeout(left)


class BlockingHost:
    """Waits by holding the thread that asks."""

    clock = staticmethod(time.monotonic)
    ticket: type[queue.SimpleQueue[Outcome]] = queue.SimpleQueue

    async def sleep(self, seconds: float) -> None:
        """Hold the thread for so long."""
        time.sleep(seconds)

    async def dial(self, host: str, port: int, due: float) -> BlockingStream:
        """Connect; hold the thread meanwhile."""
        return BlockingStream(socket.create_connection((host, port), timeout=max(0.001, due - self.clock())))

    async def outcome(self, ticket: queue.SimpleQueue[Outcome], due: float) -> Outcome:
        """Hold the thread until the store has spoken."""
        try:
            return ticket.get(timeout=max(0.0, due - self.clock()))
        except queue.Empty:
            raise TimeoutError("the store is too slow") from None

    def deliver(self, batch: list[tuple[Any, Outcome]]) -> None:
        """Tell the threads that wait for the store."""
        for ticket, outcome in batch:
            ticket.put(outcome)


def count_in(house: House) -> bool:
    """Count a connection in, or return False when as many are open as may be."""
    with house.lock:
        if house.connections >= house.settings.connections:
            return False
        house.connections += 1
        return True


def count_out(house: House) -> None:
    """Count a connection out."""
    with house.lock:
        house.connections -= 1


def serve_connection(sock: socket.socket, house: House) -> None:
    """Serve one connection, which was counted in, on this thread; count it out, and close it."""
    stream = BlockingStream(sock)
    try:
        run(converse(stream, house))
    except OSError:
        stream.abort()  # the client went away, or takes no answer (TimeoutError is an OSError)
    except Exception as error:
        house.complain(error)
    finally:
        count_out(house)
        stream.close()


def turn_away(sock: socket.socket, house: Counter) -> None:
    """Say 503 without ever waiting, and close."""
    house.count(503)
    with contextlib.suppress(OSError):
        sock.setblocking(False)
        sock.send(FULL)
        sock.shutdown(socket.SHUT_WR)  # the end that he hears, whatever a reset may say after it
        sock.recv(65536)  # closing over what has arrived would be one
    sock.close()


def family(host: str) -> socket.AddressFamily:
    """Return the kind of address that a host is."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def listen(settings: Settings, shared: int | None = None) -> socket.socket:
    """Return a listening socket with the backlog asked for; `shared` is a port at which other processes listen as well."""
    host, port = settings.host, settings.port if shared is None else shared
    sock = socket.create_server(
        (host, port), family=family(host), backlog=settings.backlog, reuse_port=shared is not None
    )
    sock.setblocking(False)
    return sock


def who_knocks(listener: socket.socket, most: int) -> Iterator[socket.socket]:
    """Accept those who wait; at most so many at a time, so that others have their turn. OSError: the system lets nobody in."""
    with contextlib.suppress(BlockingIOError):
        for _ in range(most):
            with contextlib.suppress(ConnectionAbortedError):
                yield listener.accept()[0]


def accepted(listener: socket.socket, backlog: int) -> Iterator[socket.socket]:
    """Yield accepted connections until SIGTERM or SIGINT, which count from now on, and then what the backlog still holds."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    the_end.call_once(lambda: os.write(tell, b"!"))
    return accept_until(listener, backlog, told, tell)


def accept_until(listener: socket.socket, backlog: int, told: int, tell: int) -> Iterator[socket.socket]:
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    poller.register(told, select.POLLIN)
    stopping = False
    try:
        while not stopping:
            stopping = told in [fd for fd, _ in poller.poll()]
            try:
                for connection in who_knocks(listener, backlog):
                    connection.setblocking(True)
                    yield connection
            except OSError:
                poller.poll(100)  # out of descriptors: some will be closed soon
    finally:
        the_end.begun()  # before the pipe goes that they would write into
        listener.close()
        os.close(told)
        os.close(tell)


def drain(house: House, threads: Iterable[threading.Thread]) -> None:
    """Let accepted requests finish: wake who is idle, wait for the rest until the drain's time is over."""
    house.draining = True
    due = time.monotonic() + house.settings.drain
    for thread in threads:
        while thread.is_alive() and time.monotonic() < due:
            for stream in list(house.idle):
                stream.hang_up()
            thread.join(0.05)
    the_end.cut(house.connections, house.settings.drain)
