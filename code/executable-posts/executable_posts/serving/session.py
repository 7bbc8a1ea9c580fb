"""The one loop of the server: wait for a save, build, tell pages and terminal what came of it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import time
from collections import Counter
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
from .watching import Sources

SETTLED = 0.04  # seconds without a further save after which a build begins: editors save in several steps
FOLDERS = "posts-serve-"
PAGES = (".html", ".htm")
Run = Callable[[list[str], Folder | None], int]


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
            time.sleep(2 * TICK)
        while time.sleep(SETTLED) or (more := self.sources.changed()):  # type: ignore[func-returns-value]
            saved += more
        return saved

    def _build(self, saved: Sequence[Path], events: Path) -> None:
        begun = time.perf_counter()
        forget_compiled(saved)
        what = ", ".join(sorted({self.config.label(path) for path in saved})[:3]) or "everything"
        what += f" and {len(set(saved)) - 3} more" if len(set(saved)) > 3 else ""
        self.board.show(building=what, running={})
        heard = _Heard(self.board, events)

        def tick(text: str) -> None:
            heard.listen(text)
            self._saved += self.sources.changed()

        def run(command: list[str], folder: Folder | None) -> int:
            environment = {**os.environ, VARIABLE: str(events)}
            return self.builder.run(command, folder, environment, tick)

        try:
            code = self._make(run)
        except PostError as error:
            print(f"error: {error.told(self.config.commands)}", file=sys.stderr)
            heard.fault = fault_facts(error, self.config)
            code = 1
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
            fault = told_fault(heard.fault, heard.text, self.config.root)
            self.board.show(building="", running={}, fault=fault)
            print(f"NOT built {took}; the site still shows the last good build", file=sys.stderr, flush=True)

    def _address(self, path: Path) -> str:
        return "/" + path.relative_to(self._output).as_posix()


class _Heard:
    """Hold what one build has told. fault: the first one; text: the end of what it printed."""

    def __init__(self, board: Board, events: Path):
        events.write_bytes(b"")
        self._file, self._read = events, 0
        self._board = board
        self._counts: dict[str, int] = {}
        self._blocks: Counter[str] = Counter()
        self.fault: dict[str, Any] | None = None
        self.text = ""

    def listen(self, text: str) -> None:
        """Take in what was told since the last call. text: printed."""
        self.text = (self.text + text)[-20_000:]
        with self._file.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, KeyError):
                self._take(json.loads(line))

    def _take(self, told: dict[str, Any]) -> None:
        running = self._board.state.running
        match told.pop("event"):
            case "begin":
                self._counts[told["post"]] = told["count"]
            case "block":
                count = self._counts.get(told["post"], 0)
                self._board.show(running={**running, told["post"]: {**told, "count": count}})
            case "end":
                self._blocks["ran"] += told["ran"]
                self._blocks["carried"] += told["blocks"] - told["ran"]
                self._board.show(running={k: v for k, v in running.items() if k != told["post"]})
            case "fault":
                self.fault = self.fault or told

    def counted(self) -> str:
        """Say how many blocks ran and how many were carried over."""
        ran, carried = self._blocks["ran"], self._blocks["carried"]
        return f"{ran} block{'' if ran == 1 else 's'} ran, {carried} carried; watching"


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
