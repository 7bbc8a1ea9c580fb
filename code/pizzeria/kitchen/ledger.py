"""What a kitchen remembers of a million orders: sums and a histogram, never the orders themselves."""

from collections import Counter
from dataclasses import dataclass
from math import exp, fsum, log
from operator import sub

BATCH = 8192  # orders kept as they are; up to here percentiles are exact
FINENESS = 200  # histogram cells for a factor of e: percentiles within 0.25 % beyond a batch
ROWS = 512  # of the timeline, at most


@dataclass(frozen=True)
class Summary:
    """What became of one quantity over all served orders, in minutes."""

    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    most: float = 0.0


class Stream:
    """Mean, maximum and percentiles of a stream of durations in memory that does not grow with it."""

    def __init__(self):
        self.count, self.total, self.most = 0, 0.0, 0.0
        self._cells, self._exact = Counter(), None

    def add(self, values):
        """Take in a batch of durations (floats, minutes); less than a billionth is rounding, and counts as 0."""
        values = [value if value > 1e-9 else 0.0 for value in values]
        self._exact = sorted(values) if not self.count else None
        self.count += len(values)
        self.total += fsum(values)
        self.most = max(self.most, *values)
        # The shift by 0.01 min gives 0 a cell of its own.
        logarithms = map(log, [100 * value + 1 for value in values])
        self._cells.update(map(int, [FINENESS * logarithm for logarithm in logarithms]))

    def percentile(self, share):
        """Return the duration that `share` of the stream does not exceed."""
        if not self.count:
            return 0.0
        rank = max(1, -int(-share * self.count // 1))
        if self._exact is not None:
            return self._exact[rank - 1]
        seen = 0
        for cell in sorted(self._cells):
            seen += self._cells[cell]
            if seen >= rank:
                return min(self.most, (exp((cell + 0.5) / FINENESS) - 1) / 100) if cell else 0.0
        raise AssertionError("the histogram lost orders")

    def summary(self):
        """Return the `Summary` of what came in so far."""
        if not self.count:
            return Summary()
        p50, p95, p99 = map(self.percentile, (0.50, 0.95, 0.99))
        return Summary(self.total / self.count, p50, p95, p99, self.most)


class Ledger:
    """Count orders and minutes while a kitchen runs.

    An order that ends leaves one row in `satisfied`: the minutes at which it rang, its drawn minutes (talk and restock),
    then the minutes of its ticket, its first cook, the end of baking, of its rescue from the oven, and of its end. Rows
    are taken in a batch at a time: that is several times cheaper than one by one, and as flat in memory.
    """

    def __init__(self, setup, strategy, clock):
        self.clock = clock
        self.arrived = self.lost = self.burnt = 0
        self.held, self.last, self.minutes_in_house, self.peak = 0.0, 0.0, 0.0, 0
        self.timeline, self.closed = [(0.0, 0, 0)], False
        self.streams = {"sojourn": Stream(), "waiting": Stream()}
        self.cook_wait = 0.0
        self.rows = []
        self.satisfied = self.rows.append
        self._taken_in = 0
        self._burns_after = setup.burns_after
        hand_overs = 0.0 if strategy == "apachehut" else 3 * setup.hand_over
        self._minutes = setup.prepare + setup.bake + setup.deliver + hand_overs
        self._hands_on = None if strategy == "apachehut" else setup.held(strategy)

    @property
    def served(self):
        """Count the orders that ended well."""
        return self._taken_in + len(self.rows)

    @property
    def in_process(self):
        """Count the orders that rang and are neither served nor lost."""
        return self.arrived - self.served - self.lost

    def take_in(self):
        """Add the waiting rows to the books."""
        if not self.rows:
            return
        rang, drawn, ticket, started, baked, taken_out, ended = zip(*self.rows, strict=True)
        sojourns = list(map(sub, ended, rang))
        self.streams["sojourn"].add(sojourns)
        self.streams["waiting"].add(
            [stay - own - self._minutes for stay, own in zip(sojourns, drawn, strict=True)]
        )
        self.cook_wait += fsum(started) - fsum(ticket)
        self.minutes_in_house += fsum(sojourns)
        self.held += self._hands_on * len(self.rows) if self._hands_on else fsum(map(sub, ended, started))
        self.burnt += sum(late > self._burns_after for late in map(sub, taken_out, baked))
        self.last = ended[-1]
        self._taken_in += len(self.rows)
        self.rows.clear()

    def summaries(self):
        """Return the summary of each stream by name."""
        return {name: stream.summary() for name, stream in self.streams.items()}

    async def watch(self, minutes=1.0):
        """Note `(minute, in process, served)` every so often, half as often each time the timeline is full."""
        while not (self.closed and self.in_process == 0):
            await self.clock.sleep(minutes)
            self.timeline.append((self.clock.now, self.in_process, self.served))
            self.peak = max(self.peak, self.in_process)
            if len(self.timeline) >= ROWS:
                del self.timeline[1::2]
                minutes *= 2
