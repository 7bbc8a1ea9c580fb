"""One file with what an experiment measured, and where, when and how it did."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import re
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pizzeria.common.files import write_whole
from pizzeria.datacenter.measure.points import Point

SCHEMA = 2


@dataclass
class Results:
    """What one run of the experiment found."""

    when: str
    command: str
    machine: dict[str, Any]
    settings: dict[str, Any]
    points: list[Point] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    proxies: list[Point] = field(default_factory=list)
    waiting: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    schema: int = SCHEMA

    def point(self, server: str, clients: int) -> Point:
        """Return the point of this server under this load; `KeyError` says what there is."""
        for point in self.points:
            if (point.server, point.clients) == (server, clients):
                return point
        there = ", ".join(f"{p.server} at {p.clients}" for p in self.points)
        raise KeyError(f"{server} at {clients} clients was not measured; there is {there}")

    def namesake(self, server: str, limits: str, clients: int) -> Point | None:
        """Return the point of a server that is not ours, None when it was not measured."""
        wanted = (server, limits, clients)
        return next((p for p in self.proxies if (p.server, p.limits, p.clients) == wanted), None)

    def of(self, server: str) -> list[Point]:
        """Return the points of one server, fewest clients first."""
        return sorted((p for p in self.points if p.server == server), key=lambda p: p.clients)

    @property
    def servers(self) -> list[str]:
        """Names of the servers measured, in the order of the run."""
        return list(dict.fromkeys(point.server for point in self.points))

    @property
    def provenance(self) -> str:
        """Return one sentence fragment: when, on what."""
        m = self.machine
        return (
            f"on {day(self.when)}, on {m['cores']} cores of {m['processor']}, Linux {m['kernel']},"
            f" Python {m['python']}"
        )

    @property
    def rounds(self) -> int:
        """Windows that every server has under every load: a run may have been cut short."""
        return min((len(point.windows) for point in self.points), default=0)

    @property
    def company(self) -> tuple[float, float]:
        """Cores that the rest of the machine used: in the median window, and in the busiest."""
        used = sorted(window.others for point in [*self.points, *self.proxies] for window in point.windows)
        return (median(used), used[-1]) if used else (0.0, 0.0)

    def table(self) -> Table:
        """Return the points as a table for a terminal."""
        sheet = Table(title=f"Measured {self.provenance}", box=SIMPLE_HEAD, padding=0, pad_edge=False)
        columns = (
            "server",
            "clients",
            "per s",
            "lowest",
            "highest",
            "errors/s",
            "p50 ms",
            "p99 ms",
            "CPU ms",
        )
        for column in (*columns, "threads", "MB", "cores", "generator", "others"):
            sheet.add_column(column, justify="left" if column == "server" else "right")
        for p in [*self.points, *self.proxies]:
            cells = (
                f"{p.server} {p.limits}".strip(), p.clients, *(f"{rate:.1f}" for rate in (p.rate, *p.spread, p.wrong)),
                *("-" if ms is None else round(ms) for ms in (p.p50, p.p99)),
                "-" if p.cpu_ms is None else f"{p.cpu_ms:.2f}", p.threads, p.proportional >> 20,
                *(f"{cores:.2f}" for cores in (p.cores, p.generator, p.others)),
            )  # fmt: skip
            sheet.add_row(*map(str, cells))
        return sheet

    def save(self, path: str | PathLike[str]) -> None:
        """Write the file whole: aside, then in its place."""
        write_whole(Path(path), json.dumps(asdict(self), indent=1) + "\n")


def load(path: str | PathLike[str]) -> Results:
    """Read a file that `Results.save` wrote; `ValueError` in one line when it is something else."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"{path}: {error.strerror}; python -m pizzeria datacenter compare writes it"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}); run the comparison again") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise ValueError(f"{path}: not of schema {SCHEMA}; run python -m pizzeria datacenter compare again")
    try:
        results = Results(**found)
        results.points, results.proxies = (
            [Point.from_json(point) for point in found[name]] for name in ("points", "proxies")
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error}; run python -m pizzeria datacenter compare again") from None
    return results


def day(when: str) -> str:
    """Return the date of an ISO time."""
    return datetime.datetime.fromisoformat(when).date().isoformat()


def machine() -> dict[str, Any]:
    """Say where this runs: processor, cores, kernel, Python."""
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M)
        processor = found[1] if found else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def new(command: str, settings: dict[str, Any]) -> Results:
    """Start a record of a run that begins now."""
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Results(when, command, machine(), settings)
