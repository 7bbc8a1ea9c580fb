"""Watch the units of a post in its kernel: statement by statement, as IPython runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import states
from .listening import Listening
from .modules import note_imports
from .observe import Observer

_watched: list[_Cells] = []


class _Cells:
    """Follow the cells that run, in the order in which they were announced."""

    def __init__(self, observer: Observer, cells: list[list[dict[str, Any]]]):
        self.observer = observer
        self.cells = iter(cells)
        self.units: list[dict[str, Any]] = []
        self.left = 0
        self.depth = 0  # a magic command may run statements of its own

    def next_cell(self, *_info: object) -> None:
        """Begin with a cell; those of inline values are begun by who asks for them."""
        self.units = next(self.cells, [])
        self.left = self.depth = 0
        if self.units and self.units[0]["whole"]:
            self.observer.before(self.units.pop(0))

    def end_cell(self, *_info: object) -> None:
        self.observer.after()
        self.units = []

    def before_statement(self) -> None:
        self.depth += 1
        if self.depth == 1 and not self.left and self.units:
            unit = self.units.pop(0)
            self.left = int(unit["nodes"])
            self.observer.before(unit)

    def after_statement(self) -> None:
        self.depth -= 1
        if not self.depth and self.left:
            self.left -= 1
            if not self.left:
                self.observer.after()


def watch(root: str, plan: str, others: tuple[str, ...] = ()) -> None:
    """Begin to watch the cells that will run in this kernel. root: the site; plan: the units of every cell, as JSON;
    others: see `Listening`."""
    ip = get_ipython()  # type: ignore[name-defined]  # noqa: F821  (only exists inside IPython)
    temporary = os.environ.get("TMPDIR")
    listening = Listening(Path(root), Path(temporary) if temporary else None, others)
    listening.install()
    observer = Observer(ip.user_ns, listening)
    observer.names.install()
    states.tell_filters_apart()
    note_imports(listening)
    cells = _Cells(observer, json.loads(plan))
    _watched[:] = [cells]
    usual = ip.run_code

    async def run_code(code_obj: Any, result: Any = None, *, async_: bool = False) -> Any:
        cells.before_statement()
        try:
            return await usual(code_obj, result, async_=async_)
        finally:
            cells.after_statement()

    ip.run_code = run_code
    ip.events.register("pre_run_cell", cells.next_cell)
    ip.events.register("post_run_cell", cells.end_cell)
    observer.start()


def begin(rank: int) -> int:
    """Begin to watch an inline value."""
    cells = _watched[0]
    (unit,) = next(cells.cells)
    if unit["index"] != rank:
        raise RuntimeError(f"unit {rank} was announced as {unit['index']}")
    cells.observer.before(unit)
    return rank


def end() -> int:
    """End watching an inline value."""
    _watched[0].observer.after()
    return 0


def told() -> str:
    """Give what was seen since the last call, as JSON: rank of a unit -> what it did."""
    seen: Mapping[int, Any] = _watched[0].observer.told()
    return json.dumps(seen)
