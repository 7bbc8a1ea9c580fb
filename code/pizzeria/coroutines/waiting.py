"""A crowd that waits, of one kind, in a process of its own: it is weighed from outside while it stands still.

``python -m pizzeria.coroutines.waiting KIND FEW MANY ROUNDS`` lets so few wait, then so many. Each time it prints how many
they are (fewer, when the system refuses more) and its own helpers' process ids, and reads a line while somebody weighs
it. At last it prints what one letting go takes, there and back, in nanoseconds: the quickest of `TRIES`. Everybody runs
the same recipe: one local variable, one wait.
"""

from __future__ import annotations

import _thread
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Generator

TRIES = 5  # of a fifth of the rounds each: the quickest says what it takes, the others what company they had


class Crowd:
    """Those who wait, and the process ids of those who are processes."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    def __len__(self) -> int:
        raise NotImplementedError

    def join(self) -> bool:
        """Let one more wait; return False when the system refuses."""
        raise NotImplementedError

    def settle(self) -> None:
        """Return when all who joined have begun."""

    def let_go(self, rounds: int) -> float:
        """Let one of them go on and let go so often; return the seconds it took."""
        raise NotImplementedError


class Generators(Crowd):
    """Suspended generators in a list."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Generator[None]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self) -> bool:
        self._waiting.append(self._order())
        next(self._waiting[-1])
        return True

    def let_go(self, rounds: int) -> float:
        one = self._waiting[-1]
        start = time.perf_counter()
        for _ in range(rounds):
            next(one)
        return time.perf_counter() - start

    @staticmethod
    def _order() -> Generator[None]:
        rang = time.monotonic()
        while rang:
            yield


class Tasks(Crowd):
    """asyncio tasks that wait for an event, on a loop that stands still."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._door = asyncio.Event()
        self._waiting: list[asyncio.Task[float]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self) -> bool:
        self._waiting.append(self._loop.create_task(self._order()))
        self._loop.run_until_complete(asyncio.sleep(0))  # it begins, and waits
        return True

    def let_go(self, rounds: int) -> float:
        async def one() -> None:
            for _ in range(rounds):
                await asyncio.sleep(0)

        start = time.perf_counter()
        self._loop.run_until_complete(one())
        return time.perf_counter() - start

    async def _order(self) -> float:
        rang = time.monotonic()
        await self._door.wait()
        return time.monotonic() - rang


class Greenlets(Crowd):
    """Greenlets that have switched back to where they were started from."""

    def __init__(self) -> None:
        from greenlet import getcurrent, greenlet

        super().__init__()
        self._hub, self._greenlet = getcurrent(), greenlet
        self._waiting: list[greenlet] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self) -> bool:
        self._waiting.append(self._greenlet(self._order))
        self._waiting[-1].switch()
        return True

    def let_go(self, rounds: int) -> float:
        one = self._waiting[-1]
        start = time.perf_counter()
        for _ in range(rounds):
            one.switch()
        return time.perf_counter() - start

    def _order(self) -> None:
        rang = time.monotonic()
        while rang:
            self._hub.switch()


class Threads(Crowd):
    """Threads that wait for an event; two of them hand a turn to and fro."""

    def __init__(self) -> None:
        super().__init__()
        self._door, self._begun = threading.Event(), threading.Semaphore(0)
        self._waiting = self._settled = 0
        self._to, self._fro = threading.Lock(), threading.Lock()
        self._to.acquire()
        self._fro.acquire()
        # Before the crowd: when as many threads wait as the system allows, not one more begins.
        threading.Thread(target=self._answer, daemon=True).start()

    def __len__(self) -> int:
        return self._waiting

    def join(self) -> bool:
        try:
            # `threading.Thread` would wait for each to begin, which on a busy machine takes three times as long.
            _thread.start_new_thread(self._order, ())
        except (RuntimeError, MemoryError):
            return False
        self._waiting += 1
        return True

    def settle(self) -> None:
        while self._settled < self._waiting:
            self._begun.acquire()
            self._settled += 1

    def let_go(self, rounds: int) -> float:
        start = time.perf_counter()
        for _ in range(rounds):
            self._to.release()
            self._fro.acquire()
        return time.perf_counter() - start

    def _answer(self) -> None:
        while True:
            self._to.acquire()
            self._fro.release()

    def _order(self) -> float:
        rang = time.monotonic()
        self._begun.release()
        self._door.wait()
        return time.monotonic() - rang


class Processes(Crowd):
    """Forked processes that read from a pipe; one of them answers."""

    def __init__(self) -> None:
        super().__init__()
        self._door, self._knob = os.pipe()  # nobody writes: they end when we do, and the knob is gone

    def __len__(self) -> int:
        return len(self.pids)

    def join(self) -> bool:
        try:
            pid = os.fork()
        except OSError:
            return False
        if pid == 0:
            os.close(self._knob)
            os.read(self._door, 1)
            os._exit(0)
        self.pids.append(pid)
        return True

    def let_go(self, rounds: int) -> float:
        (to, told), (fro, heard) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            while os.read(to, 1):
                os.write(heard, b"!")
            os._exit(0)
        start = time.perf_counter()
        for _ in range(rounds):
            os.write(told, b"?")
            os.read(fro, 1)
        took = time.perf_counter() - start
        os.close(told)
        os.waitpid(pid, 0)
        return took


KINDS: dict[str, Callable[[], Crowd]] = {
    "process": Processes, "thread": Threads, "greenlet": Greenlets, "task": Tasks, "generator": Generators,
}  # fmt: skip


def main(kind: str, few: int, many: int, rounds: int) -> None:
    """Stand still twice, then tell the time."""
    crowd = KINDS[kind]()
    for wanted in (few, many):
        while len(crowd) < wanted and crowd.join():
            pass
        crowd.settle()
        print(json.dumps([len(crowd), *crowd.pids]), flush=True)
        sys.stdin.readline()
    some = max(1, rounds // TRIES)
    print(json.dumps(min(crowd.let_go(some) for _ in range(TRIES)) / some * 1e9), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
    os._exit(0)  # the crowd is dropped where it stands
