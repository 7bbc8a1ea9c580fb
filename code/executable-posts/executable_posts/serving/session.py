"""The one loop of the server: wait for a save, build, tell pages and terminal what came of it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import PostError
from ..running.leashes import Folder, marked_folder, sweep
from ..running.telling import VARIABLE
from .board import Board
from .builders import TICK, Builder
from .faults import told_fault
from .heard import Heard
from .watching import Sources

SETTLED = 0.04  # seconds without a further save after which a build begins: editors save in several steps
FOLDERS = "posts-serve-"
PAGES = (".html", ".htm")
Run = Callable[[list[str], Folder | None], int]


class Outdated(Exception):
    """Report that what a build runs was saved anew, so that its result is of no use."""


class Session:
    """Build after every save, until interrupted. build: makes the site once, by the `Run` it is given, and returns an
    exit code, into ``output``; sources: what is watched; board: what pages are told."""

    def __init__(
        self,
        config: Config,
        sources: Sources,
        board: Board,
        builder: Builder,
        build: Callable[[Run], int],
        output: Path,
    ):
        self.config, self.sources, self.board, self.builder = config, sources, board, builder
        self._make = build
        self._site, self._output = Sources([output]), output
        self._saved: list[Path] = []  # while a build ran
        self._next = 0.0  # when sources are looked at again

    def run(self) -> None:
        """Build now and after every save. A save made during a build begins another one, so none is lost."""
        sweep(FOLDERS)
        folder = marked_folder(FOLDERS)
        try:
            saved: list[Path] = []
            while True:
                self._build(saved, folder.path / "events")
                saved = self._saved or self._wait()
                self._saved = []
        finally:
            self.builder.close()
            folder.remove()

    def _wait(self) -> list[Path]:
        while not (saved := self.sources.changed()):
            time.sleep(max(2 * TICK, self.sources.rest))
        while time.sleep(SETTLED) or (more := self.sources.changed()):  # type: ignore[func-returns-value]
            saved += more
        return saved

    def _build(self, saved: Sequence[Path], events: Path) -> None:
        begun = time.perf_counter()
        forget_compiled(saved)
        what = ", ".join(sorted({self.config.label(path) for path in saved})[:3]) or "everything"
        what += f" and {len(set(saved)) - 3} more" if len(set(saved)) > 3 else ""
        self.board.show(building=what, running={})
        heard = Heard(self.board, events, self.config)

        def tick(text: str) -> None:
            heard.listen(text)
            if time.monotonic() < self._next:
                return
            changed = self.sources.changed()
            self._next = time.monotonic() + max(TICK, self.sources.rest)
            self._saved += changed
            if changed and heard.outdated(changed):
                raise Outdated

        def run(command: list[str], folder: Folder | None) -> int:
            environment = {**os.environ, VARIABLE: str(events)}
            return self.builder.run(command, folder, environment, tick)

        try:
            code = self._make(run)
        except (PostError, OSError) as fault:
            # A full disk, for one, is the build's fault and not the server's end.
            error = (
                fault if isinstance(fault, PostError) else PostError("the build", 0, str(fault), "save again")
            )
            print(f"error: {error.told(self.config.commands)}", file=sys.stderr)
            heard.fault = fault_facts(error, self.config)
            code = 1
        except Outdated:
            print(f"ended: what it ran was saved anew ({what})", file=sys.stderr, flush=True)
            return
        heard.listen("")
        took = f"in {(time.perf_counter() - begun) * 1000:.0f} ms at {datetime.now():%H:%M:%S} ({what})"
        if code == 0:
            built = self.board.name()
            versions = {
                self._address(path): built for path in self._site.changed() if path.suffix not in PAGES
            }
            versions = {**self.board.state.versions, **versions}
            self.board.show(built=built, building="", running={}, fault=None, versions=versions)
            print(f"built {took}: {heard.counted()}", file=sys.stderr, flush=True)
        else:
            told = told_fault(heard.fault, heard.text, self.config.root)
            self.board.show(building="", running={}, fault=told)
            print(f"NOT built {took}; the site still shows the last good build", file=sys.stderr, flush=True)

    def _address(self, path: Path) -> str:
        return "/" + path.relative_to(self._output).as_posix()


def fault_facts(error: PostError, config: Config) -> dict[str, Any]:
    """Give a fault as a build tells it."""
    return {
        **{key: getattr(error, key) for key in ("path", "line", "found", "detail")},
        "mend": config.said(error.mend),
    }


def forget_compiled(saved: Sequence[Path]) -> None:
    """Remove what Python keeps compiled of modules that were saved: it tells them apart by whole seconds and by their size."""
    for path in saved:
        if path.suffix == ".py":
            with contextlib.suppress(OSError, NotImplementedError):
                Path(importlib.util.cache_from_source(str(path))).unlink()
