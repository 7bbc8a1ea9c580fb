"""Who did what when: rows of spans from something that was recorded, to be played again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pizzeria.explorables.pictures import diary_still
from pizzeria.explorables.stills import BLUE, GREEN, RED

Bar: TypeAlias = tuple[int, float, float, str, str]
"""Row, start, end (minutes), kind, and what is written on it."""
KINDS = {
    "baking": ("baking", BLUE),
    "waits": ("baked, waits for a cook", RED),
    "hands": ("hands full", GREEN),
}
CRASH = {"hands": ("done", GREEN), "waits": ("cut short by kill -9", RED)}
"""Kinds: what the legend says, and the colour of a still."""
NOW = {"hands": "works on {}", "waits": "works on {}, and is about to be killed"}
"""What somebody does at a moment of the crash; a bar's word for it is known only when it has ended."""
Diary: TypeAlias = tuple[str, dict[str, Any], str]
"""Component, what it starts with, and its still."""


def _figure(
    name: str,
    title: str,
    rows: Sequence[str],
    bars: Iterable[Bar],
    kinds: Mapping[str, tuple[str, str]],
    **more: Any,
) -> Diary:
    """Give the explorable: rows from the top, and bars in the order of their beginnings."""
    played = sorted(bars, key=lambda bar: bar[1:3])
    rounded = [(row, round(start, 2), round(end, 2), kind, words) for row, start, end, kind, words in played]
    data = {
        "name": name,
        "title": title,
        "rows": rows,
        "bars": rounded,
        "kinds": {kind: words for kind, (words, _) in kinds.items()},
        "end": max(end for _, _, end, _, _ in rounded),
        **more,
    }
    return "diary", data, diary_still(title, rows, rounded, kinds)


def ovens(events: Sequence[tuple[float, str, str]], numbers: Iterable[str]) -> Diary:
    """Play a lunch of connected ovens again; events are `(minute, who, what)`."""
    rows = [*(f"oven {number}" for number in numbers), "Ada", "Linus"]
    last, bars = events[-1][0], []
    for row, who in enumerate(rows):
        steps = [(at, what) for at, name, what in events if name == who]
        for (at, what), (until, _) in zip(steps, [*steps[1:], (last, "")], strict=False):
            if what not in ("empty", "free"):
                kind = {"baking": "baking", "baked": "waits"}.get(what, "hands")
                bars.append((row, max(0.0, at), until, kind, what if kind == "hands" else ""))
    return _figure("ovens", "The lunch of four connected ovens and two cooks", rows, bars, KINDS)


def crash(spans: Sequence[tuple[float, float, int, str, str, str]]) -> Diary:
    """Play the lunch again in which a cook was killed; spans are those of `crash_experiment`, of cooks only."""
    opened = min(start for start, *_ in spans)
    cooks = sorted({who for *_, who, _ in spans if not who.isdigit()})
    bars = [
        (
            cooks.index(who),
            start - opened,
            end - opened,
            "hands" if how == "done" else "waits",
            f"order {number}",
        )
        for start, end, number, _, who, how in spans
        if who in cooks
    ]
    rows = [cook.capitalize() for cook in cooks]
    killed = [(row, round(end, 2), words) for row, _, end, kind, words in bars if kind == "waits"]
    flags = [(row, at, f"{rows[row]} is killed over {words}") for row, at, words in killed]
    more: dict[str, Any] = {"now": NOW, "flags": flags}
    if flags:  # it opens where it happens, not when all is over
        more["opens"] = flags[0][1]
    return _figure("crash", "The lunch in which a cook was killed", rows, bars, CRASH, **more)
