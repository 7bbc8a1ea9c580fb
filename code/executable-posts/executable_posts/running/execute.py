"""Run a post's blocks as far as they have to run, and judge what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from ..config import Config
from ..reading.blocks import Block
from ..reading.post import Post
from .incremental import Outcome, Unsettled, bring_up_to_date
from .judging import check, excerpt
from .kernel import Result
from .outside import Outside
from .passes import KernelPasses
from .records import Record, Records
from .units import cut, group_of

__all__ = ["Executed", "Progress", "Recorded", "Run", "check", "excerpt", "execute"]


@dataclass(frozen=True)
class Executed:
    """Hold a post's results. results: one a block; values: one text an inline value; cached: nothing ran; when: ISO
    date and time (UTC) of the last run; seconds: that blocks took; ran: names of the blocks' groups that ran for this
    build; whens: when each block ran; why: group -> why it ran."""

    results: list[Result]
    values: list[str]
    cached: bool
    when: str
    seconds: float
    ran: frozenset[str] = frozenset()
    whens: tuple[str, ...] = ()
    why: dict[str, str] = field(default_factory=dict)


class Progress:
    """Hear how a run goes on; this one says nothing."""

    def begin(self, post: Post, count: int) -> None:
        """Hear that a run begins. count: of the blocks that run."""

    def block(self, post: Post, block: Block) -> None:
        """Hear that a block begins."""

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Hear that a block has ended."""

    def end(self, post: Post, executed: Executed) -> None:
        """Hear that a run has ended."""

    def note(self, text: str) -> None:
        """Hear of something else."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Hold where runs are recorded. records: their files; base: what all depend on (`outside.base`); reuse: take what is
    recorded, instead of only recording it anew."""

    records: Records
    base: str
    reuse: bool = True


@dataclass(frozen=True, kw_only=True)
class Run:
    """Hold how posts are run. config: the site's settings; recorded: where runs are recorded, None to record nothing;
    progress: hears how it goes on."""

    config: Config
    recorded: Recorded | None = None
    progress: Progress = field(default_factory=Progress)

    @property
    def root(self) -> Path:
        """Give the working directory of the blocks."""
        return self.config.root


def execute(post: Post, run: Run) -> Executed:
    """Run the blocks of a post that have to run, take the others as recorded; raise PostError at the failing line."""
    progress, recorded = run.progress, run.recorded
    pieces = cut(post)
    if not pieces:
        return Executed(results=[], values=[], cached=True, when="", seconds=0.0)
    record = recorded.records.read(post.label, recorded.base) if recorded else Record()
    lines = {group_of(b): (b.line,) for b in post.blocks}
    begun = time.perf_counter()
    try:
        outcome = bring_up_to_date(
            [piece.unit for piece in pieces],
            record,
            Outside(run.config),
            KernelPasses(post, pieces, run.config, progress),
            clean=not (recorded and recorded.reuse),
            lines=lines,
            told=progress.note,
        )
    except Unsettled as error:
        raise error.fault from None
    executed = _executed(post, outcome, time.perf_counter() - begun)
    for block, result in zip(post.blocks, executed.results, strict=True):
        check(post, block, result)  # captions are in no key
    if recorded and (outcome.passes or outcome.record.shown.keys() != record.shown.keys()):
        recorded.records.write(post.label, recorded.base, outcome.record)
    progress.end(post, executed)
    return executed


def _executed(post: Post, outcome: Outcome, seconds: float) -> Executed:
    shown = [outcome.shown[group_of(block)] for block in post.blocks]
    whens = tuple(one.when for one in shown)
    values = [outcome.shown[f"value {rank}"] for rank in range(len(post.values))]
    return Executed(
        results=[one.result or Result() for one in shown],
        values=[one.text for one in values],
        cached=not outcome.passes,
        when=max([*whens, *(one.when for one in values)], default=""),
        seconds=seconds if outcome.passes else sum(one.result.seconds for one in shown if one.result),
        ran=outcome.ran,
        whens=whens,
        why=dict(outcome.why),
    )
