"""The herd at the door: several processes wait for the same connections. Who is woken, and who gets them?

``python -m pizzeria.weapons.epoll.herd WAY`` is the experiment itself, in a process of its own: it forks its waiters, and
a program that has threads should not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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
    """What came out, by waiter. roused: how often he slept and was woken up by the kernel; told: how often epoll then had
    news for him (whoever comes too late is put back to sleep inside the kernel); accepted: how many he let in."""

    roused: tuple[int, ...]
    told: tuple[int, ...]
    accepted: tuple[int, ...]

    def each(self, what: str) -> float:
        """Count "roused" or "told" a client."""
        counts: tuple[int, ...] = getattr(self, what)
        return sum(counts) / sum(self.accepted)


def at_the_door(way: str, waiters: int = 8, clients: int = 100) -> Door:
    """Let clients ring, one after another, while so many waiters (processes) wait at the door in one of the `WAYS`."""
    command = [python(), "-m", "pizzeria.weapons.epoll.herd", way]
    command += ["--waiters", str(waiters), "--clients", str(clients)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"the herd ended with {done.returncode}\n{done.stderr}")
    found = json.loads(done.stdout)
    return Door(**{name: tuple(counts) for name, counts in found.items()})


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
    """Be a waiter until `closing` can be read: count how often he was woken up, was told, and let somebody in."""
    told = accepted = 0
    with select.epoll() as epoll:
        epoll.register(door, select.EPOLLIN | (select.EPOLLEXCLUSIVE if way == "exclusive" else 0))
        epoll.register(closing, select.EPOLLIN)
        os.write(ready, b"!")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw  # a process that waits for nothing else
        while True:
            rang = [fd for fd, _ in epoll.poll()]
            if door.fileno() in rang:
                told += 1
                try:
                    client, _ = door.accept()
                except BlockingIOError:
                    continue  # somebody was faster: told in vain
                accepted += 1
                client.send(b"good evening")
                client.close()
            elif closing in rang:
                roused = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before
                return {
                    "roused": max(0, roused - 1),  # the last time it was not the door
                    "told": told,
                    "accepted": accepted,
                }


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
    return {name: [one[name] for one in found] for name in ("roused", "told", "accepted")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--waiters", type=int, default=8)
    parser.add_argument("--clients", type=int, default=100)
    args = parser.parse_args()
    print(json.dumps(experiment(args.way, args.waiters, args.clients)))
