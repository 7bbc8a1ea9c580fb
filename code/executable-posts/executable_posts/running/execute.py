"""Run a post's blocks in order, through the cache, and judge what came out."""

from __future__ import annotations

import datetime
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import PostError
from ..reading.blocks import Block
from ..reading.post import Post
from ..reading.prose import Value
from .cache import Store, post_key
from .kernel import Failure, KernelRunner, Result, Runner

CONTEXT_LINES = 3


@dataclass
class Executed:
    """Hold a post's results. results: one a block; values: one text an inline value; cached: found recorded;
    when: ISO date and time (UTC) of the run; seconds: its duration."""

    results: list[Result]
    values: list[str]
    cached: bool
    when: str
    seconds: float


class Progress:
    """Hear how a run goes on; this one says nothing."""

    def begin(self, post: Post, count: int) -> None:
        """Hear that a post's blocks are about to run. count: how many."""

    def block(self, post: Post, block: Block) -> None:
        """Hear that a block begins."""

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Hear that a block has passed."""

    def end(self, post: Post, executed: Executed) -> None:
        """Hear that all blocks of a post have passed, or that the run was found recorded."""

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


def execute(post: Post, run: Run) -> Executed:
    """Run every block of a post, or find the run recorded; raise PostError at the failing line."""
    progress, records = run.progress, run.records
    key = post_key(post, records.base) if records else ""
    lines = [b.line for b in post.blocks]
    if records and records.reuse and (executed := _from_record(records.store.get(key), lines)):
        for block, result in zip(post.blocks, executed.results, strict=True):
            check(post, block, result)  # captions and tags are not in the key
        progress.end(post, executed)
        return executed
    if not post.blocks and not post.values:
        return Executed([], [], True, "", 0.0)
    progress.begin(post, len(post.blocks))
    begun = time.perf_counter()
    runner = KernelRunner(post.label, run.root)
    results: list[Result] = []
    values: list[str] = []
    try:
        try:
            runner.start()
        except RuntimeError as error:
            raise PostError(
                post.label,
                0,
                f"no kernel: {error}",
                "install the engine anew: `pip install --force-reinstall executable-posts`",
            ) from None
        values += evaluate(runner, post, -1, run.timeout)
        for block in post.blocks:
            progress.block(post, block)
            result = runner.run(block, run.timeout)
            check(post, block, result)
            values += evaluate(runner, post, block.index, run.timeout)
            results.append(result)
            progress.done(post, block, result)
    finally:
        runner.stop()
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    executed = Executed(results, values, False, when, time.perf_counter() - begun)
    if records:
        records.store.put(key, _to_record(executed, post, lines))
    progress.end(post, executed)
    return executed


def check(post: Post, block: Block, result: Result) -> None:
    """Raise PostError when a block failed, or did not fail though its tags say that it must."""
    failure = result.failure
    if failure is None and not block.info.caption and _shows_picture(block, result):
        raise PostError(
            post.label,
            block.fence_line,
            "a picture without a text alternative",
            'say what it shows: caption="..." name="fig-..." on the fence',
        )
    promised = "raises-exception" in block.info.tags
    if promised and failure is None:
        raise PostError(
            post.label,
            block.line,
            "this block is tagged raises-exception and did not raise",
            "remove the tag, or make it raise again",
        )
    if failure is None or (promised and failure.kind == "error"):
        return
    mend = failure.mend or {
        "timeout": "make the block shorter, or set a longer timeout in [tool.executable_posts]",
        "flood": "print or show less, or write to a file",
        "died": "run the block alone to see why; a crash in C code or os._exit ends the kernel",
    }.get(failure.kind, "correct the block; `pytest` runs the same code")
    if failure.message.split(":")[0] == "SystemExit":
        mend = "let the block run to its end: a post's blocks share one kernel, which nothing may leave"
    if failure.message.startswith("ModuleNotFoundError"):
        mend = "install the package that has it, in the environment that builds the site"
    detail = excerpt(post, block, failure.line)
    if failure.text:
        detail += "\n\n" + failure.text
    said = "".join(
        o["text"] for o in result.outputs if o["output_type"] == "stream" and o["name"] == "stderr"
    )
    if said and not block.speaks.shares_state:
        detail += "\n\n" + said[-2000:]
    raise PostError(post.label, failure.line or block.line, failure.message.split("\n")[0], mend, detail)


def _shows_picture(block: Block, result: Result) -> bool:
    if {"remove-cell", "remove-output"} & set(block.info.tags):
        return False
    return any(kind.startswith("image/") for output in result.outputs for kind in output.get("data", ()))


def excerpt(post: Post, block: Block, line: int) -> str:
    """Show a block's source around a line of the post, numbered, the line marked."""
    lines = block.source.split("\n")
    last = block.line + len(lines) - 1
    line = line if block.line <= line <= last else block.line
    first = max(block.line, line - CONTEXT_LINES)
    shown = range(first, min(last, line + CONTEXT_LINES) + 1)
    return "\n".join(f"{'>' if n == line else ' '} {n:4} | {lines[n - block.line]}".rstrip() for n in shown)


def evaluate(runner: Runner, post: Post, after: int, timeout: float) -> list[str]:
    """Evaluate the inline values that follow a block; raise PostError at the line of one that raises."""
    wanted: list[Value] = post.values_after(after)
    texts: list[str] = []
    answers = runner.inspect([v.expression for v in wanted], timeout)
    for value, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Failure):
            raise PostError(
                post.label,
                value.line,
                f"{{eval}}`{value.expression}` {'raised ' if answer.kind == 'error' else ''}{answer.message}",
                "it is evaluated after the block above it: check the names it uses",
            )
        texts.append(answer)
    return texts


def _to_record(executed: Executed, post: Post, lines: list[int]) -> dict[str, Any]:
    results = [asdict(r) for r in executed.results]
    mentions_lines = f"{post.label}:" in repr([r["outputs"] for r in results])
    return {
        "results": results,
        "values": executed.values,
        "when": executed.when,
        "seconds": executed.seconds,
        "lines": lines if mentions_lines else None,
    }


def _from_record(record: dict[str, Any] | None, lines: list[int]) -> Executed | None:
    """Read a record; None when there is none, its lines have moved, or it is damaged."""
    try:
        if record is None or record["lines"] not in (None, lines):
            return None
        results = [
            Result(r["outputs"], Failure(**r["failure"]) if r["failure"] else None, r["seconds"])
            for r in record["results"]
        ]
        executed = Executed(results, record["values"], True, record["when"], record["seconds"])
    except (KeyError, TypeError):
        return None
    return executed if len(results) == len(lines) else None
