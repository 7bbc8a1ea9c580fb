"""One loop a core: processes that share a port (SO_REUSEPORT) and their counts, and one that looks after them.

A loop that dies is replaced; its own clients lose their connections, nobody else's. When the one that looks after them
ends, however it does, they see a pipe close, answer whom they have accepted, and end.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from typing import NoReturn

from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.blocking import family, listen
from pizzeria.datacenter.servers.loop_host import ReactorHost
from pizzeria.datacenter.servers.loop_server import LoopHouse, keep_open
from pizzeria.datacenter.service.reservation import Metrics
from pizzeria.datacenter.service.settings import Settings, announce

STATUSES = 600  # HTTP's, and room for each
INSIDE, CONNECTIONS, COMMITS, WRITTEN = range(STATUSES, COLUMNS := STATUSES + 4)
PAUSE = 1.0  # s between two tries to start a loop that cannot
LONGER = 5.0  # s beyond the drain, after which a loop is killed


class Counts:
    """What each loop counts, in memory that all of them see: a row each, which only its owner writes."""

    def __init__(self, loops: int) -> None:
        self.loops = loops
        self.cells = memoryview(mmap.mmap(-1, 8 * COLUMNS * loops)).cast("q")

    def row(self, number: int) -> memoryview[int]:
        """Return the counts of one loop."""
        return self.cells[number * COLUMNS : (number + 1) * COLUMNS]

    def total(self, column: int) -> int:
        """Return what all loops have counted."""
        return sum(self.cells[column::COLUMNS])


class CommonMetrics(Metrics):
    """The responses of all loops."""

    def __init__(self, server: str, counts: Counts, number: int) -> None:
        self.counts, self.row = counts, counts.row(number)
        super().__init__(server)

    def count(self, status: int) -> None:
        """Count one response of this loop."""
        self.row[status] += 1

    def render(self, gauges: Mapping[str, tuple[str, object]]) -> str:
        """Return the page, whichever loop is asked for it."""
        self.responses = Counter({n: seen for n in range(STATUSES) if (seen := self.counts.total(n))})
        return super().render(gauges)


class CommonHouse(LoopHouse):
    """One loop of several: what it takes at most is a limit of all together."""

    def __init__(self, settings: Settings, host: ReactorHost, counts: Counts, number: int) -> None:
        self.common, self.row = counts, counts.row(number)
        self.row[INSIDE] = 0  # whoever was here before may have died
        self.before = self.row[COMMITS], self.row[WRITTEN]  # what he wrote stays written
        super().__init__(settings, host)
        self.metrics = CommonMetrics(settings.server, counts, number)
        self.count = self.metrics.count

    @property
    def connections(self) -> int:
        """Count the connections of this loop."""
        return self.row[CONNECTIONS]

    @connections.setter
    def connections(self, number: int) -> None:
        self.row[CONNECTIONS] = number

    def is_full(self) -> bool:
        """Return whether all loops together have as many connections as may be."""
        return self.common.total(CONNECTIONS) >= self.settings.connections

    def enter(self) -> bool:
        """Count a reservation in, or return False when all together have as many as may wait."""
        if self.common.total(INSIDE) >= self.settings.queue:
            return False
        self.row[INSIDE] += 1
        return True

    def leave(self) -> None:
        """Count a reservation out."""
        self.row[INSIDE] -= 1
        self.row[COMMITS] = self.before[0] + self.store.commits
        self.row[WRITTEN] = self.before[1] + self.store.written

    def counts(self) -> tuple[int, int, int, int]:
        """Return the counts of all loops."""
        inside, connections, commits, written = map(
            self.common.total, (INSIDE, CONNECTIONS, COMMITS, WRITTEN)
        )
        return inside, connections, commits, written


class Loops:
    """The processes, and how one is started; a context that ends them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.counts = settings, Counts(settings.cores)
        self.running: dict[
            int, tuple[int, int]
        ] = {}  # by the descriptor that tells of its end: process, number
        self.life = os.pipe()
        # Bound and not listening: it keeps the port, and gets no connections.
        self.port = socket.socket(family(settings.host))
        self.port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.port.bind((settings.host, settings.port))

    def start(self, number: int) -> None:
        """Start a loop and wait until it accepts; `ValueError` with its words when it cannot."""
        said, say = os.pipe()
        if not (pid := os.fork()):
            os.close(said)
            self.be_one(number, say)
        os.close(say)
        self.running[os.pidfd_open(pid)] = pid, number
        with open(said, "rb") as pipe:
            words = pipe.read()
        if words != b"!":
            raise ValueError(words.decode() or f"loop {number} did not start")

    def be_one(self, number: int, say: int) -> NoReturn:
        """Serve, in a process of its own, and end."""
        os.close(self.life[1])
        settings, code = self.settings, 1

        def ready() -> None:
            os.write(say, b"!")
            os.close(say)

        try:
            keep_open(
                settings,
                listen(settings, shared=self.port.getsockname()[1]),
                lambda settings, loop: CommonHouse(settings, loop, self.counts, number),
                ready,
                self.life[0],
            )
            code = 0
        except (ValueError, OSError) as error:
            os.write(say, str(error).encode())
        except Exception:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def tell(self, number: int) -> None:
        """Send every loop a signal."""
        for end in self.running:
            signal.pidfd_send_signal(end, number)

    def ended(self, within: float | None) -> list[int]:
        """Wait until one has ended, or so many seconds; return the numbers of those that have."""
        ends = select.select([*self.running], [], [], within)[0]
        numbers = []
        for end in ends:
            pid, number = self.running.pop(end)
            os.close(end)
            os.waitpid(pid, 0)
            numbers.append(number)
        return numbers

    def finish(self) -> None:
        """Tell all to end, wait for them, kill who takes longer than the drain may."""
        self.tell(signal.SIGTERM)
        due = time.monotonic() + self.settings.drain + LONGER
        while self.running and (left := due - time.monotonic()) > 0:
            self.ended(left)
        self.tell(signal.SIGKILL)
        while self.running:
            self.ended(None)
        self.port.close()
        for end in self.life:
            os.close(end)


def serve(settings: Settings) -> None:
    """Serve on so many loops until told to stop."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    loops = Loops(settings)
    try:
        for number in range(settings.cores):
            loops.start(number)
        the_end.call_once(lambda: os.write(tell, b"!"))
        pids = [pid for pid, _ in loops.running.values()]
        announce(settings, loops.port.getsockname(), loops=pids)
        while not select.select([told, *loops.running], [], [])[0].count(told):
            for number in loops.ended(0):
                print(
                    f"datacenter: loop {number} has died; another takes its place",
                    file=sys.stderr,
                    flush=True,
                )
                try:
                    loops.start(number)
                except (
                    ValueError
                ) as error:  # its end is seen as well, and it is tried again; the others go on
                    print(f"datacenter: {error}", file=sys.stderr, flush=True)
                    select.select([told], [], [], PAUSE)
    finally:
        the_end.begun()
        loops.finish()
        os.close(told)
        os.close(tell)
