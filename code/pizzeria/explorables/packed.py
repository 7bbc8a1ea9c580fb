"""A trace as a short list of whole numbers, which compresses well, and back.

One run is ``{"who": [...], "what": [...], "spans": [...], "counts": {...}}``. ``spans`` holds five numbers a span, end
to end: the time since the start of the span before, its length (both in parts of the trace's unit), its order, and its
``who`` and ``what`` as places in the two lists.
"""

from pizzeria.kitchen.trace import Span

UNIT = 0.01
"""Minutes: what the kitchens' times are rounded to."""


def pack(trace, counts, unit=UNIT, without=()):
    """Pack a sorted `Trace` and what its run came to, without the kinds of actors named and spans that round to 0."""
    who, what, spans, before = {}, {}, [], 0
    for span in trace.spans:
        start, end = round(span.start / unit), round(span.end / unit)
        if start == end or span.who.partition(" ")[0] in without:
            continue
        places = who.setdefault(span.who, len(who)), what.setdefault(span.what, len(what))
        spans += (start - before, end - start, span.order, *places)
        before = start
    return {"who": list(who), "what": list(what), "spans": spans, "counts": counts}


def unpack(run, unit=UNIT):
    """Give the spans of a packed run; times are rounded to `unit`."""
    spans, at = [], 0
    for since, length, order, who, what in zip(*[iter(run["spans"])] * 5, strict=True):
        at += since
        spans.append(Span(at * unit, (at + length) * unit, order, run["who"][who], run["what"][what]))
    return spans
