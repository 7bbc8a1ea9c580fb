"""A trace as a short list of whole numbers, which compresses well, and back.

One run is ``{"who": [...], "what": [...], "spans": [...], "counts": {...}}``. ``spans`` holds five numbers a span, end
to end: the time since the start of the span before, its length (both in units of `UNIT`), its order, and its ``who``
and ``what`` as places in the two lists.
"""

from pizzeria.kitchen.trace import Span

UNIT = 0.01
"""Of the trace's own unit: a minute in the kitchens, a millisecond in the data centre."""


def pack(trace, counts):
    """Pack a sorted `Trace` and what its run came to."""
    who, what, spans, before = {}, {}, [], 0
    for span in trace.spans:
        start, end = round(span.start / UNIT), round(span.end / UNIT)
        places = who.setdefault(span.who, len(who)), what.setdefault(span.what, len(what))
        spans += (start - before, end - start, span.order, *places)
        before = start
    return {"who": list(who), "what": list(what), "spans": spans, "counts": counts}


def unpack(run):
    """Give the spans of a packed run; times are rounded to `UNIT`."""
    spans, at = [], 0
    for since, length, order, who, what in zip(*[iter(run["spans"])] * 5, strict=True):
        at += since
        spans.append(Span(at * UNIT, (at + length) * UNIT, order, run["who"][who], run["what"][what]))
    return spans
