"""select and its sets, poll, and what a wait costs when almost everybody is silent."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import select
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

PATIENCE = 60  # s: until then, what was sent must have come
FLAT = 5  # times: epoll must be that much flatter than select and poll, which are a hundred times steeper


def three_sets() -> dict[str, bool]:
    """Return what select says about a socket with ordinary data, one with urgent data, and room to write."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            nothing = select.select([server], [], [server], 0)
            client.send(b"pizza")
            client.send(b"!", socket.MSG_OOB)  # out of band: the exceptional condition
            # What is sent is under way until the kernel has delivered it, and it hurries for nobody.
            select.select([], [], [server], PATIENCE)
            select.select([server], [], [], PATIENCE)
            readable, writable, exceptional = select.select([server], [server], [server], 0)
            sets = {"to read": readable, "to write": writable, "exceptional": exceptional}
            return {"before": any(nothing)} | {name: bool(found) for name, found in sets.items()}


def time_out(delay: float = 0.02) -> tuple[tuple[list[Any], list[Any], list[Any]], bool]:
    """Return what select answers when nothing comes, and whether it waited as long as it was told."""
    reader, writer = os.pipe()
    try:
        begun = time.monotonic()
        answer = select.select([reader], [], [], delay)
        # Some systems' timers ring a few microseconds early.
        return answer, time.monotonic() - begun >= 0.99 * delay
    finally:
        os.close(reader)
        os.close(writer)


def descriptor_1024() -> dict[str, str]:
    """Return what select, poll and epoll say about a readable descriptor with the number 1,024 or above."""
    reader, writer = os.pipe()
    answers = {}
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, reader)
        stack.callback(os.close, writer)
        high = fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, 1024)
        stack.callback(os.close, high)
        os.write(writer, b"ding")
        for name, wait in _waits([high]).items():
            try:
                answers[name] = "ready" if wait() else "silent"
            except ValueError as error:
                answers[name] = f"ValueError: {error}"
    return answers


PSELECT6 = {"x86_64": 270, "aarch64": 72}
"""The number of the system call below the C library's ``select``, by processor."""


def kernel_select(fd: int) -> str:
    """Ask Linux itself, past the C library and its sets of 1,024, whether `fd` can be read: "ready" or "silent".

    Raise OSError when the kernel refuses, KeyError on a processor whose number of the call is not known here.
    """
    number = PSELECT6[platform.machine()]
    bits = bytearray(
        (fd // 64 + 1) * 8
    )  # as long as it has to be; the kernel is told how many bits to look at
    bits[fd // 8] |= 1 << fd % 8
    to_read = (ctypes.c_char * len(bits)).from_buffer(bits)
    at_once = (ctypes.c_long * 2)(0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(number, fd + 1, to_read, None, None, at_once, None)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "ready" if found else "silent"


def whose_limit(number: int = 5000) -> dict[str, str]:
    """Ask about one pipe that is ready, under a high descriptor: Python's select and poll, then the kernel's own select.

    The descriptor is the highest up to `number` that this process may have; without one above 1,023 nobody is asked.
    """
    answers: dict[str, str] = {}
    high = room_for_descriptors(number)
    if high < 1024:
        return answers
    with contextlib.ExitStack() as stack:
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        stack.callback(os.close, writer)
        high = fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, high)
        stack.callback(os.close, high)
        os.write(writer, b"ding")
        try:
            select.select([high], [], [], 0)
        except ValueError as error:
            answers["Python's select"] = f"ValueError: {error}"
        poll = select.poll()
        poll.register(high, select.POLLIN)
        answers["poll"] = "ready" if poll.poll(0) else "silent"
        with contextlib.suppress(KeyError):
            if sys.platform == "linux":
                answers["the kernel's select"] = kernel_select(high)
    return {f"{who}, descriptor {high:,}": answer for who, answer in answers.items()}


def _waits(
    fds: Sequence[int], stack: contextlib.ExitStack | None = None
) -> dict[str, Callable[[], Sequence[object]]]:
    """Give one function a mechanism: it looks once at all of `fds` and returns those that are ready."""
    waits: dict[str, Callable[[], Sequence[object]]] = {"select": lambda: select.select(fds, (), (), 0)[0]}
    if hasattr(select, "poll"):
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        waits["poll"] = lambda: poll.poll(0)
    if hasattr(select, "epoll"):
        epoll = select.epoll()
        if stack is not None:
            stack.callback(epoll.close)
        for fd in fds:
            epoll.register(fd, select.EPOLLIN)
        waits["epoll"] = lambda: epoll.poll(0, 16)
    return waits


def room_for_descriptors(wanted: int) -> int:
    """Raise the soft limit as far as `wanted` needs; return how many descriptors may be opened."""
    import resource  # not every system has it, and only this function needs it

    spare = 64
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted + spare:
        soft = wanted + spare if hard == resource.RLIM_INFINITY else min(hard, wanted + spare)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - spare)


def wait_costs(
    crowds: Iterable[int] = (100, 500, 1000, 2000, 4000), rounds: int = 5, seconds: float = 0.003
) -> dict[str, dict[int, float]]:
    """Measure µs a wait among so many silent descriptors, one of them ready: ``{mechanism: {crowd: µs}}``.

    Mechanisms take turns within a round, and the best of the rounds counts. select stops at descriptor 1,023.
    """
    crowds = sorted({room_for_descriptors(crowd) for crowd in crowds})
    costs: dict[str, dict[int, float]] = {}
    for crowd in crowds:
        with contextlib.ExitStack() as stack:
            reader, writer = os.pipe()
            ready, ringer = os.pipe()
            for fd in (reader, writer, ready, ringer):
                stack.callback(os.close, fd)
            os.write(ringer, b"!")
            fds = [ready]
            for _ in range(crowd - 1):
                fds.append(os.dup(reader))
                stack.callback(os.close, fds[-1])
            waits = _waits(fds, stack)
            if max(fds) >= 1024:
                del waits["select"]
            samples: dict[str, list[float]] = {name: [] for name in waits}
            for _ in range(rounds):
                for name, wait in waits.items():
                    samples[name].append(_microseconds(wait, seconds))
            for name, values in samples.items():
                costs.setdefault(name, {})[crowd] = min(values)
    return costs


def _microseconds(wait: Callable[[], object], seconds: float) -> float:
    """Return µs of processor time a wait: it never sleeps, and so others on the machine are left out of the bill."""
    times = 1
    while True:
        begun = time.thread_time()
        for _ in range(times):
            wait()
        spent = time.thread_time() - begun
        if spent >= seconds:
            return spent / times * 1e6
        times *= 2


def slope(points: Mapping[int, float]) -> float:
    """Fit a straight line through ``{crowd: µs}`` by least squares; return its µs a descriptor."""
    return statistics.linear_regression(list(points), list(points.values())).slope


def only_epoll_is_flat(costs: Mapping[str, Mapping[int, float]]) -> bool:
    """Return whether these costs rise with the crowd, and those of epoll (if any) many times less."""
    slopes = {name: slope(points) for name, points in costs.items() if len(points) > 1}
    flat = abs(slopes.pop("epoll", 0.0))
    return all(steep > FLAT * flat for steep in slopes.values())
