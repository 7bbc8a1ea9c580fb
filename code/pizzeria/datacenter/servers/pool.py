"""Apach' Hut: one thread accepts, a bounded queue, and a pool of workers who keep a connection until it is done."""

from __future__ import annotations

import queue
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

IDLE = 1.0  # seconds: a worker who waits for a silent client is a worker nobody else has


class PoolHouse(House):
    """A house whose workers are scarce: nobody keeps one while others queue."""

    queue: queue.Queue[socket.socket | None]

    def must_close(self) -> bool:
        """Close after this response when somebody waits for a worker."""
        return self.draining or not self.queue.empty()


def work(house: PoolHouse) -> None:
    """Be a worker: take a connection, see it through, take the next."""
    while (connection := house.queue.get()) is not None:
        serve_connection(connection, house)


def serve(settings: Settings) -> None:
    """Serve until told to stop; connections beyond the queue are turned away with 503."""
    settings.idle = min(settings.idle, IDLE)
    listener = listen(settings)
    house = PoolHouse(settings, BlockingHost())
    house.queue = queue.Queue(settings.queue)
    workers = [threading.Thread(target=work, args=(house,), daemon=True) for _ in range(settings.workers)]
    for worker in workers:
        worker.start()
    arriving = accepted(listener, settings.backlog)
    announce(settings, listener.getsockname())
    for connection in arriving:
        if not count_in(house):
            turn_away(connection, house)
            continue
        try:
            house.queue.put_nowait(connection)
        except queue.Full:
            count_out(house)
            turn_away(connection, house)
    house.draining = True
    for _ in workers:
        threading.Thread(target=house.queue.put, args=(None,), daemon=True).start()
    drain(house, workers)
    house.close()
