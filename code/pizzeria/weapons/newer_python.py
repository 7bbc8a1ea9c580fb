"""Programs for a newer Python than the site's own: run where one is found, else shown from a record that says so."""

from __future__ import annotations

import datetime
import functools
import glob
import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pizzeria.weapons.programs import Report

ELSEWHERE = Path(__file__).with_name("elsewhere")
RECORDS = Path(__file__).with_name("records")
PATIENCE = 120  # seconds
OLDEST, NEWEST = 12, 19  # of the minor versions that are looked for
_WHO = "import sys, sysconfig as s; print(*sys.version_info[:2], s.get_config_var('Py_GIL_DISABLED') or 0)"


@dataclass(frozen=True)
class Interpreter:
    """A Python that was found. free_threaded: it has no global lock."""

    path: str
    version: tuple[int, int]
    free_threaded: bool

    def __str__(self) -> str:
        return (
            f"Python {self.version[0]}.{self.version[1]}{' without the lock' if self.free_threaded else ''}"
        )


PROGRAMS: dict[str, tuple[int, int]] = {"eager": (3, 12), "locks": (3, 13), "graph": (3, 14)}
"""The programs in `elsewhere`, each with the first Python that can run it."""


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """Find the newer Pythons of this machine: by their usual names on the path, and what pyenv and uv have built.

    The best comes first: without the lock, then the newest. What does not start (a shim of pyenv) is left out.
    """
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR", os.path.expanduser("~/.local/share/uv/python"))
    there: dict[tuple[tuple[int, int], bool], Interpreter] = {}
    for name in (f"python3.{minor}{kind}" for minor in range(OLDEST, NEWEST + 1) for kind in ("", "t")):
        on_path = shutil.which(name)
        built = [*glob.glob(f"{pyenv}/versions/*/bin/{name}"), *glob.glob(f"{uv}/cpython-*/bin/{name}")]
        for path in [*([on_path] if on_path else []), *built]:
            try:
                said = subprocess.run([path, "-Ic", _WHO], capture_output=True, text=True, timeout=PATIENCE)
                major, minor, free = map(int, said.stdout.split())
            except (OSError, ValueError, subprocess.SubprocessError):
                continue
            there.setdefault(((major, minor), bool(free)), Interpreter(path, (major, minor), bool(free)))
    return tuple(sorted(there.values(), key=lambda one: (one.free_threaded, one.version), reverse=True))


def newer(program: str) -> Report:
    """Run one of the `PROGRAMS` on the best Python that can, or give its record."""
    for one in interpreters():
        if one.version >= PROGRAMS[program]:
            return Report(tuple(_run(one.path, program)), f"run just now by {one}", fresh=True)
    return recorded(program)


def recorded(program: str) -> Report:
    """Give the recorded run of a program, with its date and what it ran under."""
    record = json.loads((RECORDS / f"{program}.json").read_text(encoding="utf-8"))
    return Report(
        tuple(record["lines"]), f"recorded on {record['date']} under {record['under']}", fresh=False
    )


def _run(python: str, program: str) -> list[str]:
    command = [python, "-I", str(ELSEWHERE / f"{program}.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{program}.py ended with {done.returncode} under {python}\n{done.stderr}")
    return done.stdout.replace(str(ELSEWHERE), "elsewhere").splitlines()


def record(program: str, under: str = "", lines: list[str] | None = None) -> None:
    """Run a program on the best Python that can and write the record; or write what `lines` it printed `under` another."""
    if lines is None:
        report = newer(program)
        if not report.fresh:
            raise RuntimeError(f"no Python here can run {program}.py")
        lines = list(report.lines)
        under = f"{report.origin.removeprefix('run just now by ')}, {platform.system()} {platform.machine()}"
    found = {
        "program": f"elsewhere/{program}.py",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "under": under,
        "lines": lines,
    }
    (RECORDS / f"{program}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
