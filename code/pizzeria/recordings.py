"""`python -m pizzeria record`: run again what the posts only quote, and write the dated file that they quote it from."""

from __future__ import annotations

import argparse
import datetime
import subprocess
from collections.abc import Callable
from typing import Any

NEWER_PYTHONS = ("eager", "locks", "graph")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command understands to its parser."""
    parser.add_argument(
        "records", nargs="+", choices=RECORDS, metavar="NAME", help=f"one or more of {', '.join(RECORDS)}"
    )


def run(options: argparse.Namespace) -> int:
    """Write the records asked for, and say what each was made with; return 0.

    Raise OSError where the tool that a record is made with is missing, and ValueError where its program fails.
    """
    for name in dict.fromkeys(options.records):
        try:
            where = RECORDS[name](name)
        except (RuntimeError, subprocess.SubprocessError) as error:
            raise ValueError(f"{name}: {error}; the old record stays") from error
        print(f"{name}: {where}")
    return 0


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _iocp(_: str) -> str:
    from pizzeria.weapons import programs

    programs.record_iocp(_today())
    return programs.recorded_iocp().origin


def _frames(_: str) -> str:
    from pizzeria.common.compilers import zig
    from pizzeria.coroutines import frames

    frames.record([*zig(), "c++"], _today())
    return f"weighed on {_today()} with {frames.recorded().compiler}"


def _newer(name: str) -> str:
    from pizzeria.weapons import newer_python

    newer_python.record(name)
    return newer_python.recorded(name).origin


RECORDS: dict[str, Callable[[str], Any]] = {"iocp": _iocp, "frames": _frames} | dict.fromkeys(
    NEWER_PYTHONS, _newer
)
