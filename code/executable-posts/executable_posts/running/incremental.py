"""Bring what is shown of a post up to date by running what has to run, and prove by watching that this was enough.

A pass runs some units in a fresh state. What it saw may show that more was needed; then another pass runs more. What a
pass ran is taken whole: two parts of a page are never from two runs of something that differs from run to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from .choice import Choice, to_run
from .follow import follow
from .outside import Outside
from .plan import Entry, Observation, Step, Unit, digest, taken
from .reasons import Reason, Reasons
from .records import Known, Record, Shown

PASSES = 3  # then everything runs
MOST = 0.7  # of the units, or of the time they took; beyond it everything runs at once
LONG = 10.0  # seconds, from which on time counts as well


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
    """Hold what is shown now. shown: group -> what it shows; record: for the next build; passes: how many runs it took;
    worked: seconds that the statements of all runs took; reasons: why what ran."""

    shown: Mapping[str, Shown]
    record: Record
    passes: int
    worked: float
    reasons: Mapping[str, Reason]


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
    build = _Build(units, Known(Record() if clean else record, outside), Known(record, outside), lines or {})
    if clean:
        build.reasons.everything("every block was asked for")
    while True:
        steps = build.follow()
        choice = build.choose(steps)
        if not choice.ranks:
            return build.outcome(steps, {}, outside)
        if build.count >= PASSES or _too_much(steps, choice.ranks):
            if not build.reasons.all_ran:
                build.reasons.everything("so much had to run that everything did")
            choice = Choice(ranks={u.index for u in units}, shown={u.group for u in units})
        try:
            done = passes.run(choice.ranks, choice.shown)
        except Unsettled as error:
            if len(choice.ranks) == len(units):
                raise
            told(f"{error}; running everything, to be sure")
            build.reasons.everything(f"a run of a part of it failed ({error})")
            build.known, build.seen, build.count = Known(Record(), outside), {}, PASSES
            continue
        outside.forget()
        if after := build.settled(steps, choice, done):
            return build.outcome(after, done.shown, outside)


class _Build:
    """Follow one build of a post. known: what may be taken; earlier: what was recorded, to compare with."""

    def __init__(self, units: list[Unit], known: Known, earlier: Known, lines: Mapping[str, tuple[int, ...]]):
        self.units, self.known, self.earlier, self.lines = units, known, earlier, lines
        self.seen: dict[int, Observation] = {}
        self.varying: dict[int, frozenset[str]] = {}
        self.steady: dict[int, bool] = {}
        self.reasons = Reasons(earlier)
        known.align(units)
        self.count, self.worked = 0, 0.0

    def follow(self) -> list[Step]:
        steps = follow(self.units, self.known, self.seen)
        for step in steps:
            if step.entry and step.entry.varies:
                self._varies(step, step.entry.varies)
        return steps

    def _varies(self, step: Step, places: frozenset[str]) -> None:
        rank = step.unit.index
        self.varying[rank] = self.varying.get(rank, frozenset()) | places

    def choose(self, steps: list[Step], shown: set[str] | None = None) -> Choice:
        """Choose what runs. shown: groups that are shown in any case."""
        dirty = self._dirty(steps)
        choice = to_run(steps, dirty | (shown or set()), self.varying)
        self.reasons.note(steps, dirty, choice)
        return choice

    def _dirty(self, steps: list[Step]) -> set[str]:
        """List the groups that cannot be shown as they are recorded."""
        found = {step.unit.group for step in steps if step.entry is None}
        for group, key in group_keys(steps).items():
            shown = self.known.record.shown.get(key)
            if shown is None or (shown.lines is not None and shown.lines != self.lines.get(group)):
                found.add(group)
        return found

    def settled(self, steps: list[Step], choice: Choice, done: Pass) -> list[Step] | None:
        """Take what a pass saw; return the steps by which it was enough, None when more is needed."""
        self.count += 1
        self.worked += sum(observed.seconds for observed in done.seen.values())
        for rank, observed in done.seen.items():
            entry = steps[rank].entry
            differs = entry.seen.differing(observed) if entry else frozenset()
            if entry and not differs:
                self.seen.pop(rank, None)  # it was seen among more names then
                continue
            if entry:
                self._varies(steps[rank], differs)
            self.seen[rank] = observed.besides(entry.seen) if entry else observed
        after = follow(self.units, self.known, self.seen)
        self._compare(after, done)
        if len(choice.ranks) == len(self.units):
            return after
        more = self.choose(after, choice.shown)
        enough = more.ranks <= choice.ranks and more.shown <= choice.shown
        return after if enough else None

    def _compare(self, after: list[Step], done: Pass) -> None:
        """Note what came out otherwise than in an earlier build though nothing it depends on has changed, and who did the
        same all the same."""
        differed: set[str] = set()
        for step in after:
            rank, group = step.unit.index, step.unit.group
            differed -= step.unit.certain & step.seen.writes.keys()
            if rank not in done.seen or not (before := self.earlier.last(step.key, step.unit.text)):
                continue
            same = (before.key, before.files) == (step.key, step.files) and not self.earlier.changed(before)
            differs = before.seen.differing(done.seen[rank])
            touched = not differed.isdisjoint({*step.inputs, *step.files})
            if same:
                self._varies(step, before.varies | differs)
                differed |= differs
            if group in done.shown:
                alike = output_digest(done.shown[group]) == before.output
                self.steady[rank] = alike and (before.steady or (same and touched))

    def outcome(self, steps: list[Step], new: Mapping[str, Shown], outside: Outside) -> Outcome:
        keys = group_keys(steps)
        shown = {g: new[g] if g in new else self.known.record.shown[key] for g, key in keys.items()}
        outputs = {group: output_digest(one) for group, one in shown.items()} if self.count else {}
        entries = []
        for step in steps:
            rank = step.unit.index
            varies = self.varying.get(rank, frozenset())
            if step.entry and rank not in self.seen:
                entry = replace(step.entry, varies=varies)
            else:
                entry = _entry(step, varies, outside)
            output = outputs.get(step.unit.group, entry.output)
            entries.append(replace(entry, output=output, steady=self.steady.get(rank, entry.steady)))
        order = sorted(keys, key=lambda group: (group.partition(" ")[0], int(group.partition(" ")[2])))
        kept = Record(
            entries=entries,
            shown={keys[group]: one for group, one in shown.items()},
            order=[keys[group] for group in order],
        )
        return Outcome(
            shown=shown, record=kept, passes=self.count, worked=self.worked, reasons=self.reasons.by_group()
        )


def _too_much(steps: list[Step], ranks: set[int]) -> bool:
    """Tell whether so much has to run that everything may: it is then known at once what else would be needed."""
    took = sum(step.seen.seconds for step in steps)
    theirs = sum(step.seen.seconds for step in steps if step.unit.index in ranks)
    most_of_the_time = took > LONG and theirs > MOST * took and len(ranks) > len(steps) / 4
    return len(ranks) > MOST * len(steps) or most_of_the_time


def group_keys(steps: list[Step]) -> dict[str, str]:
    """Give the key of every group: of what it shows."""
    found: dict[str, list[str]] = {}
    for step in steps:
        found.setdefault(step.unit.group, []).append(step.key)
    return {group: digest(group.partition(" ")[0], keys) for group, keys in found.items()}


def output_digest(shown: Shown) -> str:
    """Hash what is shown of a group."""
    return digest(shown.text, shown.result.outputs if shown.result else None)


def _entry(step: Step, varies: frozenset[str], outside: Outside) -> Entry:
    seen = step.seen
    return Entry(
        key=step.key,
        stamp=step.stamp,
        text=digest(step.unit.text),
        inputs=step.inputs,
        files=step.files,
        outside={place: outside.digest(place) for place in taken(seen, step.files)},
        # Only what was there in that run was compared.
        together={place: names & (seen.present or frozenset()) for place, names in step.together.items()},
        seen=replace(seen, present=None),
        varies=varies,
    )
