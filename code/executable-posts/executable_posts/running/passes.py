"""Run units of a post in a kernel of their own, watched; what is shown of them is judged at once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config
from ..errors import PostError
from ..reading.blocks import Block
from ..reading.post import Post
from .ahead import Ahead
from .incremental import Pass, Unsettled
from .judging import check, no_kernel, refuse_value
from .kernel import Failure, KernelRunner
from .records import Shown, observation
from .units import Piece, promised

if TYPE_CHECKING:
    from .execute import Progress


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """Hold what runs in one go. block, value: of the post; pieces: of it that run; shown: it is not only for others."""

    pieces: Sequence[Piece]
    shown: bool

    @property
    def block(self) -> Block | None:
        return self.pieces[0].block


class KernelPasses:
    """Run passes over a post, each in a fresh kernel. Raise PostError for a fault of a run in which everything ran."""

    def __init__(self, post: Post, pieces: list[Piece], config: Config, progress: Progress):
        self.post, self.pieces, self.config, self.progress = post, pieces, config, progress

    def run(self, ranks: set[int], shown: set[str]) -> Pass:
        """Run some units in order; raise Unsettled with the fault when something fails that should not."""
        post, timeout = self.post, self.config.timeout
        cells = self._cells(ranks, shown)
        self.progress.begin(post, sum(cell.shown and cell.block is not None for cell in cells))
        runner = KernelRunner(post.label, self.config.root)
        ahead = Ahead(post, [cell.block for cell in cells if cell.block], self.config.root)
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        found: dict[str, Shown] = {}
        try:
            self.progress.started(lambda: [end() for end in (ahead.give_up, runner.end)])
            ahead.start()
            self._start(runner, cells)
            ahead.before(timeout)
            for cell in cells:
                group = cell.pieces[0].unit.group
                if block := cell.block:
                    if cell.shown:
                        found[group] = self._shown(runner, block, when)
                    else:
                        self._support(runner, block, cell.pieces)
                    ahead.after(runner, block, timeout)
                elif value := cell.pieces[0].value:
                    answer = runner.value(value.expression, cell.pieces[0].unit.index, timeout)
                    if isinstance(answer, Failure):
                        raise _unsettled(refuse_value(post, value, answer))
                    found[group] = Shown(text=answer, when=when)
            told = runner.told()
        finally:
            ahead.stop()
            runner.stop()
        present: set[str] = set()
        seen = {}
        for rank in sorted(ranks):
            if rank not in told:
                continue
            present |= told[rank]["writes"].keys()
            seen[rank] = observation(told[rank], told[rank]["outside"], frozenset(present))
        return Pass(seen=seen, shown=found)

    def _start(self, runner: KernelRunner, cells: list[_Cell]) -> None:
        try:
            posts = (self.config.label(path) for path in self.config.post_paths())
            told = [[piece.told() for piece in cell.pieces] for cell in cells]
            runner.start(told, (*posts, f"{Path(self.config.notebooks).as_posix()}/"))
        except (RuntimeError, OSError) as error:
            raise no_kernel(self.post, error) from None

    def _cells(self, ranks: set[int], shown: set[str]) -> list[_Cell]:
        cells: list[_Cell] = []
        groups: dict[str, list[Piece]] = {}
        for piece in self.pieces:
            if piece.unit.index in ranks:
                groups.setdefault(piece.unit.group, []).append(piece)
        for group, pieces in groups.items():
            cells.append(_Cell(pieces=pieces, shown=group in shown))
        return cells

    def _shown(self, runner: KernelRunner, block: Block, when: str) -> Shown:
        self.progress.block(self.post, block)
        result = runner.run(block, self.config.timeout)
        try:
            check(self.post, block, result)
        except PostError as error:
            raise _unsettled(error) from None
        self.progress.done(self.post, block, result)
        mentions = f"{self.post.label}:" in repr(result.outputs)
        return Shown(result=result, when=when, lines=(block.line,) if mentions else None)

    def _support(self, runner: KernelRunner, block: Block, pieces: Sequence[Piece]) -> None:
        """Run parts of a block for what others need of them."""
        part = block if pieces[0].whole else replace(block, source=_only(block, pieces))
        result = runner.run(part, self.config.timeout)
        if result.failure and not promised(block):
            try:
                check(self.post, block, result)
            except PostError as error:
                raise _unsettled(error) from None


def _unsettled(error: PostError) -> Unsettled:
    return Unsettled(error)


def _only(block: Block, pieces: Sequence[Piece]) -> str:
    """Keep the lines of some statements; the others stay empty, so that lines keep their numbers."""
    kept = {line for piece in pieces for line in range(piece.first, piece.last + 1)}
    lines = block.source.split("\n")
    return "\n".join(text if block.line + at in kept else "" for at, text in enumerate(lines))
