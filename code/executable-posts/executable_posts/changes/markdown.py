"""Tell what changed as a Markdown table for a pull request: no text of a post can break it."""

from __future__ import annotations

import re

from .change import Change
from .numbers import percent
from .plain import FORMS, MOST_NUMBERS, counted, heading, short

MOST = 60_000  # characters; a comment on GitHub takes 65,536


def as_markdown(changes: list[Change]) -> str:
    """Write changes as a table, short enough for a comment on GitHub; the rest is counted."""
    if not changes:
        return "No output, chart or value differs from what is published.\n"
    lines = [
        f"**What changed:** {heading(changes)}",
        "",
        "| where | what | published | now | change |",
        "| --- | --- | --- | --- | --- |",
    ]
    length = 0
    for rank, change in enumerate(changes):
        row = _row(change)
        length += len(row) + 1
        if length > MOST:
            lines += ["", f"And {counted(len(changes) - rank, 'more change')}."]
            break
        lines.append(row)
    return "\n".join(lines) + "\n"


def _row(change: Change) -> str:
    what = FORMS.get(change.form, "output") if change.what == "output" else change.what
    old, new = _sides(change)
    name = f" {_code(change.name)}" if change.name else ""
    cells = (_code(change.where), f"{what}{name}", old, new, ", ".join(filter(None, _notes(change))))
    return f"| {' | '.join(cells)} |"


def _sides(change: Change) -> tuple[str, str]:
    """Give what was published and what is now: the lines that differ, a chart's numbers, or the whole."""
    if change.diff:
        olds, news = ([line[2:] for line in change.diff if line.startswith(sign)] for sign in "-+")
    elif change.what == "chart" and change.numbers:
        shown = change.ranked[:MOST_NUMBERS]
        olds, news = [pair.old for pair in shown], [pair.new for pair in shown]
    else:
        olds, news = [change.old], [change.new]
    return "<br>".join(map(_code, olds)), "<br>".join(map(_code, news))


def _notes(change: Change) -> list[str]:
    notes = ["" if change.kind == "changed" else change.kind, change.note]
    if change.more:
        notes.append(f"and {counted(change.more, 'more line')}")
    furthest, several = next(iter(change.ranked), None), len(change.numbers) > 1
    if furthest and (part := percent(furthest.relative)):
        notes.append(f"{'furthest ' * several}{part}{f' ({_code(furthest.of)})' if furthest.of else ''}")
    if several:
        notes.append(counted(len(change.numbers), "number"))
    return notes


def _code(text: str) -> str:
    """Write text as a code span in a table's cell: between more backticks than it has, its bars escaped."""
    text = short(text)
    if not text.strip():
        return ""
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    room = " " if text[0] in "` " or text[-1] in "` \\" else ""
    return f"{ticks}{room}{text}{room}{ticks}".replace("|", "\\|")
