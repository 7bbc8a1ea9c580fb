"""The herd at the door: several processes wait for the same connections. Who is woken, and who gets them?

``python -m pizzeria.weapons.epoll.herd WAY`` is the experiment itself, in a process of its own: it forks its waiters, and
a program that has threads should not.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pizzeria.common.subprocesses import python

WAYS = {
    "level": "one door, all wait at it",
    "exclusive": "one door, EPOLLEXCLUSIVE",
    "reuseport": "a door each, SO_REUSEPORT",
}
LOOPBACK = ("127.0.0.1", 0)
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Door:
    """What came out. woken: how often each waiter was told that somebody is at the door; accepted: how many he got."""

    woken: tuple[int, ...]
    accepted: tuple[int, ...]

    @property
    def wakeups_each(self) -> float:
        """Wake-ups a connection."""
        return sum(self.woken) / sum(self.accepted)


def at_the_door(way: str, waiters: int = 8, clients: int = 100) -> Door:
    """Let clients ring, one after another, while so many waiters (processes) wait at the door in one of the `WAYS`."""
    command = [python(), "-m", "pizzeria.weapons.epoll.herd", way]
    command += ["--waiters", str(waiters), "--clients", str(clients)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"the herd ended with {done.returncode}\n{done.stderr}")
    found = json.loads(done.stdout)
    return Door(tuple(found["woken"]), tuple(found["accepted"]))


def doors(way: str, waiters: int, stack: ExitStack) -> list[socket.socket]:
    """Open the listening socket that all share, or one each at the same port; return one a waiter."""
    first = stack.enter_context(socket.create_server(LOOPBACK, backlog=128, reuse_port=way == "reuseport"))
    found = [first]
    for _ in range(waiters - 1):
        if way == "reuseport":
            found.append(
                stack.enter_context(socket.create_server(first.getsockname(), backlog=128, reuse_port=True))
            )
        else:
            found.append(first)
    for door in found:
        door.setblocking(False)
    return found


def wait_at(door: socket.socket, way: str, closing: int, ready: int) -> dict[str, int]:
    """Be a waiter until `closing` can be read: count how often the door rang and how many came in."""
    woken = accepted = 0
    with select.epoll() as epoll:
        epoll.register(door, select.EPOLLIN | (select.EPOLLEXCLUSIVE if way == "exclusive" else 0))
        epoll.register(closing, select.EPOLLIN)
        os.write(ready, b"!")
        while True:
            rang = [fd for fd, _ in epoll.poll()]
            if door.fileno() in rang:
                woken += 1
                try:
                    client, _ = door.accept()
                except BlockingIOError:
                    continue  # somebody was faster: woken in vain
                accepted += 1
                client.send(b"good evening")
                client.close()
            elif closing in rang:
                return {"woken": woken, "accepted": accepted}


def experiment(way: str, waiters: int, clients: int) -> dict[str, list[int]]:
    """Fork the waiters, be the clients, collect the counts. Only for a process without threads."""
    with ExitStack() as stack:
        listeners = doors(way, waiters, stack)
        closing, close = os.pipe()
        ready, at_work = os.pipe()
        reports: list[Any] = []
        for door in listeners:
            report, told = os.pipe()
            if not os.fork():
                os.close(close)
                os.write(told, json.dumps(wait_at(door, way, closing, at_work)).encode())
                os._exit(0)
            os.close(told)
            reports.append(report)
        os.close(at_work)
        here = 0
        while here < waiters:
            here += len(os.read(ready, waiters))
        for _ in range(clients):
            with socket.create_connection(listeners[0].getsockname(), timeout=PATIENCE) as client:
                while client.recv(64):
                    pass
        os.close(close)
        found = [json.loads(os.read(report, 4096)) for report in reports]
        for _ in found:
            os.wait()
    return {name: [one[name] for one in found] for name in ("woken", "accepted")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--waiters", type=int, default=8)
    parser.add_argument("--clients", type=int, default=100)
    args = parser.parse_args()
    print(json.dumps(experiment(args.way, args.waiters, args.clients)))
