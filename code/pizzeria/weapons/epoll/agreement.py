"""The model of the ready list and the kernel, asked the same things: every conversation of so many actions."""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from itertools import product
from typing import Self

from pizzeria.eventloop.ready_list import TEMPERS, ReadyList

NAMES = ("one", "two")
ACTIONS = (("ask", ""), *product(("arrive", "read", "rearm"), NAMES))
ARRIVING, TAKEN = 8, 4  # bytes
_EDGE, _ONE_SHOT = getattr(select, "EPOLLET", 0), getattr(select, "EPOLLONESHOT", 0)
_FLAGS = {"level": 0, "edge": _EDGE, "one-shot": _ONE_SHOT}


class Kernel:
    """The kernel's epoll with two connections of one temper, spoken to like a `ReadyList`."""

    def __init__(self, temper: str) -> None:
        self._flags = select.EPOLLIN | _FLAGS[temper]
        with ExitStack() as stack:
            self._epoll = stack.enter_context(select.epoll())
            self._ours: dict[str, socket.socket] = {}
            self._theirs: dict[str, socket.socket] = {}
            for name in NAMES:
                self._ours[name], self._theirs[name] = map(stack.enter_context, socket.socketpair())
                self._ours[name].setblocking(False)
                self._epoll.register(self._ours[name], self._flags)
            self._names = {sock.fileno(): name for name, sock in self._ours.items()}
            self._stack = stack.pop_all()

    def arrive(self, name: str, size: int) -> None:
        """Write into the other end."""
        self._theirs[name].send(b"!" * size)

    def read(self, name: str, size: int) -> int:
        """Read what is there, at most so many bytes; nothing is no error."""
        with suppress(BlockingIOError):
            return len(self._ours[name].recv(size))
        return 0

    def rearm(self, name: str) -> None:
        """Listen again."""
        self._epoll.modify(self._ours[name], self._flags)

    def ask(self, most: int = 1) -> list[str]:
        """Wait not at all; give the names that rang."""
        return [self._names[fd] for fd, _ in self._epoll.poll(0, most)]

    def reset(self) -> None:
        """Empty both connections and register them anew."""
        for sock in self._ours.values():
            with suppress(BlockingIOError):
                sock.recv(65536)
            self._epoll.unregister(sock)
            self._epoll.register(sock, self._flags)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def said(listener: ReadyList | Kernel, actions: Sequence[tuple[str, str]]) -> list[object]:
    """Hold a conversation; return every answer to a question, and how much each read brought."""
    answers: list[object] = []
    for action, name in actions:
        if action == "ask":
            answers.append(listener.ask(1))
        elif action == "arrive":
            listener.arrive(name, ARRIVING)
        elif action == "read":
            answers.append(listener.read(name, TAKEN))
        else:
            listener.rearm(name)
    return answers


def conversations(length: int) -> dict[str, tuple[int, int]]:
    """Hold all conversations of so many actions, each ended by two questions; ``{temper: (held, answered alike)}``."""
    found = {}
    for temper in TEMPERS:
        held = alike = 0
        with Kernel(temper) as kernel:
            for actions in product(ACTIONS, repeat=length):
                model = ReadyList()
                for name in NAMES:
                    model.register(name, temper)
                kernel.reset()
                whole = (*actions, ACTIONS[0], ACTIONS[0])
                held += 1
                alike += said(model, whole) == said(kernel, whole)
        found[temper] = held, alike
    return found
