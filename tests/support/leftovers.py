"""What a session of tests has left: processes it started and threads that keep it from ending."""

from __future__ import annotations

import contextlib
import threading

import psutil
import pytest

STASH = pytest.StashKey[list[str]]()
# Kept for as long as the session lives, by those who ask them again and again.
KEPT = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


def left() -> list[str]:
    """Name the child processes and the threads, other than daemons, that still run."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not any(kept in words for kept in KEPT):
                found.append(f"process {child.pid}: {words[:150]}")
    threads = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    return found + [f"thread {thread.name}" for thread in threads]


class Leftovers:
    """Fail a session that ends with leftovers, and tell which; a worker sends word of its own."""

    def __init__(self):
        self.found: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        config = session.config
        if hasattr(config, "workerinput"):
            config.workeroutput["left"] = left()
            return
        if not config.pluginmanager.hasplugin("dsession"):
            self.found += left()
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        output = getattr(node, "workeroutput", None) or {}
        self.found += [f"{node.gateway.id}: {what}" for what in output.get("left", ())]

    def pytest_terminal_summary(self, terminalreporter):
        if self.found:
            terminalreporter.section("left behind by the tests", red=True)
            for what in self.found:
                terminalreporter.line(what)
