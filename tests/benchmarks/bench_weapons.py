"""Measure our reactor against asyncio, crowds of idle connections, and the price of a wait, in one run.

Budgets (ratios of processor time, median of alternating rounds): an echo round trip at most 1.0 x asyncio's selector
loop; with 10,000 idle connections at most 1.1 x with 10; the slopes of select and poll above 20 x epoll's.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import platform
import resource
import socket
import statistics
import sys
import time

from pizzeria.eventloop.proactor import open_proactor
from pizzeria.eventloop.reactor import READ, Reactor, mechanisms
from pizzeria.eventloop.uring import uring_refusal
from pizzeria.weapons import slope, wait_costs

ROUNDS, TRIPS, CLIENTS = 9, 400, 8
ORDER = b"one calzone, please"


def clients():
    """Connect pairs of sockets over loopback TCP: (ours, theirs)."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        pairs = []
        for _ in range(CLIENTS):
            theirs = socket.create_connection(listener.getsockname())
            ours, _ = listener.accept()
            for sock in (ours, theirs):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setblocking(False)
            pairs.append((ours, theirs))
        return pairs


def on_reactor(mechanism=None, idle=0) -> float:
    """Return the processor seconds of an echo round trip, both ends on one reactor."""
    with contextlib.ExitStack() as stack:
        reactor = stack.enter_context(Reactor(mechanism))
        for _ in range(idle):
            for sock in socket.socketpair():
                stack.enter_context(sock)
                reactor.register(sock, READ, print)
        left = TRIPS * CLIENTS

        def echo(sock):
            recv, send = sock.recv, sock.send
            return lambda fd, events: send(recv(4096))

        def count(sock):
            recv, send = sock.recv, sock.send

            def heard(fd, events):
                nonlocal left
                recv(4096)
                left -= 1
                if left >= CLIENTS:
                    send(ORDER)
                elif left == 0:
                    reactor.stop()

            return heard

        pairs = clients()
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            reactor.register(ours, READ, echo(ours))
            reactor.register(theirs, READ, count(theirs))
        cpu = time.process_time()
        for _, theirs in pairs:
            theirs.send(ORDER)
        reactor.run()
        return (time.process_time() - cpu) / (TRIPS * CLIENTS)


def on_asyncio(readers: bool) -> float:
    """Return the same for asyncio's selector loop: its protocols, or (`readers`) its barest way, add_reader."""
    loop = asyncio.SelectorEventLoop()
    left = TRIPS * CLIENTS

    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data)

    class Count(Echo):
        def data_received(self, data):
            nonlocal left
            left -= 1
            if left >= CLIENTS:
                self.transport.write(ORDER)
            elif left == 0:
                loop.stop()

    def heard(sock):
        nonlocal left
        sock.recv(4096)
        left -= 1
        if left >= CLIENTS:
            sock.send(ORDER)
        elif left == 0:
            loop.stop()

    with contextlib.ExitStack() as stack:
        stack.callback(loop.close)
        pairs = clients()
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            if readers:
                loop.add_reader(ours, lambda sock=ours: sock.send(sock.recv(4096)))
                loop.add_reader(theirs, heard, theirs)
            else:
                loop.run_until_complete(loop.connect_accepted_socket(Echo, ours))
                loop.run_until_complete(loop.connect_accepted_socket(Count, theirs))
        cpu = time.process_time()
        for _, theirs in pairs:
            socket.socket.send(theirs, ORDER) if readers else os.write(theirs.fileno(), ORDER)
        loop.run_forever()
        spent = (time.process_time() - cpu) / (TRIPS * CLIENTS)
        if readers:
            for pair in pairs:
                for sock in pair:
                    loop.remove_reader(sock)
        return spent


def on_proactor(kind) -> float:
    """Return the same for a proactor: every receive and every send an operation."""
    with contextlib.ExitStack() as stack:
        proactor = stack.enter_context(open_proactor(kind))
        left = TRIPS * CLIENTS
        pairs = clients()
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            proactor.recv(ours, 4096, ours)
            proactor.recv(theirs, 4096, None)
        cpu = time.process_time()
        for _, theirs in pairs:
            proactor.send(theirs, ORDER, "sent")
        while left:
            for completion in proactor.completions(10):
                operation = completion.operation
                if operation.kind == "send":
                    continue
                if completion.token is None:
                    left -= 1
                    if left < CLIENTS:
                        continue
                proactor.send(operation.fd, completion.value(), "sent")
                proactor.recv(operation.fd, 4096, completion.token)
        return (time.process_time() - cpu) / (TRIPS * CLIENTS)


def compare(title: str, first, second, budget: float | None) -> bool:
    """Alternate both, print the median ratio of the rounds, and tell whether it keeps the budget."""
    a, b = [], []
    for _ in range(ROUNDS):
        a.append(first())
        b.append(second())
    ratio = statistics.median(x / y for x, y in zip(a, b, strict=True))
    kept = budget is None or ratio <= budget
    verdict = "" if budget is None else f" (budget {budget}{'' if kept else ': MISSED'})"
    print(
        f"{title}: {ratio:.2f}{verdict}; {statistics.median(a) * 1e6:.1f} against {statistics.median(b) * 1e6:.1f} µs"
    )
    return kept


def main() -> int:
    """Print every ratio with machine, date and command; fail when a budget is missed."""
    print(
        f"{datetime.date.today()} {platform.processor() or platform.machine()} {os.cpu_count()} cores, "
        f"{platform.platform()}, Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit = 65536 if hard == resource.RLIM_INFINITY else hard
    idle = min(5000, (limit - 200) // 2)  # pairs: twice as many connections
    best = mechanisms()[0]
    kept = [
        compare("reactor / asyncio protocols, CPU a round trip", on_reactor, lambda: on_asyncio(False), 1.0),
        compare("reactor / asyncio add_reader", on_reactor, lambda: on_asyncio(True), 1.0),
        compare(
            f"{2 * idle:,} idle / 10 idle, {best}",
            lambda: on_reactor(idle=idle),
            lambda: on_reactor(idle=5),
            1.1,
        ),
    ]
    for name in mechanisms()[1:]:
        crowd = 200 if name == "select" else idle
        few = lambda name=name: on_reactor(name, 5)
        compare(f"{2 * crowd:,} idle / 10 idle, {name}", lambda n=name, c=crowd: on_reactor(n, c), few, None)
    compare(f"proactor on {best} / reactor", lambda: on_proactor(best), on_reactor, None)
    if uring_refusal() is None:
        compare("io_uring proactor / reactor", lambda: on_proactor("io_uring"), on_reactor, None)
    costs = wait_costs((100, 500, 1000, 4000, 10000, 19000), rounds=9, seconds=0.01)
    slopes = {name: slope(points) for name, points in costs.items()}
    for name, points in costs.items():
        curve = ", ".join(f"{crowd:,}: {cost:.1f}" for crowd, cost in points.items())
        print(f"µs a wait, {name:6} {curve} ({slopes[name] * 1000:.2f} µs a thousand)")
    flat = abs(slopes.get("epoll", 0.0))
    kept += [slopes[name] > 20 * flat for name in ("select", "poll")]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
