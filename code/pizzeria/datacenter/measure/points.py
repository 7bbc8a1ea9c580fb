"""What was measured of one server under one load: windows, as they came, and their medians and spreads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Self

LIMITS = ("as shipped", "lifted")
"""The two ways in which a server that is not ours is set up."""


@dataclass
class Window:
    """One window of one server under one load. Latencies in ms, memory in bytes, shares in cores, `cpu_ms` a request.

    Latencies are those of the requests answered in the window; `unanswered` had been asked by its end, the `oldest` of them
    so many ms before (None: a record made before these were counted). By Little's law, clients / rate is the mean of all.
    `errors` were counted within the window, `errors_before` while it warmed up. `generator` and `upstream`: what the
    load generator and the service behind the server used of the machine; `others`: the rest of it, which is nobody's.
    `at_work`: threads that did at least a twentieth of the server's work (None: not counted).
    """

    round: int
    seconds: float
    served: int
    clients_served: int
    p50: float | None
    p99: float | None
    cpu_ms: float | None
    cores: float
    generator: float
    upstream: float
    others: float
    threads: int
    processes: int
    descriptors: int
    resident: int
    proportional: int
    reserved: int
    switches: float | None
    refused: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    errors_before: dict[str, int] = field(default_factory=dict)
    at_work: int | None = None
    unanswered: int | None = None
    oldest: float | None = None

    @property
    def rate(self) -> float:
        """Requests served a second."""
        return self.served / self.seconds

    @property
    def wrong(self) -> float:
        """Errors a second."""
        return sum(self.errors.values()) / self.seconds


@dataclass
class Point:
    """One server under one load, in all its windows; whatever is asked for is their median.

    `limits`: "as shipped" or "lifted" for a server that is not ours, else "".
    """

    server: str
    clients: int
    windows: list[Window] = field(default_factory=list)
    limits: str = ""

    def of(self, what: Callable[[Window], float | None]) -> list[float]:
        """Return what every window says, lowest first; those that say nothing are left out."""
        return sorted(value for value in map(what, self.windows) if value is not None)

    def median(self, what: Callable[[Window], float | None]) -> float | None:
        """Return the median of what the windows say, None without any."""
        found = self.of(what)
        return median(found) if found else None

    @property
    def rate(self) -> float:
        """Requests served a second."""
        return self.median(lambda window: window.rate) or 0.0

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest rate of a window."""
        rates = self.of(lambda window: window.rate)
        return rates[0], rates[-1]

    @property
    def cpu_ms(self) -> float | None:
        """Processor time of a request in ms."""
        return self.median(lambda window: window.cpu_ms)

    @property
    def p50(self) -> float | None:
        """Median latency in ms, of the requests answered in a window."""
        return self.median(lambda window: window.p50)

    @property
    def p99(self) -> float | None:
        """The latency in ms that 99 of 100 requests did not exceed."""
        return self.median(lambda window: window.p99)

    @property
    def wrong(self) -> float:
        """Errors a second."""
        return self.median(lambda window: window.wrong) or 0.0

    @property
    def refused(self) -> int:
        """Requests refused with 503, in all windows."""
        return sum(window.refused for window in self.windows)

    @property
    def errors(self) -> dict[str, int]:
        """Errors by name, in all windows."""
        return dict(sum((Counter(window.errors) for window in self.windows), Counter()))

    @property
    def threads(self) -> int:
        """Threads of the server and its descendants."""
        return round(self.median(lambda window: window.threads) or 0)

    @property
    def processes(self) -> int:
        """Processes of the server."""
        return round(self.median(lambda window: window.processes) or 0)

    @property
    def at_work(self) -> int | None:
        """Threads that did at least a twentieth of the work."""
        found = self.median(lambda window: window.at_work)
        return None if found is None else round(found)

    @property
    def proportional(self) -> int:
        """Bytes of memory, what processes share divided among them."""
        return round(self.median(lambda window: window.proportional) or 0)

    @property
    def cores(self) -> float:
        """Cores that the server used."""
        return self.median(lambda window: window.cores) or 0.0

    @property
    def generator(self) -> float:
        """Cores that the load generator used."""
        return self.median(lambda window: window.generator) or 0.0

    @property
    def others(self) -> float:
        """Cores that the rest of the machine used."""
        return self.median(lambda window: window.others) or 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Return the point that `as_json` wrote; `TypeError` for anything else."""
        return cls(**{**found, "windows": [Window(**window) for window in found["windows"]]})
