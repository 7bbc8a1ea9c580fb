"""What a ledger proves: read fact by fact, with none of the expediter's own code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pizzeria.order import URGENCY
from pizzeria.ovens.expediter.state import LedgerFact

WorkSpan: TypeAlias = tuple[float, float, int, str, str, str]
"""Start and end (minutes), order, step, who, and how it ended."""


@dataclass(frozen=True)
class Audit:
    """What was counted in a ledger.

    `closed` maps each order that ended to whether its pizza was burnt. `doubled` counts steps that were done twice for
    one order, `given_back` leases, `repeated` work that a second cook did in vain, `out_of_urgency` hand-outs that passed
    over something more urgent that was ready.
    """

    closed: dict[int, bool]
    doubled: int
    hand_outs: int
    given_back: int
    repeated: int
    out_of_urgency: int


def audit(facts: Iterable[LedgerFact]) -> Audit:
    """Count what a ledger's facts say, by brute force."""
    waiting: dict[tuple[int, str], tuple[int, int]] = {}
    ranks: dict[tuple[int, str], tuple[int, int]] = {}
    done: Counter[tuple[int, str]] = Counter()
    asleep: set[int] = set()
    charcoal: dict[int, int] = {}
    burnt: set[int] = set()
    closed: dict[int, bool] = {}
    counts: Counter[str] = Counter()
    out_of_urgency = 0
    for fact in facts:
        counts[fact.fact] += 1
        order, task = fact.order, (fact.order, fact.step)
        if fact.fact == "asked" and fact.step == "take_out" and not done[order, "bake"]:
            asleep.add(order)
        elif fact.fact == "asked" and fact.step != "bake":
            waiting[task] = ranks[task] = (URGENCY[fact.step], fact.number)
        elif fact.fact == "handed":
            out_of_urgency += waiting[task] != min(waiting.values())
            del waiting[task]
        elif fact.fact == "back":
            waiting[task] = ranks[task]
        elif fact.fact in ("baked", "lost"):
            done[order, "bake"] += fact.fact == "baked" or not done[order, "bake"]
            if fact.fact == "lost":
                burnt.add(order)
            if order in asleep:
                asleep.discard(order)
                rescue = order, "take_out"
                waiting[rescue] = ranks[rescue] = (URGENCY["take_out"], fact.number)
        elif fact.fact == "charcoal":
            charcoal[order] = fact.number
        elif fact.fact == "done":
            done[task] += 1
            waiting.pop(task, None)
            if fact.step == "take_out" and charcoal.get(order, fact.lease) < fact.lease:
                burnt.add(order)
            if fact.step == "finish":
                closed[order] = order in burnt
    return Audit(
        closed=closed,
        doubled=sum(times > 1 for times in done.values()),
        hand_outs=counts["handed"],
        given_back=counts["back"],
        repeated=counts["again"],
        out_of_urgency=out_of_urgency,
    )


def spans(facts: Iterable[LedgerFact], opened: float, scale: float) -> list[WorkSpan]:
    """Return who worked on what as ``(start, end, order, step, who, how)``, minutes since the kitchen opened.

    `how` is ``done``, or ``back`` when the lease was given back.
    """

    def span(start: LedgerFact, end: float, how: str) -> WorkSpan:
        minutes = (start.at - opened) / scale, (end - opened) / scale
        return (*minutes, start.order, start.step, start.who, how)

    handed: dict[int, LedgerFact] = {}
    found: list[WorkSpan] = []
    for fact in facts:
        if fact.fact in ("handed", "loaded"):
            handed[fact.number] = fact
        elif fact.fact in ("done", "back") and (start := handed.pop(fact.lease, None)):
            found.append(span(start, fact.at, fact.fact))
        elif fact.fact in ("baked", "lost"):
            lease = next((n for n, f in handed.items() if f.fact == "loaded" and f.order == fact.order), None)
            if lease:
                start = handed.pop(lease)
                found.append(span(start, fact.at, "done" if fact.fact == "baked" else "back"))
    return sorted(found)
