"""A trace as a short list of whole numbers, which compresses well, and back.

One run is ``{"who": [...], "what": [...], "spans": [...], "counts": {...}}``. ``spans`` holds five numbers a span, end
to end: the time since the start of the span before, its length (both in parts of the trace's unit), its order, and its
``who`` and ``what`` as places in the two lists.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NotRequired, TypedDict

from pizzeria.kitchen.trace import Span, Trace

UNIT = 0.01
"""Minutes: what the kitchens' times are rounded to."""


class Run(TypedDict):
    """A packed trace, what the run came to, and the line of each order at any time (`lines.Followed.packed`)."""

    who: list[str]
    what: list[str]
    spans: list[int]
    counts: dict[str, float]
    lines: NotRequired[dict[int, list[int]]]


def pack(trace: Trace, counts: Mapping[str, float], unit: float = UNIT, without: Collection[str] = ()) -> Run:
    """Pack a sorted `Trace` and what its run came to, without the kinds of actors named and spans that round to 0."""
    who: dict[str, int] = {}
    what: dict[str, int] = {}
    spans: list[int] = []
    before = 0
    for span in trace.spans:
        start, end = round(span.start / unit), round(span.end / unit)
        if start == end or span.who.partition(" ")[0] in without:
            continue
        places = who.setdefault(span.who, len(who)), what.setdefault(span.what, len(what))
        spans += (start - before, end - start, span.order, *places)
        before = start
    return {"who": list(who), "what": list(what), "spans": spans, "counts": dict(counts)}


def unpack(run: Run, unit: float = UNIT) -> list[Span]:
    """Give the spans of a packed run; times are rounded to `unit`."""
    found: list[Span] = []
    at = 0
    for since, length, order, who, what in zip(*[iter(run["spans"])] * 5, strict=True):
        at += since
        found.append(Span(at * unit, (at + length) * unit, order, run["who"][who], run["what"][what]))
    return found
