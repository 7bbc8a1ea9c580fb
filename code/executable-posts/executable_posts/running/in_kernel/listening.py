"""What a unit takes from outside of the post and leaves there: files, folders, variables, programs, by Python's audit events.

What a program reads that a unit starts cannot be heard; what it writes is seen by comparing the folders before and after.
`os.path.exists` and its kin raise no event.
"""

from __future__ import annotations

import functools
import os
import random
import sys
from pathlib import Path
from typing import Any

from ..environment import OURS, SESSION
from ..plan import KEPT_PROGRAM

_GENERATOR: random.Random = random._inst  # the one behind the module's functions
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = frozenset(
    ["subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.system", "os.exec", "os.spawn"]
)
_NOT_LOOKED_AT = frozenset([".cache", ".git", ".venv", "__pycache__", "node_modules", "output", ".ruff_cache", ".mypy_cache",
                            ".pytest_cache", ".hypothesis"])  # fmt: skip


class Listening:
    """Hear of one unit at a time. root: the site; temporary: the folder of temporary files, which is the run's own; others:
    folders, from the root and ending in a slash, in which somebody else may be writing, and no program of a block."""

    def __init__(self, root: Path, temporary: Path | None, others: tuple[str, ...] = ()):
        self.others = others
        self.root = os.path.realpath(root)
        self.temporary = os.path.realpath(temporary) if temporary else ""
        self.on = False
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.folders: set[str] = set()
        self.variables: set[str] = set()
        self.child = False
        self.random = False  # somebody asked for the state of Python's random numbers, or set it
        self.before: dict[str, tuple[int, int]] = {}
        self.new: set[str] = set()  # of what was written, what was not there before

    def install(self) -> None:
        """Begin to hear; a process cannot take that back."""
        sys.addaudithook(self._hear)
        usual = os.environ.encodekey

        def encodekey(name: Any) -> Any:
            if self.on and isinstance(name, str) and not OURS.has(name):
                self.variables.add(name)
            return usual(name)

        os.environ.encodekey = encodekey
        for name in ("getstate", "setstate", "seed"):
            self._hear_of(name)

    def _hear_of(self, name: str) -> None:
        """Hear when a method of Python's own generator of random numbers is called."""
        usual = getattr(random.Random, name)

        @functools.wraps(usual)
        def heard(generator: random.Random, *args: Any, **named: Any) -> Any:
            if self.on and generator is _GENERATOR:
                self.random = True
            return usual(generator, *args, **named)

        setattr(random.Random, name, heard)
        setattr(random, name, getattr(_GENERATOR, name))

    def begin(self) -> None:
        """Begin to hear of a unit."""
        self.reads, self.writes, self.folders, self.variables = set(), set(), set(), set()
        self.child, self.before, self.new, self.random = False, {}, set(), False
        self.on = True

    def end(self) -> None:
        """End hearing of a unit; find what its programs wrote."""
        self.on = False
        if self.child:
            after = self._snapshot()
            programs = {p for p in after.keys() | self.before.keys() if after.get(p) != self.before.get(p)}
            self.new |= programs - self.before.keys() - self.writes
            self.writes |= programs
        self.reads -= self.writes
        if self.variables.issuperset(n for n in os.environ if not OURS.has(n)):
            self.variables = {name for name in self.variables if not SESSION.has(name)}

    def place(self, path: object) -> str:
        """Name a file below the site or its temporary folder; "" for any other."""
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, os.PathLike):
            path = os.fspath(path)
        if not isinstance(path, str):
            return ""
        full = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
        for start, prefix in ((self.temporary, "$TMP/"), (self.root, "")):
            if start and full.startswith(start + os.sep):
                inside = full[len(start) + 1 :]
                parts = inside.split(os.sep)
                if "__pycache__" in parts:  # the folder itself as well: whoever imports first makes it
                    return ""
                hidden = not prefix and _NOT_LOOKED_AT.intersection(parts[:-1])
                return "" if hidden and "named" not in parts[-2:-1] else prefix + inside.replace(os.sep, "/")
        return ""

    def path(self, place: str) -> Path:
        """Find the file of a place."""
        inside = place.removeprefix("$TMP/")
        return Path(self.root if inside == place else self.temporary, inside)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            self._opened(args)
        elif event in _PROGRAMS:
            if not self.child:
                self.child = True
                self.before = self._snapshot()
            if event in ("subprocess.Popen", "os.posix_spawn"):
                if program := self.place(args[0]):
                    self.reads.add(program)
                words = args[1] if isinstance(args[1], (list, tuple)) else ()
                self.reads.update(p for word in words if KEPT_PROGRAM in (p := self.place(word)))
        elif event in ("os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.utime"):
            self._wrote(args[0], args[-1])
        elif event in ("os.rename", "os.link"):
            self._wrote(args[0], args[-2])
            self._wrote(args[1], args[-1])
        elif event in ("os.symlink", "os.truncate"):
            self._wrote(args[event == "os.symlink"], args[-1] if event == "os.symlink" else -1)
        elif event in ("os.listdir", "os.scandir"):
            folder = "." if not args or args[0] is None else args[0]
            if isinstance(folder, (str, bytes, os.PathLike)):
                name = self.place(os.path.join(os.fsdecode(folder), "_"))
                if name and KEPT_PROGRAM not in name:  # which this engine itself looks through
                    self.folders.add(name[:-1])
        elif event == "sqlite3.connect":
            self._wrote(args[0])

    def _opened(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or path is None:
            return
        writing = flags & _WRITING if isinstance(flags, int) else any(c in (mode or "r") for c in "wax+")
        if writing:
            self._wrote(path)
            if isinstance(flags, int) and not flags & os.O_TRUNC and (place := self.place(path)):
                self.reads.add(place)
        elif (place := self.place(path)) and place not in self.writes and not place.endswith(".pyc"):
            self.reads.add(place)

    def _wrote(self, path: object, folder: object = -1) -> None:
        """Note a file or a folder that is written. folder: the open one that a relative path starts from, -1 for none."""
        if isinstance(folder, int) and folder >= 0 and isinstance(path, (str, bytes, os.PathLike)):
            try:
                path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
            except OSError:
                return
        if (place := self.place(path)) and place not in self.writes:
            self.writes.add(place)
            if not os.path.lexists(self.path(place)):
                self.new.add(place)

    def _snapshot(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        listening, self.on = self.on, False
        try:
            for start in (self.root, self.temporary):
                for folder, folders, files in os.walk(start) if start else ():
                    folders[:] = [f for f in folders if f not in _NOT_LOOKED_AT]
                    for name in files:
                        full = os.path.join(folder, name)
                        try:
                            told = os.lstat(full)
                        except OSError:
                            continue
                        if (place := self.place(full)) and not place.startswith(self.others):
                            found[place] = (told.st_mtime_ns, told.st_size)
        finally:
            self.on = listening
        return found
