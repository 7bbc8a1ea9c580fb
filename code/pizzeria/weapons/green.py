"""A cooperative runtime of forty lines, frozen by one blocking call, and the cure.

Green threads are generators that a scheduler takes turns with. They share one real thread: a call that waits *inside* the
kernel, instead of telling the scheduler, stops every one of them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator
from typing import TypeAlias

from pizzeria.eventloop.reactor import READ, Reactor

Thread: TypeAlias = Generator[int | None, None, None]


class Green:
    """Take turns with generators: ``yield`` gives way, ``yield fd`` waits until `fd` can be read."""

    def __init__(self) -> None:
        self.turns = 0
        self._reactor = Reactor()
        self._ready: deque[Thread] = deque()
        self._alive = 0

    def spawn(self, generator: Thread) -> None:
        """Add a green thread."""
        self._alive += 1
        self._ready.append(generator)

    def run(self) -> None:
        """Take turns until every green thread has ended, then close."""
        with self._reactor:
            while self._alive:
                self._reactor.run_once(0 if self._ready else 5)
                for _ in range(len(self._ready)):
                    self._take_a_turn(self._ready.popleft())

    def _take_a_turn(self, thread: Thread) -> None:
        self.turns += 1
        try:
            fd = next(thread)
        except StopIteration:
            self._alive -= 1
            return
        if fd is None:
            self._ready.append(thread)
        else:
            self._reactor.register(fd, READ, lambda *_: self._wake(fd, thread))

    def _wake(self, fd: int, thread: Thread) -> None:
        self._reactor.unregister(fd)
        self._ready.append(thread)


def lunch(blocking: bool, others: int = 3) -> int:
    """Let one green thread wait for a call while the others work; return the turns they took during the wait.

    The one that waits either blocks in the kernel (`blocking`), or asks the scheduler to wait for it.
    """
    reader, writer = os.pipe()
    runtime = Green()
    worked = 0
    heard: list[int] = []

    def waits() -> Thread:
        asked_at = worked
        caller.start()
        if not blocking:
            yield reader
        os.read(reader, 1)
        heard.append(worked - asked_at)
        yield None

    def works() -> Thread:
        nonlocal worked
        while not heard:
            worked += 1
            if worked >= 1000:  # the others have done plenty: now somebody calls
                enough.set()
            yield None

    def call() -> None:
        enough.wait(0.1 if blocking else None)  # the frozen ones would never get anything done
        os.write(writer, b"!")

    enough = threading.Event()
    caller = threading.Thread(target=call)
    for generator in (waits(), *(works() for _ in range(others))):
        runtime.spawn(generator)
    try:
        runtime.run()
        caller.join(10)
    finally:
        os.close(reader)
        os.close(writer)
    return heard[0]
