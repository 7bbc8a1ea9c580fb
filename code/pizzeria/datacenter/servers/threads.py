"""A thread for every connection: no queue, no waiting for a worker, and a stack for everybody."""

from __future__ import annotations

import socket
import threading

from pizzeria.datacenter.servers.blocking import (
    BlockingHost,
    accepted,
    drain,
    listen,
    serve_connection,
    turn_away,
)
from pizzeria.datacenter.service.house import House
from pizzeria.datacenter.service.settings import Settings, announce


def serve(settings: Settings) -> None:
    """Serve until told to stop; where threads end, connections are turned away with 503."""
    listener = listen(settings)
    house = House(settings, BlockingHost())
    threads: set[threading.Thread] = set()
    announce(settings, listener.getsockname())

    def see_through(connection: socket.socket) -> None:
        try:
            serve_connection(connection, house)
        finally:
            threads.discard(threading.current_thread())

    for connection in accepted(listener):
        thread = threading.Thread(target=see_through, args=(connection,), daemon=True)
        try:
            if len(threads) >= settings.connections:
                raise RuntimeError("as many as were allowed")
            threads.add(thread)
            thread.start()
        except RuntimeError:
            threads.discard(thread)
            turn_away(connection)
            house.count(503)
    drain(house, list(threads))
    house.close()
