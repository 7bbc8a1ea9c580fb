"""Which units run so that some blocks and values can be shown, and which others then have to be shown anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .plan import RUNNING, Step


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Hold what runs. ranks: of units; shown: groups whose outputs are wanted; joined: group -> which of its units reaches
    which place that which unit gives otherwise in this run; helps: rank -> a unit that needs it."""

    ranks: set[int]
    shown: set[str]
    joined: Mapping[str, tuple[int, str, int]] = field(default_factory=dict)
    helps: Mapping[int, int] = field(default_factory=dict)


def to_run(steps: list[Step], groups: Iterable[str], varying: Mapping[int, frozenset[str]]) -> Choice:
    """Choose which units run so that some groups can be shown.

    varying: rank of a unit -> places whose values differ from run to run. When it runs, whatever reaches these must be
    shown from the same run, unless it was seen to show the same whatever they are.
    """
    members: dict[str, list[int]] = {}
    for step in steps:
        members.setdefault(step.unit.group, []).append(step.unit.index)
    shown = set(groups)
    joined: dict[str, tuple[int, str, int]] = {}
    while True:
        chosen, helps = _with_needs(steps, {rank for group in shown for rank in members[group]})
        found = _joined(steps, chosen, varying)
        more = {g: why for g, why in found.items() if g not in shown}
        if not more:
            return Choice(ranks=chosen, shown=shown, joined=joined, helps=helps)
        shown |= more.keys()
        joined.update(more)


def _with_needs(steps: list[Step], chosen: set[int]) -> tuple[set[int], dict[int, int]]:
    helps: dict[int, int] = {}
    chosen = set(chosen)
    for step in reversed(steps):
        if step.unit.index in chosen:
            for rank in step.needs - chosen:
                helps[rank] = step.unit.index
            chosen |= step.needs
    return chosen, helps


def _joined(
    steps: list[Step], chosen: set[int], varying: Mapping[int, frozenset[str]]
) -> dict[str, tuple[int, str, int]]:
    """Find the groups that have to be shown from this run, with what ties them to it."""
    found: dict[str, tuple[int, str, int]] = {}
    changed: dict[str, int] = {}  # places with other values than those that are recorded -> who wrote them
    for step in steps:
        rank, written, varies = step.unit.index, step.seen.writes.keys(), varying.get(step.unit.index, ())
        touched = next((p for p in (*step.inputs, *step.files) if p in changed), None)
        new = rank in chosen and step.entry is None
        if new or (touched is not None and not (step.entry and step.entry.steady)):
            found.setdefault(step.unit.group, (rank, touched or "", rank if new else changed[touched or ""]))
            changed.update(dict.fromkeys(written, rank))
        else:
            for place in step.unit.certain & written:
                changed.pop(place, None)
        if rank in chosen or touched is not None:
            changed.update(dict.fromkeys(varies, rank))
        if RUNNING in written and not step.seen.writes[RUNNING].digest:
            changed.pop(RUNNING, None)
    return found
