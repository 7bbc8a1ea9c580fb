"""Run a post's blocks in order, through the cache, and judge what came out."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..reading.blocks import Block
from ..reading.post import Post
from .ahead import Ahead
from .cache import post_key
from .judging import check, evaluate, no_kernel
from .kernel import Failure, KernelRunner, Result
from .store import Store

VOLATILE = "volatile"


@dataclass
class Executed:
    """Hold a post's results. results: one a block; values: one text an inline value; cached: found recorded;
    when: ISO date and time (UTC) of the run; seconds: its duration; carried: how many results are of earlier runs;
    since: when the earliest of those ran."""

    results: list[Result]
    values: list[str]
    cached: bool
    when: str
    seconds: float
    carried: int = 0
    since: str = ""


class Progress:
    """Hear how a run goes on; this one says nothing."""

    def begin(self, post: Post, count: int) -> None:
        """Hear that a post's blocks are about to run. count: how many."""

    def started(self, end: Callable[[], object]) -> None:
        """Hear that the run is about to start. end: ends it, from any thread."""

    def block(self, post: Post, block: Block) -> None:
        """Hear that a block begins."""

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Hear that a block has passed."""

    def end(self, post: Post, executed: Executed) -> None:
        """Hear that all blocks of a post have passed, or that the run was found recorded."""

    def running(self, places: Sequence[tuple[Post, Block]]) -> None:
        """Hear which blocks run now, where several posts do so at once; heard at once, and in any thread."""

    def note(self, text: str) -> None:
        """Hear what else the build has to say."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """Hold where runs are recorded. store: their files; base: the `fingerprint` they depend on; reuse: take a run that
    is recorded, instead of only recording it anew."""

    store: Store
    base: str
    reuse: bool = True


@dataclass(frozen=True, kw_only=True)
class Run:
    """Hold how posts are run. root: working directory of the blocks; timeout: seconds a block may take; records: where
    runs are recorded, None to record nothing; progress: hears how it goes on."""

    root: Path
    timeout: float
    records: Records | None = None
    progress: Progress = field(default_factory=Progress)


def recorded(post: Post, run: Run) -> Executed | None:
    """Find a post's run recorded, if that is wanted and may be; raise PostError for what its captions or tags now refuse."""
    records = run.records
    if records is None or not records.reuse or any(VOLATILE in b.info.tags for b in post.blocks):
        return None
    lines = [b.line for b in post.blocks]
    executed = records.store.get(post_key(post, records.base), lambda told: _from_record(told, lines))
    if executed:
        for block, result in zip(post.blocks, executed.results, strict=True):
            check(post, block, result)  # captions and tags are not in the key
        run.progress.end(post, executed)
    return executed


def execute(post: Post, run: Run) -> Executed:
    """Run every block of a post and record the run; raise PostError at the failing line."""
    progress, records = run.progress, run.records
    if not post.blocks and not post.values:
        return Executed([], [], True, "", 0.0)
    key = post_key(post, records.base) if records else ""  # of what there is before the run
    progress.begin(post, len(post.blocks))
    begun = time.perf_counter()
    runner, ahead = KernelRunner(post.label, run.root), Ahead(post, post.blocks, run.root)
    results: list[Result] = []
    values: list[str] = []
    try:
        try:
            progress.started(lambda: [end() for end in (ahead.give_up, runner.end)])
            ahead.start()
            runner.start()
            ahead.before(run.timeout)
        except (RuntimeError, OSError) as error:
            raise no_kernel(post, error) from None
        values += evaluate(runner, post, -1, run.timeout)
        for block in post.blocks:
            progress.block(post, block)
            result = runner.run(block, run.timeout)
            check(post, block, result)
            values += evaluate(runner, post, block.index, run.timeout)
            results.append(result)
            progress.done(post, block, result)
            ahead.after(runner, block, run.timeout)
    finally:
        ahead.stop()
        runner.stop()
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    executed = Executed(results, values, False, when, time.perf_counter() - begun)
    if records:
        records.store.put(key, _to_record(executed, post))
    progress.end(post, executed)
    return executed


def _to_record(executed: Executed, post: Post) -> dict[str, Any]:
    lines = [b.line for b in post.blocks]
    results = [asdict(r) for r in executed.results]
    mentions_lines = f"{post.label}:" in repr([r["outputs"] for r in results])
    return {
        "results": results,
        "values": executed.values,
        "when": executed.when,
        "seconds": executed.seconds,
        "lines": lines if mentions_lines else None,
    }


def _from_record(record: dict[str, Any], lines: list[int]) -> Executed | None:
    """Read a record; None when its lines have moved. Raise KeyError or TypeError when it is none."""
    results = [
        Result(r["outputs"], Failure(**r["failure"]) if r["failure"] else None, r["seconds"])
        for r in record["results"]
    ]
    executed = Executed(results, record["values"], True, record["when"], record["seconds"])
    if len(results) != len(lines):
        raise KeyError("blocks")
    return executed if record["lines"] in (None, lines) else None
