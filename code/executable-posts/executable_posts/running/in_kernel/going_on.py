"""What goes on by itself after a unit has ended: threads, tasks, timers, programs."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import weakref
from pathlib import Path
from typing import Any

from .states import HOSTS


class GoingOn:
    """Know what a post has left running; what the kernel itself runs does not count."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self.before: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()

    def start(self) -> None:
        """Take what runs now for the kernel's."""
        self.threads = {t.ident or 0 for t in threading.enumerate()}

    def begin(self) -> None:
        """Begin with a unit."""
        self.before = weakref.WeakSet(_all_tasks())

    def told(self, programs: bool) -> str:
        """Say what goes on now. programs: look for those, too."""
        for task in _all_tasks() - set(self.before):
            code = getattr(task.get_coro(), "cr_code", None)
            if code is None or not any(f"{os.sep}{host}{os.sep}" in code.co_filename for host in HOSTS):
                self.tasks.add(task)
        going = [f"task {getattr(t.get_coro(), '__qualname__', '?')}" for t in self.tasks if not t.done()]
        going += ["thread" for t in threading.enumerate() if t.ident not in self.threads and not _idle(t)]
        going += ["timer"] * _timers()
        if programs:
            going += ["program"] * _children()
        return " ".join(sorted(going))


def _all_tasks() -> set[asyncio.Task[Any]]:
    try:
        return asyncio.all_tasks()
    except RuntimeError:
        return set()


def _timers() -> int:
    """Count the callbacks that the running loop is to make at some time."""
    try:
        waiting = list(getattr(asyncio.get_running_loop(), "_scheduled", ()))
    except RuntimeError:
        return 0
    return sum(
        not (handle.cancelled() or _is_hosts(handle._callback) or _in_vain(handle._callback))
        for handle in waiting
    )


def _in_vain(function: Any) -> bool:
    """Tell whether a timer is Twisted's, which does not take it back when all that it was set for has been cancelled."""
    if getattr(function, "__qualname__", "") != "AsyncioSelectorReactor._onTimer":
        return False
    return not function.__self__.getDelayedCalls() and not function.__self__.threadCallQueue


def _is_hosts(function: object) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return (getattr(function, "__module__", "") or "").partition(".")[0] in HOSTS


def _idle(thread: threading.Thread) -> bool:
    """Tell whether a thread is one that a pool keeps for later, or the kernel's own, some of which come late."""
    return thread.name.startswith(("asyncio_", "ThreadPoolExecutor-")) or _is_hosts(
        getattr(thread, "_target", None) or type(thread)
    )


def _children() -> int:
    """Count the programs that this process has started and that have not ended; 0 where the system does not tell."""
    count = 0
    for listed in Path("/proc/self/task").glob("*/children"):
        try:
            pids = listed.read_text().split()
            count += sum(
                Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z" for pid in pids
            )
        except (OSError, IndexError):
            continue
    return count
