"""What stands on the page until an explorable wakes, and for ever without JavaScript: a chart and its numbers, a function a figure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pizzeria.explorables.packed import Run, unpack
from pizzeria.explorables.stills import BLUE, GREEN, INK, RED, WIDTH, Points, chart, opening, table, text

if TYPE_CHECKING:
    from pizzeria.explorables.kitchens import Lunch
    from pizzeria.explorables.ring import Rung
    from pizzeria.explorables.servers import Rush


def in_the_house(run: Run) -> Points:
    """Return ``(time, orders in the house)`` at every change of a packed run."""
    stays = [span for span in unpack(run) if span.what == "in the house"]
    changes = sorted([(s.start, 1) for s in stays] + [(s.end, -1) for s in stays])
    points: Points = [(0.0, 0)]
    now = 0
    for at, change in changes:
        now += change
        points.append((at, now))
    return points


def kitchens_still(lunch: Lunch, houses: Sequence[Mapping[str, str]]) -> str:
    """Draw one position of two kitchens, and tell its numbers."""
    runs = {house["title"]: lunch["runs"][house["run"]] for house in houses}
    end = max(run["counts"]["minutes"] for run in runs.values())
    looks = ((RED, ""), (GREEN, "7 3"))
    curves = {name: (*look, in_the_house(run)) for (name, run), look in zip(runs.items(), looks, strict=True)}
    p = lunch["position"]
    title = (
        f"Orders in the house over {end / 60:.0f} hours, with {p['cooks']} cooks, {p['ovens']} ovens and {p['rate']} orders "
        f"an hour: {' and '.join(runs)}"
    )
    rows = [
        (
            name,
            run["counts"]["served"],
            run["counts"]["burnt"],
            f"{run['counts']['longest']:.0f} min",
            f"{run['counts']['minutes'] / 60:.1f} h",
        )
        for name, run in runs.items()
    ]
    head = ("", "served", "burnt", "longest stay", "last after")
    return chart(title, curves, end, 60, 2) + table(head, rows)


def ring_still(lunch: Rung) -> str:
    """Draw how long one lunch took in both kitchens, and tell it."""
    ends = [lunch["runs"][name]["counts"]["minutes"] for name in ("apachehut", "nginxopepperoni")]
    rows = list(zip(("Apach’ Hut", "Ngin O’ Pepperonix"), (RED, GREEN), ends, strict=True))
    parts = [opening("The same forty clients in two kitchens: hours until the last one was out", 128)]
    for (name, colour, end), y in zip(rows, (22, 86), strict=True):
        length = (WIDTH - 8) * end / max(ends)
        parts.append(text(2, y, name, "start", INK))
        parts.append(f'<rect x="2" y="{y + 8}" width="{length:.0f}" height="22" rx="4" fill="{colour}"/>')
    told = "".join(
        f"<div><dt>{name}: last client out</dt><dd>{end // 60:.0f} h {end % 60 // 1:02.0f} min</dd></div>"
        for name, _, end in rows
    )
    return "".join(parts) + f'</svg><dl class="x-last">{told}</dl>'


def served(run: Run, unit: float) -> Points:
    """Return ``(time, requests served)`` at every change of a packed run."""
    ends = sorted(span.end for span in unpack(run, unit) if span.what == "in the house")
    return [(0.0, 0), *((at, number) for number, at in enumerate(ends, 1))]


def servers_still(rush: Rush, houses: Sequence[Mapping[str, str]], unit: float) -> str:
    """Draw one position of two servers, and tell its numbers."""
    runs = {house["title"]: rush["runs"][house["run"]] for house in houses}
    end = max(run["counts"]["ms"] for run in runs.values())
    looks = ((RED, ""), (GREEN, "7 3"))
    curves = {name: (*look, served(run, unit)) for (name, run), look in zip(runs.items(), looks, strict=True)}
    who = f"{rush['position']['clients']} clients"
    title = f"Requests served over {end / 1000:.1f} seconds, {who}: {' and '.join(runs)}"
    rows = [
        (name, c["served"], f"{c['rate']:.0f}", f"{c['p50']:.0f} ms", f"{c['p99']:.0f} ms")
        for name, c in ((name, run["counts"]) for name, run in runs.items())
    ]
    return chart(title, curves, end, 1000, 1) + table(("simulated", "served", "a second", "p50", "p99"), rows)


def knee_still(measured: Mapping[str, Any]) -> str:
    """Tell what was measured: requests a second, by server and clients."""
    found = measured["points"]
    crowds = sorted({clients for points in found.values() for clients, _ in points})
    rows = [
        (f"{server}, measured", *(f"{dict(map(tuple, points)).get(n, 0):.0f}" for n in crowds))
        for server, points in found.items()
    ]
    return table(("a second, clients:", *(f"{n:,}" for n in crowds)), rows)


def days(turns: Sequence[Mapping[str, Any]]) -> dict[int, list[tuple[float, float, str]]]:
    """Return ``{order: [(from, to, what), ...]}`` of recorded turns: when it slept, and when it stood in line."""
    found: dict[int, list[tuple[float, float, str]]] = {number: [] for number in turns[0]["lines"]}
    for picture in turns[1:]:
        number, now = picture["runs"], picture["now"]
        for due, one in picture["pending"]:
            if one == number:
                found[number].append((now, due, "pending"))
    for spans in found.values():
        gaps = [(a[1], b[0], "line") for a, b in itertools.pairwise(spans) if b[0] > a[1]]
        spans += gaps
        spans.sort()
    return found


def turns_still(turns: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> str:
    """Draw the day of each on the loop, and tell every turn."""
    found = days(turns)
    end, row, colours = turns[-1]["now"], 34, (RED, GREEN, BLUE)
    x: Callable[[float], float] = lambda time: 74 + (WIDTH - 90) * time / end
    height = 36 + row * len(found)
    parts = [
        opening(
            f"{len(found)} {words['one']}s over {end:g} {words['unit']}: boxes pending, dashes in line for {words['scarce']}",
            height,
        )
    ]
    for (number, spans), colour, y in zip(found.items(), colours, itertools.count(6, row), strict=False):
        parts.append(text(6, y + 17, f"{words['one']} {number}", "start", INK))
        for start, stop, what in spans:
            if what == "pending":
                box = (
                    f'x="{x(start) + 1:.1f}" y="{y}" width="{max(1, x(stop) - x(start) - 2):.1f}" height="24"'
                )
                parts.append(f'<rect {box} rx="4" fill="none" stroke="{colour}" stroke-width="2"/>')
                if stop - start >= 5:
                    parts.append(text((x(start) + x(stop)) / 2, y + 17, f"{stop - start:g}", "middle"))
            else:
                line = f"M{x(start) + 2:.1f} {y + 12}H{x(stop) - 2:.1f}"
                parts.append(f'<path d="{line}" stroke="{colour}" stroke-width="2" stroke-dasharray="3 4"/>')
    parts += [
        text(x(tick), height - 8, f"{tick}" if tick else f"0 {words['unit']}", "middle")
        for tick in range(0, int(end) + 1, 20 if end < 200 else 100)
    ]
    rows = [
        (
            f"{turn['now']:g}",
            turn["runs"] or "–",
            turn["then"],
            ", ".join(map(str, turn["ready"])) or "–",
            ", ".join(f"{number} at {due:g}" for due, number in turn["pending"]) or "–",
        )
        for turn in turns
    ]
    return (
        "".join(parts)
        + f"</svg><details><summary>All {len(turns) - 1} turns</summary>"
        + table((words["moment"], words["one"], "runs, and", "ready", "pending"), rows)
        + "</details>"
    )


def diary_still(
    title: str,
    rows: Sequence[str],
    bars: Sequence[tuple[int, float, float, str, str]],
    kinds: Mapping[str, tuple[str, str]],
) -> str:
    """Draw rows of bars over minutes, and tell them."""
    end, row = max(bar[2] for bar in bars), 30
    x: Callable[[float], float] = lambda time: 74 + (WIDTH - 90) * time / end
    height = row * len(rows) + 56
    parts = [opening(title, height)]
    for place, (words, colour) in enumerate(kinds.values()):
        parts.append(f'<rect x="{6 + 160 * place}" y="4" width="14" height="14" rx="3" fill="{colour}"/>')
        parts.append(text(26 + 160 * place, 16, words, "start", INK))
    parts += [text(6, 26 + row * n + 20, name, "start", INK) for n, name in enumerate(rows)]
    for n, start, stop, kind, _ in bars:
        box = f'x="{x(start):.1f}" y="{26 + row * n + 5}" width="{max(1.5, x(stop) - x(start)):.1f}" height="20"'
        parts.append(f'<rect {box} rx="3" fill="{kinds[kind][1]}"/>')
    every = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if end / size <= 8)
    parts += [text(x(at), height - 8, at, "middle") for at in range(0, int(end) + 1, every)]
    told = [
        (rows[n], f"{start:.0f} to {stop:.0f}", kinds[kind][0], words or "–")
        for n, start, stop, kind, words in bars
    ]
    return (
        "".join(parts)
        + f"</svg><details><summary>All {len(told)} bars</summary>"
        + table(("who", "minutes", "what", "of"), told)
        + "</details>"
    )
