"""What a unit takes from outside of the post and leaves there: files, folders, variables, programs, by Python's audit events.

What a program reads that a unit starts cannot be heard; what it writes is seen by comparing the folders before and after.
`os.path.exists` and its kin raise no event.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = frozenset(
    ["subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.system", "os.exec", "os.spawn"]
)
_NOT_LOOKED_AT = frozenset([".cache", ".git", ".venv", "__pycache__", "node_modules", "output", ".ruff_cache", ".mypy_cache",
                            ".pytest_cache", ".hypothesis"])  # fmt: skip
# What a kernel is given by who starts it, another in every run.
_OURS = (
    "TMPDIR",
    "IPYTHONDIR",
    "PYTHONHASHSEED",
    "PYDEVD",
    "EXECUTABLE_POSTS",
    "JPY_",
    "PYTEST_",
    "COLUMNS",
    "LINES",
)


class Listening:
    """Hear of one unit at a time. root: the site; temporary: the folder of temporary files, which is the run's own."""

    def __init__(self, root: Path, temporary: Path | None):
        self.root = os.path.realpath(root)
        self.temporary = os.path.realpath(temporary) if temporary else ""
        self.on = False
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.folders: set[str] = set()
        self.variables: set[str] = set()
        self.child = False
        self.before: dict[str, tuple[int, int]] = {}

    def install(self) -> None:
        """Begin to hear; a process cannot take that back."""
        sys.addaudithook(self._hear)
        usual = os.environ.encodekey

        def encodekey(name: Any) -> Any:
            if self.on and isinstance(name, str) and not name.startswith(_OURS):
                self.variables.add(name)
            return usual(name)

        os.environ.encodekey = encodekey

    def begin(self) -> None:
        """Begin to hear of a unit."""
        self.reads, self.writes, self.folders, self.variables = set(), set(), set(), set()
        self.child, self.before = False, {}
        self.on = True

    def end(self) -> None:
        """End hearing of a unit; find what its programs wrote."""
        self.on = False
        if self.child:
            after = self._snapshot()
            self.writes.update(
                p for p in after.keys() | self.before.keys() if after.get(p) != self.before.get(p)
            )
        self.reads -= self.writes

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
            if event in ("subprocess.Popen", "os.posix_spawn") and (program := self.place(args[0])):
                self.reads.add(program)
        elif event in ("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.utime"):
            self._wrote(args[0])
        elif event in ("os.rename", "os.link", "os.symlink"):
            self._wrote(args[0])
            self._wrote(args[1])
        elif event in ("os.listdir", "os.scandir"):
            folder = "." if not args or args[0] is None else args[0]
            if isinstance(folder, (str, bytes, os.PathLike)):
                name = self.place(os.path.join(os.fsdecode(folder), "_"))
                if name:
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

    def _wrote(self, path: object) -> None:
        if place := self.place(path):
            self.writes.add(place)

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
                        if place := self.place(full):
                            found[place] = (told.st_mtime_ns, told.st_size)
        finally:
            self.on = listening
        return found
