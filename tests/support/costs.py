"""What the items of a run cost: `--costs 10` tells the ten that took longest, with their processor time."""

from __future__ import annotations

import contextlib
import resource
import time
from collections import defaultdict

import psutil
import pytest

from . import warm


def spent() -> float:
    """Give the processor seconds of this process, of those children that it has waited for, and of the templates."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + warm.spent()


def below() -> float:
    """Give the processor seconds of what still runs below this process, as a browser does, but for the templates.

    Many processes of Chromium are waited for by nobody: when it has ended, they are in no sum.
    """
    seconds = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            seconds += sum(process.cpu_times()[:4])
    return seconds - warm.spent()


class Costs:
    """Note the seconds of each item, its fixtures included; they travel with its reports, from other workers too."""

    def __init__(self, count: int):
        self.count = count
        self.items: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        now = spent()
        report.cpu = now - getattr(item, "_spent", now)
        item._spent = now
        if call.when == "teardown" and "browser" in getattr(item, "fixturenames", ()):
            report.cpu = max(0.0, report.cpu + below() - item._below)  # what has ended is counted above
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid, location):
        self.before = spent()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        item._spent = self.before
        if "browser" in getattr(item, "fixturenames", ()):  # to look at all processes is dear itself
            item._below = below()

    def pytest_runtest_logreport(self, report):
        took = self.items[report.nodeid]
        took[0] += report.duration
        took[1] += report.cpu

    def pytest_sessionstart(self):
        self.began = time.monotonic()

    def pytest_terminal_summary(self, terminalreporter):
        wall = time.monotonic() - self.began
        items = sum(took[1] for took in self.items.values())
        terminalreporter.section(f"{wall:.0f} s; processor: {items:.0f} s in {len(self.items)} items")
        slowest = sorted(self.items.items(), key=lambda item: -item[1][0])[: self.count]
        terminalreporter.line("   wall    CPU  item")
        for name, (seconds, cpu) in slowest:
            terminalreporter.line(f"{seconds:7.1f}{cpu:7.1f}  {name}")
