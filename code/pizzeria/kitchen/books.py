"""What a kitchen remembers of a million orders: sums and a histogram, never the orders themselves."""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import fsum, sqrt
from operator import lt, mul, sub
from struct import pack

from pizzeria.interfaces import KitchenHost
from pizzeria.kitchen_parameters import Setup

BATCH = 1024  # orders kept as they are until they are taken in: few enough for the processor's cache
EXACT = 8192  # durations up to which percentiles are exact; beyond they are within 0.2 %
UPPER = int(sys.byteorder == "little")  # where the upper half of a 32-bit float is
ROW = 7  # minutes noted of an order
ROWS = 512  # of the timeline, at most


@dataclass(frozen=True)
class Summary:
    """What became of one quantity over all served orders, in minutes."""

    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    most: float = 0.0


class Durations:
    """Mean, maximum and percentiles of a stream of durations in memory that does not grow with it."""

    def __init__(self) -> None:
        self.count, self.total, self.most = 0, 0.0, 0.0
        self._cells: Counter[int] = Counter()
        self._exact: list[float] | None = []

    def add(self, values: list[float]) -> None:
        """Take in a batch of durations (floats, minutes); less than a billionth is rounding, and counts as 0."""
        if min(values) < 1e-9:
            values = [value if value > 1e-9 else 0.0 for value in values]
        self.count += len(values)
        self.total += fsum(values)
        self.most = max(self.most, max(values))
        if self._exact is not None:
            self._exact += values
            if self.count <= EXACT:
                return
            values, self._exact = self._exact, None
        self._cells.update(cells(values))

    def percentile(self, share: float) -> float:
        """Return the duration that `share` of the stream does not exceed."""
        if not self.count:
            return 0.0
        rank = max(1, -int(-share * self.count // 1))
        if self._exact is not None:
            self._exact.sort()
            return self._exact[rank - 1]
        seen = 0
        for cell in sorted(self._cells):
            seen += self._cells[cell]
            if seen >= rank:
                return min(self.most, middle(cell)) if cell else 0.0
        raise AssertionError("the histogram lost orders")

    def summary(self) -> Summary:
        """Return the `Summary` of what came in so far."""
        if not self.count:
            return Summary()
        p50, p95, p99 = map(self.percentile, (0.50, 0.95, 0.99))
        return Summary(self.total / self.count, p50, p95, p99, self.most)


def cells(values: Sequence[float]) -> array[int]:
    """Return the cell of the histogram of each duration: 128 cells for every doubling of its square.

    The upper half of a 32-bit float is its exponent and the first 7 bits of its fraction: a logarithm for free. The
    square makes the cells twice as fine.
    """
    return array("H", pack(f"{len(values)}f", *map(mul, values, values)))[UPPER::2]


def middle(cell: int) -> float:
    """Return the duration in the middle of a cell."""
    halves = array("H", (0, 0))
    halves[UPPER], halves[1 - UPPER] = cell, 1 << 15
    return sqrt(memoryview(halves).cast("B").cast("f")[0])


class Books:
    """Count orders and minutes while a kitchen runs.

    An order that ends leaves one row in `satisfied`: the minutes at which it rang, its drawn minutes (talk and restock),
    then the minutes of its ticket, its first cook, the end of baking, of its rescue from the oven, and of its end. Rows
    are kept end to end in one flat list and taken in a batch at a time, column by column: that is several times cheaper
    than one by one, and as flat in memory.
    """

    def __init__(self, setup: Setup, strategy: str, clock: KitchenHost) -> None:
        self.clock = clock
        self.arrived = self.lost = self.burnt = 0
        self.held, self.last, self.peak = 0.0, 0.0, 0
        self.timeline: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        self.closed = False
        self.streams = {"sojourn": Durations(), "waiting": Durations()}
        self.cook_wait = 0.0
        self.rows: list[float] = []
        self.satisfied: Callable[[Iterable[float]], None] = self.rows.extend
        self._taken_in = 0
        self._burns_after = setup.burns_after
        hand_overs = 0.0 if strategy == "apachehut" else 3 * setup.hand_over
        self._minutes = setup.prepare + setup.bake + setup.deliver + hand_overs
        self._hands_on = None if strategy == "apachehut" else setup.held(strategy)

    @property
    def served(self) -> int:
        """Count the orders that ended well."""
        return self._taken_in + len(self.rows) // ROW

    @property
    def in_process(self) -> int:
        """Count the orders that rang and are neither served nor lost."""
        return self.arrived - self.served - self.lost

    def take_in(self) -> None:
        """Add the waiting rows to the books."""
        if not self.rows:
            return
        rang, drawn, ticket, started, baked, taken_out, ended = (self.rows[n::ROW] for n in range(ROW))
        sojourns = list(map(sub, ended, rang))
        own = [self._minutes + minutes for minutes in drawn]
        self.streams["sojourn"].add(sojourns)
        self.streams["waiting"].add(list(map(sub, sojourns, own)))
        self.cook_wait += fsum(started) - fsum(ticket)
        self.held += self._hands_on * len(own) if self._hands_on else fsum(ended) - fsum(started)
        if taken_out != baked:
            self.burnt += sum(map(lt, repeat(self._burns_after), map(sub, taken_out, baked)))
        self.last = ended[-1]
        self._taken_in += len(own)
        self.rows.clear()

    def summaries(self) -> dict[str, Summary]:
        """Return the summary of each stream by name."""
        return {name: stream.summary() for name, stream in self.streams.items()}

    async def watch(self, minutes: float = 1.0) -> None:
        """Note `(minute, in process, served)` every so often, half as often each time the timeline is full."""
        while not (self.closed and self.in_process == 0):
            await self.clock.sleep(minutes)
            self.timeline.append((self.clock.now, self.in_process, self.served))
            self.peak = max(self.peak, self.in_process)
            if len(self.timeline) >= ROWS:
                del self.timeline[1::2]
                minutes *= 2
