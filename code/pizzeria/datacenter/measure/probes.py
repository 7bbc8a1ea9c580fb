"""What a server takes from its machine: memory, threads, descriptors, processor time, context switches."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Probe:
    """One look at a process and all its descendants. Memory in bytes, processor time in seconds."""

    processes: int
    threads: int
    descriptors: int
    resident: int
    proportional: int
    reserved: int
    cpu: float
    switches: int


def look(pid: int) -> Probe:
    """Take a `Probe` of the process `pid` and its descendants; those that end meanwhile are left out."""
    root = psutil.Process(pid)
    counts: dict[str, Any] = dict.fromkeys(Probe.__dataclass_fields__, 0)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(
            psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError, ProcessLookupError
        ):
            for name, value in look_at(process).items():
                counts[name] += value
    return Probe(**counts)


def look_at(process: psutil.Process) -> dict[str, float]:
    """Return the counts of one process; the processor time of its children that have ended is its own."""
    folder = Path("/proc", str(process.pid))
    with process.oneshot():
        memory, switches = process.memory_info(), process.num_ctx_switches()
        share = re.search(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.M)
        return {
            "processes": 1,
            "threads": process.num_threads(),
            "descriptors": process.num_fds(),
            "resident": memory.rss,
            "proportional": int(share[1]) * 1024 if share else 0,
            "reserved": memory.vms,
            "cpu": cpu_seconds(process),
            "switches": switches.voluntary + switches.involuntary,
        }


def work(pid: int) -> tuple[float, int]:
    """Return processor seconds and context switches of the process `pid` and its descendants: a look that costs little."""
    cpu, switches = 0.0, 0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            with process.oneshot():
                cpu += cpu_seconds(process)
                switched = process.num_ctx_switches()
            switches += switched.voluntary + switched.involuntary
    return cpu, switches


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor time of a process, to the nanosecond where Linux tells it, and of its children that have ended.

    What the system tells of a whole process is cut down to hundredths of a second: of a thousand processes that work for
    a moment each, nothing would be left. Threads that have ended are in that figure only.
    """
    times, exact = process.cpu_times(), 0
    for task in Path("/proc", str(process.pid), "task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            exact += int(task.read_text().split()[0])
    return max(times.user + times.system, exact / 1e9) + times.children_user + times.children_system


def threads_cpu(pid: int, most: int) -> dict[int, float]:
    """Return the processor time in seconds of every thread of the process `pid` and its descendants; none when there are more than `most`."""
    found: dict[int, float] = {}
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            if process.num_threads() > most - len(found):
                return {}
            found.update({one.id: one.user_time + one.system_time for one in process.threads()})
    return found


def elsewhere() -> tuple[float, float]:
    """Return ``(now, seconds)``: processor time used so far by everything but this process and its descendants."""
    mine, ours = psutil.Process(), 0.0
    for process in [mine, *mine.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            ours += cpu_seconds(process)
    everything = psutil.cpu_times()
    quiet = everything.idle + getattr(everything, "iowait", 0.0) + getattr(everything, "guest", 0.0)
    return time.monotonic(), sum(everything) - quiet - getattr(everything, "steal", 0.0) - ours


def others(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Return how many cores the rest of the machine used between two answers of `elsewhere`."""
    return max(0.0, (after[1] - before[1]) / (after[0] - before[0]))
