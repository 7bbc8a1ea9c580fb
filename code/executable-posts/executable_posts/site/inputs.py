"""What the process that generates a site takes in, heard by Python's audit events: so that the next build can tell that all of it is as it was.

`publish` names a file in the environment, and what was heard is written there when the process ends. Whoever does not write
it, another generator say, is simply run at every build.

What cannot be heard or followed (a program that a plug-in starts, a connection, something that was said and would be said
again) *spoils* it: then nothing is promised, and the next build is a whole one.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from stat import S_ISDIR
from types import FrameType
from typing import Any

from ..running.environment import HEARD
from ..running.leashes import KERNELS
from .sources import content, mark, recent

VARIABLE = "EXECUTABLE_POSTS_INPUTS"
_PROGRAMS = frozenset(["subprocess.Popen", "os.posix_spawn", "os.system", "os.exec", "os.spawn"])
_NOT_READ = os.O_WRONLY | os.O_TRUNC
_ENGINE = str(Path(__file__).parents[1]) + os.sep
_HEARING = str(Path(__file__).with_name("hearing.py"))  # below everything
_SYSTEM = ("/proc/", "/dev/", "/sys/")


class Inputs:
    """Hear what this process reads. report: the file to write. What packages bring counts by their names and versions."""

    def __init__(self, report: Path) -> None:
        self.report = report
        self.files: dict[str, list[int]] = {}
        self.folders: dict[str, list[str]] = {}
        self.recent: dict[str, str] = {}  # what was written a moment before it was read, by its content
        self.variables: set[str] = set()
        self.spoiled = ""
        self._packages = _packages()
        self._temporary = os.path.abspath(tempfile.gettempdir())
        self._left_out = (*_SYSTEM, os.path.join(self._temporary, KERNELS), *self._packages)
        self._on = True
        self._begun = time.time_ns()
        self._settle: list[Callable[[], object]] = []

    def leave_out(self, folder: Path) -> None:
        """Count nothing of a folder that builds themselves write to."""
        self._left_out = (
            *self._left_out,
            os.path.abspath(folder) + os.sep,
            os.path.realpath(folder) + os.sep,
        )

    def spoil(self, why: str) -> None:
        """Note why nothing can be promised of the next build; the first reason is kept."""
        self.spoiled = self.spoiled or why

    def before_the_end(self, settle: Callable[[], object]) -> None:
        """Have something called before the report is written, while what it reads is still heard."""
        self._settle.append(settle)

    def begin(self) -> None:
        """Begin to hear, and write the report when the process ends; a process cannot take that back."""
        sys.addaudithook(self._hear)
        atexit.register(self.end)

    def end(self) -> None:
        """Write the report."""
        if not self._settle:
            self.spoil("nobody told what else the site depends on")
        try:
            for settle in self._settle:
                settle()
        except BaseException as error:
            self.spoil(f"{type(error).__name__}: {error}")
        for module in list(sys.modules.values()):  # what is compiled is not read
            if path := getattr(module, "__file__", None):
                self._imported(path)
        self._on = False
        told = {
            "files": {path: seen for path, seen in self.files.items() if self._counts(path)},
            "folders": {path: seen for path, seen in self.folders.items() if self._counts(path)},
            "recent": {path: seen for path, seen in self.recent.items() if self._counts(path)},
            "variables": sorted(self.variables),
            "spoiled": self.spoiled,
        }
        try:
            with self.report.open("x", encoding="utf-8") as file:
                json.dump(told, file)
        except FileExistsError:  # two processes generate, and none knows what the other one reads
            self.report.write_text("{}", encoding="utf-8")
        except OSError:
            pass

    def _counts(self, path: str) -> bool:
        return path != self._temporary and not f"{path}{os.sep}".startswith(self._left_out)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            read = not (isinstance(args[2], int) and args[2] & _NOT_READ)
            if self._on and read and not isinstance(args[0], int):
                self._read(args[0])
        elif event == "sqlite3.connect":
            self._read(args[0])
        elif event in ("os.scandir", "os.listdir"):
            if self._on:
                self._look_through(args[0] if args and args[0] is not None else ".")
        elif event == HEARD:
            self._depend(*args)
        elif (event in _PROGRAMS or event == "socket.connect") and self._on and not self._known(event, args):
            self.spoil(f"{event} {args[0]!r:.80}")

    def _read(self, path: Any) -> None:
        with contextlib.suppress(ValueError, TypeError):
            full = os.path.abspath(os.fsdecode(path))
            if full not in self.files and self._counts(full) and not full.endswith(".pyc"):
                self._looked_at(full)

    def _imported(self, path: str) -> None:
        known = set(self.files)
        self._read(path)
        if any(self.files[new][1] > self._begun for new in self.files.keys() - known):
            self.spoil(f"{path} was written after it may have been imported")

    def _looked_at(self, full: str) -> None:
        with contextlib.suppress(OSError):
            stat = os.stat(full)
            if S_ISDIR(stat.st_mode):
                return  # to lock it, or to be there
            self.files[full] = mark(stat)
            if self._on and recent(stat):
                self._on = False
                try:
                    self.recent[full] = content(full)
                finally:
                    self._on = True

    def _look_through(self, path: Any) -> None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            full = os.path.abspath(os.fsdecode(path))
            if full not in self.folders and self._counts(full):
                self._on = False
                try:
                    self.folders[full] = names(full)
                finally:
                    self._on = True

    def _depend(self, kind: str, what: str) -> None:
        if kind == "env":
            self.variables.add(what)
        elif kind == "file":
            self._looked_at(what)

    def _known(self, event: str, args: tuple[Any, ...]) -> bool:
        """Tell whether the engine does it, which knows what comes of it, or it is a program that came with a package."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and (name := frame.f_code.co_filename) != _HEARING:
            if name.startswith(_ENGINE):
                return True
            frame = frame.f_back
        program = args[0] if event == "subprocess.Popen" else None
        return isinstance(program, str) and os.path.abspath(program).startswith(self._packages)


_heard: list[Inputs] = []  # of this process, at most one


def heard() -> Inputs | None:
    """Give what this process takes in, heard from the first call on; None when no build has asked for it."""
    # Its programs, and what blocks generate, are not asked.
    if report := os.environ.pop(VARIABLE, ""):
        _heard[:] = [Inputs(Path(report))]
        _heard[0].begin()
    return _heard[0] if _heard else None


def spoil(why: str) -> None:
    """Note why the next build has to be a whole one, if somebody wants to know."""
    if _heard:
        _heard[0].spoil(why)


def names(folder: str) -> list[str]:
    """List the names in a folder, but for what builds come and go with."""
    return sorted(name for name in os.listdir(folder) if not name.startswith(".") and name != "__pycache__")


def _packages() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted({p + os.sep for path in found for p in (path, os.path.realpath(path))}))
