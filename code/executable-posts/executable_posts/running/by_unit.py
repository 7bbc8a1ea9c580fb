"""Run only what an edit reaches: a post cut into units, a plan of what has to run, passes that prove it, a record of it all."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass, field

from ..config import Config
from ..reading.post import Post
from .account import Accounts, account
from .cache import post_key
from .execute import VOLATILE, Executed, Progress
from .incremental import Outcome, Unsettled, bring_up_to_date
from .judging import check
from .kernel import Result
from .outside import Outside
from .passes import KernelPasses
from .pieces import Pieces
from .records import Records
from .units import cut, group_of


@dataclass(frozen=True, kw_only=True)
class UnitRun:
    """Hold how posts are run by units. records, base: where runs are recorded, and what they all depend on (`cache.base`);
    pieces: what was read of the site's modules before; progress: hears how it goes on."""

    config: Config
    records: Records
    base: str
    pieces: Pieces = field(default_factory=Pieces)
    progress: Progress = field(default_factory=Progress)


def recorded_units(post: Post, run: UnitRun, outside: Outside | None = None) -> Executed | None:
    """Find a post recorded of which nothing has to run; raise PostError for what its captions or tags now refuse.

    outside: what was already looked at for other posts, since when nothing has run.
    """
    outcome = _standing(post, run, outside or Outside(run.config, run.pieces))
    return _told(post, outcome, run, 0.0) if outcome else None


def stands(post: Post, run: UnitRun) -> bool:
    """Tell whether the record of a post that has run says that nothing has to run, as all it depends on is now."""
    return not cut(post) or _standing(post, run, Outside(run.config, run.pieces)) is not None


def _standing(post: Post, run: UnitRun, outside: Outside) -> Outcome | None:
    if any(VOLATILE in b.info.tags for b in post.blocks):
        return None
    record = run.records.read(post.label, run.base)
    groups = _groups(post)
    if record.whole != post_key(post, run.base) or len(record.order) != len(groups):
        return None
    taken = {place: said for entry in record.entries for place, said in entry.outside.items()}
    if any(outside.digest(place) != said for place, said in taken.items()):
        return None
    shown = {group: record.shown[key] for group, key in zip(groups, record.order, strict=True)}
    if any(one.lines not in (None, groups[group]) for group, one in shown.items()):
        return None
    return Outcome(shown=shown, record=record, passes=0, worked=0.0, reasons={})


def execute_units(post: Post, run: UnitRun, reuse: bool = True) -> Executed:
    """Run the blocks of a post that have to run, take the others as recorded; raise PostError at the failing line.

    reuse: take what is recorded.
    """
    pieces = cut(post)
    if not pieces:
        return Executed(results=[], values=[], cached=True, when="", seconds=0.0)
    whole = post_key(post, run.base)  # of what there is before the run
    record = run.records.read(post.label, run.base)
    begun = time.perf_counter()
    try:
        outcome = bring_up_to_date(
            [piece.unit for piece in pieces],
            record,
            Outside(run.config, run.pieces),
            KernelPasses(post, pieces, run.config, run.progress),
            clean=not reuse,
            lines=_groups(post),
            told=run.progress.note,
        )
    except Unsettled as error:
        raise error.fault from None
    executed = _told(post, outcome, run, time.perf_counter() - begun)
    if outcome.passes or (record.whole, record.shown.keys()) != (whole, outcome.record.shown.keys()):
        outcome.record.whole = whole
        run.records.write(post.label, run.base, outcome.record)
    return executed


def _groups(post: Post) -> dict[str, tuple[int, ...]]:
    """List what is shown of a post, with the lines that outputs may mention."""
    return {
        **{group_of(block): (block.line,) for block in post.blocks},
        **{f"value {rank}": () for rank in range(len(post.values))},
    }


def _told(post: Post, outcome: Outcome, run: UnitRun, took: float) -> Executed:
    """Judge what is shown, and tell of it."""
    executed = _executed(post, outcome)
    for block, result in zip(post.blocks, executed.results, strict=True):
        check(post, block, result)  # captions are in no key
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    Accounts(run.config.cache_dir / "why", run.progress.note).write(account(post, outcome, now, took))
    run.progress.end(post, executed)
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
