"""Processes that we start: how one is told to end, and by whom ours are run."""

import subprocess
import sys
from collections.abc import Iterable

STOP_WITHIN = 5.0  # s, then it is killed


def python() -> str:
    """Return the interpreter for a process of our own."""
    return sys.executable


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str], within: float = STOP_WITHIN) -> None:
    """Stop a process: SIGTERM, and SIGKILL when it takes longer than `within` seconds; it is reaped."""
    stop_all((process,), within)


def stop_all(
    processes: Iterable[subprocess.Popen[bytes] | subprocess.Popen[str]], within: float = STOP_WITHIN
) -> None:
    """Stop several at once: all are told first, then waited for, `within` seconds each at most."""
    processes = list(processes)
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
