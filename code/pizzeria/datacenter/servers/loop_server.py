"""Ngin O' Pepperonix on the post's own event loop: `pizzeria.eventloop`'s reactor, and coroutines driven by hand."""

from __future__ import annotations

import socket
from collections.abc import Callable

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.blocking import listen, turn_away, who_knocks
from pizzeria.datacenter.servers.loop_host import ReactorHost, ReactorStream, Ticket
from pizzeria.datacenter.service.converse import see_through
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.settings import Settings, announce
from pizzeria.eventloop.loop import sleep
from pizzeria.eventloop.reactor import READ, Reactor


class LoopHouse(House):
    """A house that computes a price at a time, and looks at the world before each."""

    host: ReactorHost

    async def check(self, user: str, password: str, due: float) -> bool:
        """Wait for the credentials service's verdict, and for a turn to compute."""
        allowed = await super().check(user, password, due)
        if allowed and self.price.rounds:
            await self.host.turn()
        return allowed

    def is_full(self) -> bool:
        """Return whether as many connections are open as may be."""
        return self.connections >= self.settings.connections


class ReactorDoor:
    """Accept connections for a house, each with a task of its own."""

    def __init__(self, host: ReactorHost, house: LoopHouse, listener: socket.socket) -> None:
        self.host, self.house, self.listener, self.told = host, house, listener, Ticket(host.loop)
        host.reactor.register(listener, READ, self.on_call)

    def on_call(self, *_: object) -> None:
        """Accept all who wait; turn away who comes when the house has as many as it may."""
        try:
            for sock in who_knocks(self.listener, self.house.settings.backlog):
                sock.setblocking(False)
                if self.house.is_full():
                    turn_away(sock, self.house)
                    continue
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.house.connections += 1
                self.host.loop.spawn(see_through(ReactorStream(self.host, sock), self.house))
        except OSError:
            self.host.reactor.modify(self.listener, 0)  # out of descriptors: look again in a moment
            self.host.reactor.call_later(0.1, self.look_again)

    def look_again(self) -> None:
        if self.listener.fileno() >= 0:
            self.host.reactor.modify(self.listener, READ)

    async def until_told(self) -> None:
        """Serve until `told`, then take what the backlog holds, wake who is idle, and wait for the rest."""
        await self.told.wait()
        self.house.draining = True
        self.on_call()
        self.host.reactor.unregister(self.listener)
        self.listener.close()
        due = self.host.clock() + self.house.settings.drain
        while self.house.connections and self.host.clock() < due:
            for stream in list(self.house.idle):
                stream.hang_up()
            await sleep(0.02)
        the_end.cut(self.house.connections, self.house.settings.drain)


def serve(settings: Settings) -> None:
    """Serve until told to stop, on one thread (and the store's, which waits for the disk); or on one a core."""
    if settings.cores > 1:
        from pizzeria.datacenter.servers import all_cores

        all_cores.serve(settings)
        return
    listener = listen(settings)
    keep_open(settings, listener, LoopHouse, lambda: announce(settings, listener.getsockname()))


def keep_open(
    settings: Settings,
    listener: socket.socket,
    house_of: Callable[[Settings, ReactorHost], LoopHouse],
    ready: Callable[[], object],
    life: int | None = None,
) -> None:
    """Serve on a listener until told to stop, or until the pipe `life` closes; `ready` is called when it may begin."""
    with Reactor() as reactor:
        host = ReactorHost(reactor)
        host.loop.outside += 1  # the world may always ring
        house = house_of(settings, host)
        door = ReactorDoor(host, house, listener)
        the_end.call_once(lambda: reactor.call_soon_threadsafe(door.told.settle, None))

        def orphaned(fd: int, _: int) -> None:
            reactor.modify(fd, 0)
            door.told.settle(None)

        if life is not None:
            reactor.register(life, READ, orphaned)
        ready()
        host.loop.complete(door.until_told())
        house.close()
