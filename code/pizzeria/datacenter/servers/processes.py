"""A process for every connection, and one more that owns the database file: nothing is shared, everything is sent."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.blocking import (
    BlockingHost,
    accepted,
    listen,
    run,
    serve_connection,
    turn_away,
)
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.interfaces import Item, Outcome
from pizzeria.datacenter.service.reservation import Conflict, Refused, Saved
from pizzeria.datacenter.service.settings import Settings, announce

TELL_AGAIN = 0.2  # s between two words to a process that should finish


class Registry:
    """The process that writes: answers one JSON line with another, a thread for each process that is alive."""

    def __init__(self, settings: Settings, path: str) -> None:
        self.house = House(settings, BlockingHost())
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(settings.connections)

    def serve(self) -> None:
        """Accept until the listener is shut down by `close`."""
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                threading.Thread(target=self.attend, args=(peer,), daemon=True).start()

    def attend(self, peer: socket.socket) -> None:
        """Answer one process until it ends."""
        self.house.connections += 1
        with peer, peer.makefile("rwb") as lines:
            for line in lines:
                lines.write(json.dumps(self.reply(*json.loads(line))).encode() + b"\n")
                lines.flush()
        self.house.connections -= 1

    def reply(self, what: str, *about: Any) -> list[Any]:
        """Do what a process asks for."""
        try:
            if what == "ask":
                item, seconds = about
                coroutine = self.house.ask_store(
                    item if isinstance(item, str) else tuple(item), time.monotonic() + seconds
                )
                outcome = run(coroutine)
                return ["done", outcome]
            if what == "enter":
                return ["done", self.house.enter()]
            if what == "leave":
                self.house.leave()
                return ["done", None]
            if what == "count":
                self.house.count(*about)
                return ["done", None]
            return ["done", run(self.house.report())]
        except Conflict:
            return ["conflict"]
        except Refused as no:
            return ["refused", no.status, no.says, no.retry]
        except TimeoutError:
            return ["late"]


class ProcessHouse(House):
    """What a connection's own process has: credentials and price at home, the rest by the registry."""

    registry: str
    line: Any

    def open_store(self) -> None:
        """Leave the store to the registry; it is called when it is needed."""
        self.count, self.line = self.tell_count, None

    def call(self, *words: Any) -> Any:
        """Send one line to the registry and return what it answers; its refusals are raised here."""
        try:
            if self.line is None:
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(self.registry)
                    self.line = sock.makefile("rwb")  # it keeps the socket open
            self.line.write(json.dumps(words).encode() + b"\n")
            self.line.flush()
            said = self.line.readline()
        except OSError:
            said = b""
        kind, *answer = json.loads(said or b'["refused", 503, "the registry is gone", 1]')
        if kind == "conflict":
            raise Conflict()
        if kind == "late":
            raise TimeoutError("the store is too slow")
        if kind == "refused":
            raise Refused(*answer)
        return answer[0]

    async def ask_store(self, item: Item, due: float) -> Outcome:
        """Have the registry write or read."""
        outcome = self.call("ask", item, max(0.0, due - self.clock()))
        return outcome if isinstance(item, str) else Saved(*outcome)

    def enter(self) -> bool:
        """Count a reservation in, at the registry."""
        return bool(self.call("enter"))

    def leave(self) -> None:
        """Count a reservation out, at the registry."""
        self.call("leave")

    def tell_count(self, status: int) -> None:
        """Count one response, at the registry; without one, nobody counts."""
        with contextlib.suppress(Refused):
            self.call("count", status)

    def let_go(self) -> None:
        """Close the line to the registry: a child has one of its own."""
        if self.line is not None:
            self.line.close()
            self.line = None

    async def report(self) -> str:
        """Have the registry's page."""
        return str(self.call("report"))


def start_registry(settings: Settings, path: str) -> tuple[int, int]:
    """Fork the registry; it lives until the pipe that is returned closes, then writes what it has, and ends."""
    listening, life = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(life[1])
        os.close(listening[0])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # it ends after the last of its clients, not before
        code = 1
        try:
            registry = Registry(settings, path)
            threading.Thread(target=registry.serve, daemon=True).start()
            os.write(listening[1], b"!")
            os.close(listening[1])
            os.read(life[0], 1)
            registry.house.close()
            code = 0
        except (ValueError, OSError) as error:
            os.write(listening[1], str(error).encode())
        finally:
            os._exit(code)
    os.close(life[0])
    os.close(listening[1])
    with open(listening[0], "rb") as said:
        news = said.read()
    if news != b"!":
        os.waitpid(pid, 0)
        raise ValueError(news.decode() or "the registry did not start")
    return pid, life[1]


def serve(settings: Settings) -> None:
    """Serve until told to stop; connections beyond the limit are turned away with 503."""
    listener = listen(settings)
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        path = str(Path(folder, "socket"))
        registry, life = start_registry(settings, path)
        house = ProcessHouse(settings, BlockingHost())
        house.registry = path
        children: set[int] = set()
        arriving = accepted(listener, settings.backlog)
        announce(settings, listener.getsockname(), registry=registry)
        try:
            for connection in arriving:
                reap(children)
                try:
                    if len(children) >= settings.connections:
                        raise BlockingIOError("as many as were allowed")
                    children.add(start_child(connection, listener, house, life))
                    connection.close()
                except OSError:  # the system gives no process either
                    turn_away(connection, house)
            finish(children, settings.drain)
        finally:
            os.close(life)
            with contextlib.suppress(ChildProcessError):  # `reap` met it first
                os.waitpid(registry, 0)


def start_child(connection: socket.socket, listener: socket.socket, house: ProcessHouse, life: int) -> int:
    """Fork a process for one connection; it ends with it, or soon after SIGTERM."""
    pid = os.fork()
    if pid:
        return pid
    try:
        listener.close()
        os.close(life)
        house.lock = threading.Lock()
        house.let_go()

        def hang_up(*_: object) -> None:
            house.draining = True
            for stream in list(house.idle):
                stream.hang_up()

        signal.signal(signal.SIGTERM, hang_up)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        serve_connection(connection, house)
    finally:
        os._exit(0)


def reap(children: set[int]) -> None:
    """Forget the processes that have ended."""
    while children:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.discard(pid)


def finish(children: set[int], seconds: float) -> None:
    """Tell the processes to finish, wait for them, and kill those that are still there after `seconds`."""
    due, again = time.monotonic() + seconds, 0.0
    while children and (now := time.monotonic()) < due:
        if now >= again:  # a process that was only just born hears it the second time
            again = now + TELL_AGAIN
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
        reap(children)
        select.select([], [], [], 0.01)
    the_end.cut(len(children), seconds)
    for pid in children:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
