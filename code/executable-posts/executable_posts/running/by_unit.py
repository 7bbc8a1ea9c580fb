"""Run only what an edit reaches: a post cut into units, a plan of what has to run, passes that prove it, a record of it all."""

from __future__ import annotations

import datetime
import time

from ..config import Config
from ..reading.post import Post
from .account import Accounts, account
from .execute import Executed, Progress
from .incremental import Outcome, Unsettled, bring_up_to_date
from .judging import check
from .kernel import Result
from .outside import Outside
from .passes import KernelPasses
from .records import Records
from .units import cut, group_of


def execute_units(
    post: Post, config: Config, records: Records, base: str, reuse: bool, progress: Progress
) -> Executed:
    """Run the blocks of a post that have to run, take the others as recorded; raise PostError at the failing line.

    records, base: where runs are recorded, and what they all depend on (`cache.base`); reuse: take what is recorded.
    """
    pieces = cut(post)
    if not pieces:
        return Executed(results=[], values=[], cached=True, when="", seconds=0.0)
    record = records.read(post.label, base)
    lines = {group_of(b): (b.line,) for b in post.blocks}
    begun = time.perf_counter()
    try:
        outcome = bring_up_to_date(
            [piece.unit for piece in pieces],
            record,
            Outside(config),
            KernelPasses(post, pieces, config, progress),
            clean=not reuse,
            lines=lines,
            told=progress.note,
        )
    except Unsettled as error:
        raise error.fault from None
    took = time.perf_counter() - begun
    executed = _executed(post, outcome)
    for block, result in zip(post.blocks, executed.results, strict=True):
        check(post, block, result)  # captions are in no key
    if outcome.passes or outcome.record.shown.keys() != record.shown.keys():
        records.write(post.label, base, outcome.record)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    Accounts(config.cache_dir / "why", progress.note).write(account(post, outcome, now, took))
    progress.end(post, executed)
    return executed


def _executed(post: Post, outcome: Outcome) -> Executed:
    """Give what is shown, told the same in every build until something runs."""
    shown = [outcome.shown[group_of(block)] for block in post.blocks]
    values = [outcome.shown[f"value {rank}"] for rank in range(len(post.values))]
    when = max((one.when for one in [*shown, *values]), default="")
    carried = [one.when for one in shown if one.when != when]
    return Executed(
        results=[one.result or Result() for one in shown],
        values=[one.text for one in values],
        cached=not outcome.passes,
        when=when,
        seconds=sum(one.result.seconds for one in shown if one.result and one.when == when),
        carried=len(carried),
        since=min(carried, default=""),
    )
