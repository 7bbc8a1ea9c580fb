"""A thread for every connection: no queue, no waiting for a worker, and a stack for everybody."""

from __future__ import annotations

import socket
import threading

from pizzeria.datacenter.servers.blocking import (
    BlockingHost,
    accepted,
    count_in,
    count_out,
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
    arriving = accepted(listener, settings.backlog)
    announce(settings, listener.getsockname())

    def see_through(connection: socket.socket) -> None:
        try:
            serve_connection(connection, house)
        finally:
            threads.discard(threading.current_thread())

    for connection in arriving:
        if not count_in(house):
            turn_away(connection, house)
            continue
        thread = threading.Thread(target=see_through, args=(connection,), daemon=True)
        threads.add(thread)
        try:
            thread.start()
        except RuntimeError:
            threads.discard(thread)
            count_out(house)
            turn_away(connection, house)
    drain(house, list(threads))
    house.close()
