"""Every short conversation with the kernel about a pipe that is read in part, recorded from the real thing.

A conversation is a row of actions; after each of them the kernel is asked once, by three registrations of three
tempers on three pipes. There are few enough short ones to have them all, so that a reader may do as he likes.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import product
from typing import Any

from pizzeria.explorables.stills import table

_BSD: Any = select  # type checkers know kqueue on the systems that have it only
ACTIONS = {"write": "write 8 bytes", "read": "read 4 bytes", "ask": "only ask"}
TEMPERS = ("level", "edge", "one-shot")
WRITTEN, TAKEN, DEPTH = b"calzone!", 4, 8
USUAL = ("write", "read", "ask", "write", "read", "read", "read")


class Pipe:
    """A pipe and one registration for it; `ask` tells whether the kernel says that it is ready."""

    ask: Callable[[], bool]
    anew: Callable[[], object]

    def __init__(self, temper: str, stack: ExitStack) -> None:
        self.reader, self.writer = os.pipe()
        stack.callback(os.close, self.reader)
        stack.callback(os.close, self.writer)
        os.set_blocking(self.reader, False)
        self._register(temper, stack)

    def _register(self, temper: str, stack: ExitStack) -> None:
        if hasattr(select, "epoll"):
            flags = {"level": 0, "edge": select.EPOLLET, "one-shot": select.EPOLLONESHOT}[temper]
            epoll = stack.enter_context(select.epoll())
            epoll.register(self.reader, select.EPOLLIN | flags)
            self.ask = lambda: bool(epoll.poll(0))

            def anew() -> None:
                epoll.unregister(self.reader)
                epoll.register(self.reader, select.EPOLLIN | flags)

            self.anew = anew
        else:
            flags = {"level": 0, "edge": _BSD.KQ_EV_CLEAR, "one-shot": _BSD.KQ_EV_ONESHOT}[temper]
            queue = _BSD.kqueue()
            stack.callback(queue.close)
            news = _BSD.kevent(self.reader, _BSD.KQ_FILTER_READ, _BSD.KQ_EV_ADD | flags)
            gone = _BSD.kevent(self.reader, _BSD.KQ_FILTER_READ, _BSD.KQ_EV_DELETE)

            def anew_here() -> None:
                with suppress(OSError):  # one-shot has deleted itself
                    queue.control([gone], 0, 0)
                queue.control([news], 0, 0)

            queue.control([news], 0, 0)
            self.ask, self.anew = (lambda: bool(queue.control(None, 1, 0))), anew_here

    def act(self, action: str) -> bool:
        """Do one action, then ask."""
        if action == "write":
            os.write(self.writer, WRITTEN)
        elif action == "read":
            self.take(TAKEN)
        return self.ask()

    def take(self, size: int) -> bytes:
        """Read what is there, at most `size` bytes; nothing is no error."""
        with suppress(BlockingIOError):
            return os.read(self.reader, size)
        return b""

    def reset(self) -> None:
        """Empty the pipe and register it anew."""
        self.take(65536)
        self.anew()


def conversation(actions: Sequence[str], pipes: Sequence[Pipe]) -> list[list[bool]]:
    """Have one conversation from the start; return the answers after each action, a list by temper."""
    for pipe in pipes:
        pipe.reset()
    return [[pipe.act(action) for pipe in pipes] for action in actions]


def every(depth: int = DEPTH) -> str:
    """Record all conversations of at most `depth` actions; return one digit each, level = 1, edge = 2, one-shot = 4.

    They are numbered by length, then as numbers in base 3: action ``a`` of ``n`` actions counts 3 ** (n - 1).
    """
    answers = []
    with ExitStack() as stack:
        pipes = [Pipe(temper, stack) for temper in TEMPERS]
        rows: list[list[int | None]] = [[None] * len(ACTIONS) ** length for length in range(1, depth + 1)]
        for number, actions in enumerate(product(ACTIONS, repeat=depth)):
            for length, said in enumerate(conversation(actions, pipes), 1):
                place = number // len(ACTIONS) ** (depth - length)
                digit = sum(ready << bit for bit, ready in enumerate(said))
                if rows[length - 1][place] not in (None, digit):
                    raise AssertionError(f"the kernel answered {actions[:length]} in two ways")
                rows[length - 1][place] = digit
        answers = [digit for row in rows for digit in row]
    return "".join(map(str, answers))


def page() -> dict[str, Any]:
    """Give what the component starts with."""
    return {
        "actions": ACTIONS,
        "tempers": TEMPERS,
        "written": WRITTEN.decode(),
        "taken": TAKEN,
        "depth": DEPTH,
        "mechanism": "epoll" if hasattr(select, "epoll") else "kqueue",
        "answers": every(),
    }


def still() -> str:
    """Tell one conversation as a table."""
    with ExitStack() as stack:
        said = conversation(USUAL, [Pipe(temper, stack) for temper in TEMPERS])
    words = [[("ready" if ready else "silent") for ready in row] for row in said]
    return table(
        ("then one asks", *TEMPERS), [(ACTIONS[a], *row) for a, row in zip(USUAL, words, strict=True)]
    )


def figure() -> tuple[str, dict[str, Any], str]:
    """Give the explorable of the post."""
    return "pipe", page(), still()
