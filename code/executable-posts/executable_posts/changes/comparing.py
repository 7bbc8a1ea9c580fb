"""Compare two records of one post: every output, chart and value that differs, once, in the order of the lines."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..running.terminal import ESCAPE
from . import matching
from .change import Change
from .numbers import Pair, Tolerance, pairs, skeleton
from .record import EXPLORABLE, STREAMS, Block, Output, Record, Value

MOST_LINES = 6  # of a difference of texts, the rest is counted
MOST_COMPARED = 400  # lines that are looked at for what they have in common
PICTURES = ("image/", "audio/", "video/")
_NONE = Tolerance()


def compare(old: Record, new: Record) -> list[Change]:
    """List what differs between two records; old: of the site that was published."""
    found = matching.blocks(old.blocks, new.blocks)
    changes = [*_blocks(old, new, found), *_values(old, new, found)]
    return sorted(changes, key=lambda change: (change.line or change.old_line, change.what == "value"))


def _blocks(old: Record, new: Record, found: matching.Matched) -> Iterator[Change]:
    stayed = matching.staying(found)
    for rank, block in enumerate(new.blocks):
        if rank not in found:
            yield Change(what="block", kind="new", **_of(new, block), new=_summary(block))
            continue
        before = old.blocks[found[rank]]
        here = {**_of(new, block), "old_line": before.line}
        if before.name != block.name:
            yield Change(what="block", kind="renamed", **here, old=before.name, new=block.name)
        if rank not in stayed:
            was, now = f"place {found[rank] + 1}", f"place {rank + 1}"
            yield Change(what="block", kind="moved", **here, old=was, new=now)
        yield from _outputs(before, block, here)
    for rank in sorted(set(range(len(old.blocks))) - set(found.values())):
        gone = old.blocks[rank]
        here = {**_of(new, gone), "line": 0, "old_line": gone.line}
        yield Change(what="block", kind="removed", **here, old=_summary(gone))


def _of(record: Record, block: Block) -> dict[str, Any]:
    return {"file": record.post, "line": block.line, "name": block.name}


def _summary(block: Block) -> str:
    """Say in a line what a block shows."""
    shown = next((output.text for output in block.outputs if output.text), "")
    return (
        ESCAPE.sub("", shown).split("\n", 1)[0]
        if shown
        else ", ".join(output.form for output in block.outputs)
    )


def _outputs(old: Block, new: Block, here: dict[str, Any]) -> Iterator[Change]:
    before, after = _counted(old.outputs), _counted(new.outputs)
    same = True
    for key, output in after.items():
        if key not in before:
            same = False
            yield Change(what=_what(output), kind="new", **here, form=output.form, new=_said(output))
        elif found := _output(before[key], output, new, old.varies and new.varies):
            same = False
            yield Change(what=_what(output), kind="changed", **here, form=output.form, **found)
    for key, output in before.items():
        if key not in after:
            same = False
            yield Change(what=_what(output), kind="removed", **here, form=output.form, old=_said(output))
    # Which of its two streams a program writes to first may be a race, so they have no place in the order.
    orders = [
        ", ".join(output.form for output in block.outputs if output.form not in STREAMS)
        for block in (old, new)
    ]
    if same and orders[0] != orders[1]:
        yield Change(what="output", kind="moved", **here, old=orders[0], new=orders[1])


def _counted(outputs: Sequence[Output]) -> dict[tuple[str, int], Output]:
    """Know outputs by their form and their rank among those of that form; what one stream said is one output."""
    found: dict[tuple[str, int], Output] = {}
    for output in outputs:
        rank = sum(form == output.form for form, _ in found)
        if rank and output.form in STREAMS:
            said = found[output.form, 0]
            found[output.form, 0] = replace(
                output,
                text=said.text + output.text,
                digest=said.digest + output.digest,
                size=_size(said) + _size(output),
            )
        else:
            found[output.form, rank] = output
    return found


def _output(old: Output, new: Output, block: Block, both_vary: bool) -> dict[str, Any] | None:
    """Say how an output differs from the published one; None when it does not, or by no more than its block allows."""
    if old == new:
        return None
    tolerance = Tolerance.of(block.tolerance)
    if old.tables or new.tables:
        return _chart(old, new, block, tolerance)
    if new.form.startswith(PICTURES):
        return None if block.varies else _pictures(old, new)
    if both_vary and old.digest and old.digest == new.digest:
        return None
    if new.form in ("text/html", EXPLORABLE):
        told = _texts(old.text, new.text, block.varies, tolerance)
        if told or block.varies or block.tolerance:
            return told
        return {"note": f"other {'HTML' if new.form == 'text/html' else 'data'}, the same words"}
    ends = old.text, new.text
    if old.digest and new.digest:  # both go on; where they were cut says nothing
        lines = [text.split("\n")[:-1] for text in ends]
        count = min(map(len, lines))
        ends = ("\n".join(lines[0][:count]), "\n".join(lines[1][:count])) if count else ends
    told = _texts(*ends, block.varies, tolerance)
    if told or old.digest == new.digest or (block.varies and not both_vary):
        return told
    sizes = (f"{_size(output):,} characters" for output in (old, new))
    return {**dict(zip(("old", "new"), sizes, strict=True)), "note": f"after {len(ends[1]):,} characters"}


def _size(output: Output) -> int:
    return output.size or len(output.text)


def _pictures(old: Output, new: Output, note: str = "") -> dict[str, Any]:
    was, now = _said(old), _said(new)
    return {"old": was, "new": now, "note": note or ("another picture" if was == now else "")}


def _chart(old: Output, new: Output, block: Block, tolerance: Tolerance) -> dict[str, Any] | None:
    if old.tables == new.tables:
        if block.varies or block.tolerance or old.digest == new.digest:
            return None
        return _pictures(old, new, "another picture, the same numbers")
    shapes = [[[len(row) for row in table] for table in output.tables] for output in (old, new)]
    found = _cells(old, new, tolerance) if shapes[0] == shapes[1] else None
    if found is not None and (block.varies or block.tolerance or found):
        told = {"old": _said(old), "new": _said(new), "numbers": tuple(found)}
        return told if found and not block.varies else None
    other = _texts(_table_text(old), _table_text(new), block.varies, tolerance)
    return other or (None if block.varies or block.tolerance else _pictures(old, new, "another table"))


def _cells(old: Output, new: Output, tolerance: Tolerance) -> list[Pair] | None:
    """List the numbers of a chart that differ, each with what it is; None when words differ, too."""
    found: list[Pair] = []
    for before, after in zip(old.tables, new.tables, strict=True):
        names = dict(enumerate(after[0] if after else ()))
        for a, b in zip(before, after, strict=True):
            for column, cells in enumerate(zip(a, b, strict=True)):
                of = f"{names.get(column, '')} at {b[0]}" if column else names.get(0, "")
                differ = pairs(*cells, tolerance, of)
                if differ is None:
                    return None
                found += differ
    return found


def _table_text(output: Output) -> str:
    return "\n".join("  ".join(row) for table in output.tables for row in table)


def _texts(old: str, new: str, varies: bool, tolerance: Tolerance) -> dict[str, Any] | None:
    """Say how two texts differ: in numbers alone, or in which lines; None when they do not, or no more than they may."""
    if old == new:
        return None
    old, new = (ESCAPE.sub("", text) for text in (old, new))
    if varies and skeleton(old) == skeleton(new):
        return None
    if old == new:
        return {"note": "other colours, the same text"}
    numbers = pairs(old, new, tolerance)
    if numbers == [] and tolerance != _NONE:
        return None
    lines = _lines(old, new, varies) if "\n" in old.strip("\n") + new.strip("\n") else []
    diff = {"diff": tuple(lines[:MOST_LINES]), "more": max(0, len(lines) - MOST_LINES)}
    return {"old": old, "new": new, "numbers": tuple(numbers or ()), **diff}


def _lines(old: str, new: str, varies: bool) -> list[str]:
    """List the lines that differ. varies: not by their numbers."""
    before, after = (text.split("\n") if text else [] for text in (old, new))
    a, b = ([skeleton(line) for line in lines] if varies else lines for lines in (before, after))
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    most = min(len(a), len(b)) - start
    end = next((n for n in range(most) if a[-1 - n] != b[-1 - n]), most)
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    matcher = difflib.SequenceMatcher(None, a[:MOST_COMPARED], b[:MOST_COMPARED], autojunk=False)
    found: list[str] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        olds = [f"- {line}" for line in before[start + a1 : start + a2]]
        news = [f"+ {line}" for line in after[start + b1 : start + b2]]
        # As many lines as before are the same lines with other numbers, mostly: each beside its own.
        paired = len(olds) == len(news)
        found += itertools.chain(*zip(olds, news, strict=True)) if paired else [*olds, *news]
    found += [f"- {line}" for line in before[start + MOST_COMPARED : len(before) - end]]
    found += [f"+ {line}" for line in after[start + MOST_COMPARED : len(after) - end]]
    return found


def _what(output: Output) -> str:
    return "chart" if output.tables else "picture" if output.form.startswith(PICTURES) else "output"


def _said(output: Output) -> str:
    """Say in short what an output is: its text, or the size of its picture."""
    if output.form.startswith(PICTURES):
        size = f"{output.size:,} bytes" if output.size < 100_000 else f"{output.size / 1000:,.0f} kB"
        return ", ".join(filter(None, (output.pixels, size)))
    return ESCAPE.sub("", output.text)


def _values(old: Record, new: Record, blocks: matching.Matched) -> Iterator[Change]:
    found = matching.values(old.values, new.values, blocks)
    for rank, value in enumerate(new.values):
        here: dict[str, Any] = {"file": new.post, "line": value.line, "name": value.expression}
        if rank not in found:
            yield Change(what="value", kind="new", **here, new=value.text)
            continue
        before = old.values[found[rank]]
        if told := _value(before, value, new):
            yield Change(what="value", kind="changed", **here, old_line=before.line, **told)
    for rank in sorted(set(range(len(old.values))) - set(found.values())):
        gone = old.values[rank]
        here = {"file": new.post, "old_line": gone.line, "name": gone.expression}
        yield Change(what="value", kind="removed", **here, old=gone.text)


def _value(old: Value, new: Value, record: Record) -> dict[str, Any] | None:
    """Say how a value differs; what its block above allows is allowed to it."""
    if old.text == new.text:
        return None
    above = record.blocks[new.after] if new.after >= 0 else None
    tolerance = Tolerance.of(above.tolerance) if above else _NONE
    return _texts(old.text, new.text, bool(above and above.varies), tolerance)
