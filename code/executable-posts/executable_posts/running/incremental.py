"""Bring what is shown of a post up to date by running what has to run, and prove by watching that this was enough.

A pass runs some units in a fresh state. What it saw may show that more was needed; then another pass runs more. What a
pass ran is taken whole: two parts of a page are never from two runs of something that differs from run to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from .outside import CHILDREN, Outside
from .plan import Entry, Observation, Step, Unit, digest, follow, to_run
from .records import Known, Record, Shown

PASSES = 3  # then everything runs
MOST = 0.7  # of the units; beyond it everything runs at once


class Unsettled(Exception):
    """Report that a unit failed. fault: what to raise when everything had run before it."""

    def __init__(self, fault: Exception):
        super().__init__(str(fault).split("\n")[0])
        self.fault = fault


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Hold what a pass gave. seen: rank of a unit -> what it did; shown: group -> what it shows."""

    seen: Mapping[int, Observation]
    shown: Mapping[str, Shown]


class Passes(Protocol):
    """Run units in a fresh state, in order."""

    def run(self, ranks: set[int], shown: set[str]) -> Pass:
        """Run some units. shown: the groups whose outputs are wanted. Raise Unsettled when one fails that should not."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Hold what is shown now. shown: group -> what it shows; record: for the next build; passes: how many runs it took."""

    shown: Mapping[str, Shown]
    record: Record
    passes: int


def bring_up_to_date(
    units: list[Unit],
    record: Record,
    outside: Outside,
    passes: Passes,
    *,
    clean: bool = False,
    lines: Mapping[str, tuple[int, ...]] | None = None,
    told: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """Run what has to run of a post.

    clean: everything. lines: group -> its lines in the post; what mentions others is out of date. told: hears why all
    runs after all. Raise what `passes` raises, but for Unsettled from a pass that was not of all units.
    """
    known = Known(Record() if clean else record, outside)
    earlier = Known(record, outside)  # even a clean run is compared with: what varies is known then
    lines = lines or {}
    groups = list(dict.fromkeys(u.group for u in units))
    seen: dict[int, Observation] = {}
    varying: dict[int, frozenset[str]] = {}
    count = 0
    while True:
        steps = follow(units, known, seen)
        keys = group_keys(steps)
        for step in steps:
            if step.entry and step.entry.varies:
                varying[step.unit.index] = varying.get(step.unit.index, frozenset()) | step.entry.varies
        dirty = _dirty(steps, keys, known.record, lines)
        ranks, showing = to_run(steps, dirty, varying)
        if not ranks:
            return _outcome(steps, keys, known.record, {}, varying, outside, seen, count)
        if count >= PASSES or len(ranks) > MOST * len(units):
            ranks, showing = {u.index for u in units}, set(groups)
        try:
            done = passes.run(ranks, showing)
        except Unsettled as error:
            if len(ranks) == len(units):
                raise
            told(f"{error}; running everything, to be sure")
            known, seen, count = Known(Record(), outside), {}, PASSES
            continue
        count += 1
        outside.forget()
        everything = len(ranks) == len(units)
        for rank, observed in done.seen.items():
            entry = steps[rank].entry
            differs = entry.seen.differing(observed) if entry else frozenset()
            if entry and not differs:
                seen.pop(rank, None)  # it was seen among more names then
                continue
            if entry:
                varying[rank] = varying.get(rank, frozenset()) | differs
            seen[rank] = observed
        after = follow(units, known, seen)
        more, shown_now = to_run(
            after, showing | _dirty(after, group_keys(after), known.record, lines), varying
        )
        if everything or (more <= ranks and shown_now <= showing):
            if everything:
                varying = _differing(after, earlier, varying)
            keys = group_keys(after)
            return _outcome(after, keys, known.record, done.shown, varying, outside, seen, count)


def group_keys(steps: list[Step]) -> dict[str, str]:
    """Give the key of every group: of what it shows."""
    found: dict[str, list[str]] = {}
    for step in steps:
        found.setdefault(step.unit.group, []).append(step.key)
    return {group: digest(group.partition(" ")[0], keys) for group, keys in found.items()}


def _dirty(
    steps: list[Step], keys: Mapping[str, str], record: Record, lines: Mapping[str, tuple[int, ...]]
) -> set[str]:
    """List the groups that cannot be shown as they are recorded."""
    found = {step.unit.group for step in steps if step.entry is None}
    for group, key in keys.items():
        shown = record.shown.get(key)
        if shown is None or (shown.lines is not None and shown.lines != lines.get(group)):
            found.add(group)
    return found


def _differing(
    steps: list[Step], earlier: Known, varying: Mapping[int, frozenset[str]]
) -> dict[int, frozenset[str]]:
    """Add what got other values in an earlier build though nothing it depends on has changed."""
    found = dict(varying)
    for step in steps:
        if before := earlier.find(step.key):
            differs = before.varies | before.seen.differing(step.seen)
            if differs:
                found[step.unit.index] = found.get(step.unit.index, frozenset()) | differs
    return found


def _outcome(
    steps: list[Step],
    keys: Mapping[str, str],
    record: Record,
    new: Mapping[str, Shown],
    varying: Mapping[int, frozenset[str]],
    outside: Outside,
    seen: Mapping[int, Observation],
    count: int,
) -> Outcome:
    shown = {group: new[group] if group in new else record.shown[key] for group, key in keys.items()}
    entries = []
    for step in steps:
        varies = varying.get(step.unit.index, frozenset())
        if step.entry and step.unit.index not in seen:
            entries.append(replace(step.entry, varies=varies))
        else:
            entries.append(_entry(step, varies, outside))
    kept = Record(entries=entries, shown={keys[group]: one for group, one in shown.items()})
    return Outcome(shown=shown, record=kept, passes=count)


def _entry(step: Step, varies: frozenset[str], outside: Outside) -> Entry:
    seen = step.seen
    taken = {*seen.outside, *(place for place in seen.reads if place not in step.files)}
    if seen.child:
        taken.add(CHILDREN)
    return Entry(
        key=step.key,
        text=digest(step.unit.text),
        inputs=step.inputs,
        files=step.files,
        outside={place: outside.digest(place) for place in sorted(taken)},
        # Only what was there in that run was compared.
        together={place: names & (seen.present or frozenset()) for place, names in step.together.items()},
        seen=replace(seen, present=None),
        varies=varies,
    )
