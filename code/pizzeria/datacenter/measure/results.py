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
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pizzeria.common.files import write_whole

SCHEMA = 1


@dataclass
class Point:
    """One server under one load. Rates a second, latencies in ms, memory in bytes, processor time in ms a request.

    `others`: how many cores the rest of the machine used meanwhile (None: not known); much of it spoils the rest.
    """

    server: str
    clients: int
    rate: float
    served: int
    clients_served: int
    p50: float | None
    p99: float | None
    cpu_ms: float | None
    threads: int
    processes: int
    descriptors: int
    resident: int
    proportional: int
    reserved: int
    switches: float | None
    refused: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    others: float | None = None


@dataclass
class Results:
    """What one run of the experiment found."""

    when: str
    command: str
    machine: dict[str, Any]
    settings: dict[str, Any]
    points: list[Point] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    proxies: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)  # later runs: {"when", "command", "servers"}
    schema: int = SCHEMA

    def point(self, server: str, clients: int) -> Point:
        """Return the point of this server under this load; `KeyError` says what there is."""
        for point in self.points:
            if (point.server, point.clients) == (server, clients):
                return point
        there = ", ".join(f"{p.server} at {p.clients}" for p in self.points)
        raise KeyError(f"{server} at {clients} clients was not measured; there is {there}")

    def of(self, server: str) -> list[Point]:
        """Return the points of one server, fewest clients first."""
        return sorted((p for p in self.points if p.server == server), key=lambda p: p.clients)

    def held_by(self, server: str) -> dict[str, Any]:
        """Return what a held idle connection costs this server, as recorded."""
        return next(row for row in self.held if row["server"] == server)

    @property
    def servers(self) -> list[str]:
        """Names of the servers measured, in the order of the run."""
        return list(dict.fromkeys(point.server for point in self.points))

    @property
    def provenance(self) -> str:
        """Return one sentence fragment: when, on what."""
        m = self.machine
        days: dict[str, str] = {}
        for run in self.added:
            for name in run["servers"]:
                days[name] = day(run["when"])
        later = "".join(
            f" ({', '.join(name for name in days if days[name] == when)} on {when})"
            for when in sorted(set(days.values()) - {day(self.when)})
        )
        return (
            f"on {day(self.when)}{later}, on {m['cores']} cores of {m['processor']}, Linux {m['kernel']},"
            f" Python {m['python']}"
        )

    def add(self, other: Results) -> None:
        """Take over the points that a later run measured; `ValueError` unless it ran on the like of this machine."""
        for name, mine, theirs in (
            ("settings", self.settings, other.settings),
            *((n, self.machine[n], other.machine[n]) for n in ("processor", "cores", "kernel", "python")),
        ):
            if mine != theirs:
                raise ValueError(
                    f"the record has {name} {mine}, this run {theirs}: they cannot stand in one table; measure all anew"
                )
        names = list(dict.fromkeys([*other.servers, *(row["server"] for row in other.held)]))
        measured = {(point.server, point.clients) for point in other.points}
        self.points[:] = [p for p in self.points if (p.server, p.clients) not in measured] + other.points
        held = {row["server"] for row in other.held}
        self.held[:] = [row for row in self.held if row["server"] not in held] + other.held
        self.left_out += [line for line in other.left_out if line not in self.left_out]
        self.added.append({"when": other.when, "command": other.command, "servers": names})
        order = list(dict.fromkeys(point.server for point in self.points))
        self.points.sort(key=lambda point: (order.index(point.server), point.clients))

    def table(self) -> Table:
        """Return the points as a table for a terminal."""
        sheet = Table(title=f"Measured {self.provenance}", box=SIMPLE_HEAD, padding=0, pad_edge=False)
        for column in (
            "server",
            "clients",
            "per s",
            "p50 ms",
            "p99 ms",
            "CPU ms",
            "threads",
            "MB",
            "wrong",
            "others",
        ):
            sheet.add_column(column, justify="left" if column == "server" else "right")
        for p in self.points:
            cells = (
                p.server,
                p.clients,
                p.rate,
                *("-" if ms is None else round(ms) for ms in (p.p50, p.p99)),
                p.cpu_ms,
                p.threads,
                p.proportional >> 20,
                sum(p.errors.values()),
                "?" if p.others is None else p.others,
            )
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
        results.points = [Point(**point) for point in found["points"]]
    except TypeError as error:
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
