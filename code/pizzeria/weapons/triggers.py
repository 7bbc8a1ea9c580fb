"""Level, edge and one-shot: what each says about a pipe that is read in part, and the peer that gets stuck."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable

STEPS = (
    "after the write",
    "after reading a part",
    "asking again",
    "after a new write",
    "after reading it all",
)


def readiness(trigger: str = "level", mechanism: str = "epoll") -> dict[str, bool]:
    """Return ``{step: ready or not}`` of a pipe: "level", "edge" or "one-shot" (on epoll); poll and select know level."""
    reader, writer = os.pipe()
    try:
        ask, close = _asker(mechanism, trigger, reader)
        try:
            os.write(writer, b"four cheeses")
            answers = [ask()]
            os.read(reader, 4)
            answers += [ask(), ask()]
            os.write(writer, b" and ham")
            answers.append(ask())
            os.read(reader, 64)
            answers.append(ask())
        finally:
            close()
    finally:
        os.close(reader)
        os.close(writer)
    return dict(zip(STEPS, answers, strict=True))


def _asker(mechanism: str, trigger: str, fd: int) -> tuple[Callable[[], bool], Callable[[], None]]:
    if mechanism == "select":
        return lambda: bool(select.select([fd], [], [], 0)[0]), lambda: None
    if mechanism == "poll":
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return lambda: bool(poll.poll(0)), lambda: None
    flags = {"level": 0, "edge": select.EPOLLET, "one-shot": select.EPOLLONESHOT}[trigger]
    epoll = select.epoll()
    epoll.register(fd, select.EPOLLIN | flags)
    return lambda: bool(epoll.poll(0)), epoll.close


def stuck_peer(
    drain: bool, question: bytes = b"margherita, calzone and four cheeses?"
) -> dict[str, str | None]:
    """Answer a question under edge triggering, reading it whole (`drain`) or in part; return who waits in the end.

    The waiter reads 16 bytes a time. He answers when he has the whole question, and its end is the question mark.
    """
    client, waiter = socket.socketpair()
    with client, waiter, select.epoll() as epoll:
        client.setblocking(False)
        waiter.setblocking(False)
        epoll.register(waiter, select.EPOLLIN | select.EPOLLET)
        client.send(question)  # all of it: now the client waits for the answer
        heard = b""
        for _ in range(10):  # a patient evening
            if not epoll.poll(0.01):
                break
            heard += _drain(waiter) if drain else waiter.recv(16)
            if heard.endswith(b"?"):
                waiter.send(b"coming up")
        try:
            return {"waiter heard": heard.decode(), "client got": client.recv(64).decode()}
        except BlockingIOError:
            return {"waiter heard": heard.decode(), "client got": None}


def _drain(sock: socket.socket) -> bytes:
    """Read until the system says that there is nothing left: the rule of edge triggering."""
    data = b""
    while True:
        try:
            data += sock.recv(16)
        except BlockingIOError:
            return data
