"""What one waiting client costs, by the way in which it is waited for; each measured in a process of its own.

Every client is a connection (half of a socket pair) on which somebody waits for a byte. The price of one is the slope
between two crowds, so whatever the interpreter takes for itself cancels out. The sockets' buffers are the kernel's and
the same for all; they are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

Bytes: TypeAlias = dict[str, int]
"""By name: resident, reserved, and of the kernel."""
CROWDS = {
    "process": (20, 100), "thread": (200, 1000), "gevent": (500, 3000), "asyncio streams": (500, 3000),
    "asyncio protocol": (500, 3000), "our loop": (500, 3000),
}  # fmt: skip


def measure_all(
    says: Callable[[str], object] = lambda kind: None, crowds: Mapping[str, tuple[int, int]] = CROWDS
) -> dict[str, Any]:
    """Return ``{kind: {"resident", "reserved", "kernel"}}``, bytes a waiting client, and where threads end."""
    prices = {}
    for kind, (few, many) in crowds.items():
        says(kind)
        prices[kind] = price(kind, few, many)
    says("where threads end")
    return {"bytes_each": prices, "threads_end": thread_ceiling()}


def price(kind: str, few: int, many: int) -> Bytes:
    """Return bytes a client of `kind`: the slope between two crowds."""
    small, large = (in_a_process("wait", kind, count) for count in (few, many))
    return {name: round((large[name] - small[name]) / (many - few)) for name in small}


def thread_ceiling(most: int = 40_000) -> dict[str, Any]:
    """Start threads, in a process of its own, until the system refuses; say how many, and the limits it has."""
    limits: dict[str, int] = {}
    for name in ("vm/max_map_count", "kernel/threads-max", "kernel/pid_max"):
        with contextlib.suppress(OSError):
            limits[name.replace("/", ".")] = int(Path("/proc/sys", name).read_text())
    return {**in_a_process("threads", most), "limits": limits}


def in_a_process(*words: object) -> dict[str, Any]:
    """Run this module in a fresh interpreter and return the JSON it prints."""
    command = [sys.executable, "-m", __name__, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise ValueError(
            f"measuring {' '.join(map(str, words))}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def look(children: Iterable[int] = ()) -> Bytes:
    """Return what this process takes now: resident, reserved and (of the whole system) kernel stacks and page tables."""
    status = Path("/proc/self/status").read_text()
    meminfo = Path("/proc/meminfo").read_text()
    resident = in_kb(status, "RssAnon")
    for pid in children:  # what they share with us costs nothing more: only what is their own counts
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        resident += in_kb(rollup, "Private_Dirty") + in_kb(rollup, "Private_Clean")
    kernel = in_kb(meminfo, "KernelStack") + in_kb(meminfo, "PageTables")
    return {"resident": resident, "reserved": in_kb(status, "VmSize"), "kernel": kernel}


def in_kb(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
    return int(found[1]) * 1024 if found else 0


def pairs(count: int) -> tuple[list[socket.socket], list[socket.socket]]:
    """Return `count` connections: our ends, and the others, which stay silent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * count + 64:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * count + 64), hard))
    both = [socket.socketpair() for _ in range(count)]
    return [ours for ours, _ in both], [theirs for _, theirs in both]


def wait_as_processes(count: int) -> Bytes:
    """Fork a process for each client."""
    ours, theirs = pairs(count)
    pids = []
    for sock in ours:
        pid = os.fork()
        if pid == 0:
            sock.recv(1)
            os._exit(0)
        pids.append(pid)
    due = time.monotonic() + 10
    while any(asleep(pid) is False for pid in pids) and time.monotonic() < due:
        time.sleep(0.01)
    found = look(pids)
    for sock in theirs:
        sock.send(b"!")
    for pid in pids:
        os.waitpid(pid, 0)
    return found


def asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def wait_as_threads(count: int) -> Bytes:
    """Start a thread for each client."""
    ours, theirs = pairs(count)
    before = look()
    threads = [threading.Thread(target=sock.recv, args=(1,), daemon=True) for sock in ours]
    for thread in threads:
        thread.start()
    found = difference(look(), before)
    for sock in theirs:
        sock.send(b"!")
    return found


def wait_as_gevent(count: int) -> Bytes | None:
    """Spawn a greenlet for each client."""
    import gevent
    import gevent.socket

    ours, _ = pairs(count)
    before = look()
    own = [gevent.socket.socket(fileno=sock.detach()) for sock in ours]
    waiting = [gevent.spawn(sock.recv, 1) for sock in own]
    gevent.sleep(0.05)
    return difference(look(), before) if waiting else None


def wait_on_asyncio(count: int, streams: bool) -> Bytes | None:
    """Wait with asyncio's streams and a task each, or with a protocol each."""

    async def main() -> Bytes | None:
        loop = asyncio.get_running_loop()
        ours, _ = pairs(count)
        before = look()
        if streams:
            opened = [await asyncio.open_connection(sock=sock) for sock in ours]
            kept: list[object] = [(loop.create_task(reader.read(1)), writer) for reader, writer in opened]
        else:
            kept = [await loop.connect_accepted_socket(asyncio.Protocol, sock) for sock in ours]
        await asyncio.sleep(0)
        return difference(look(), before) if kept else None

    return asyncio.run(main())


def wait_on_our_loop(count: int) -> Bytes:
    """Wait with a coroutine each on the post's own loop."""
    from pizzeria.eventloop.reactor import Reactor
    from pizzeria.eventloop.world import World, real_loop

    ours, _ = pairs(count)
    with Reactor() as reactor:
        loop = real_loop(reactor)
        world = World(loop, reactor)
        before = look()
        for sock in ours:
            sock.setblocking(False)
            loop.spawn(world.recv(sock, 1))
        loop.run(until=loop.now + 0.05)
        return difference(look(), before)


def difference(after: Bytes, before: Bytes) -> Bytes:
    return {name: after[name] - before[name] for name in after}


WAYS: dict[str, Callable[[int], Bytes | None]] = {
    "process": wait_as_processes, "thread": wait_as_threads, "gevent": wait_as_gevent,
    "asyncio streams": lambda count: wait_on_asyncio(count, True),
    "asyncio protocol": lambda count: wait_on_asyncio(count, False),
    "our loop": wait_on_our_loop,
}  # fmt: skip


def count_threads(most: int) -> dict[str, object]:
    """Start threads until one is refused; tell the mappings of memory that this process has then, and the bytes free."""
    over, count, said = threading.Event(), 0, "as many as were asked for"
    try:
        for _ in range(most):
            threading.Thread(target=over.wait, daemon=True).start()
            count += 1
    except (RuntimeError, MemoryError) as error:
        said = str(error)
    mappings = Path("/proc/self/maps").read_bytes().count(b"\n")
    free = in_kb(Path("/proc/meminfo").read_text(), "MemAvailable")
    over.set()
    return {"threads": count, "said": said, "mappings": mappings, "free": free}


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    print(
        json.dumps(count_threads(int(rest[0])) if what == "threads" else WAYS[rest[0]](int(rest[1]))),
        flush=True,
    )
    os._exit(0)  # the crowd is dropped where it stands
