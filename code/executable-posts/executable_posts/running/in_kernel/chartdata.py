"""The numbers behind a matplotlib figure, as tables and as a sentence: what a reader gets who cannot see the curve.

Runs inside the kernel. Without touching the figure it reads lines, bars and scattered points of every axes; the page
shows them under the chart.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

T = TypeVar("T")
Value = Any  # what an axis can have: a number of any kind, a date, or a word

MIME = "application/vnd.executable-posts.chart+json"
MOST_ROWS = 11
MOST_SPANS = 16
UNION = 24  # rows a table may have when its curves were not measured at the same places


class Table(TypedDict):
    """Hold one axes' table. x, y: what the axes are called; columns: names; rows: texts; total: points before thinning;
    timeline: there when the rows are spans."""

    title: str
    x: str
    y: str
    columns: list[str]
    rows: list[list[str]]
    total: int
    thinned: bool
    timeline: NotRequired[bool]


class Chart(TypedDict):
    """Hold what a figure tells about itself, under the key ``MIME``."""

    tables: list[Table]
    description: str


class _Series(TypedDict):
    name: str
    x: list[Value]
    y: list[Value]
    kind: str
    across: NotRequired[bool]


def mimebundle(figure: Figure, include: object = None, exclude: object = None) -> dict[str, Chart]:
    """Describe a figure for the page; IPython calls this whenever it displays one."""
    import matplotlib

    # Text stays text, and the same chart gives the same bytes: here, because the SVG is drawn after this.
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = matplotlib.rcParams["svg.hashsalt"] or "executable-posts"
    found = [table for axes in figure.axes if (table := _table(axes))]
    said = " ".join(sentence for _, sentence in found)
    return {MIME: {"tables": [table for table, _ in found], "description": said}} if found else {}


def _table(axes: Axes) -> tuple[Table, str] | None:
    """Make one axes' table, and the sentence that says what is in it."""
    if spans := _spans(axes):
        return spans
    series: list[_Series] = [*_bars(axes), *_lines(axes), *_scattered(axes)]
    if not series:
        return None
    across = next((s["across"] for s in series if s.get("across")), False)
    x_name, y_name = axes.get_xlabel(), axes.get_ylabel()
    if across:
        x_name, y_name = y_name, x_name
    title = axes.get_title() or axes.get_title(loc="left")
    names = [
        s["name"] or (y_name or title or "value" if len(series) == 1 else f"series {n}")
        for n, s in enumerate(series, 1)
    ]
    places = _places(series)
    total = max(len(s["x"]) for s in series)
    rows = [[_text(x), *(_text(_at(s, x)) for s in series)] for x in places]
    table: Table = {
        "title": title,
        "x": x_name or "x",
        "y": y_name or title,
        "columns": names,
        "rows": rows,
        "total": total,
        "thinned": len(places) < total,
    }
    return table, _sentence(y_name or title, x_name or "x", zip(names, series, strict=True))


def _spans(axes: Axes) -> tuple[Table, str] | None:
    """Make the table of a timeline: bars across that begin anywhere, one row each, by the line they stand on."""
    from matplotlib.container import BarContainer

    words = _words(axes.yaxis)
    found: list[tuple[float, float, float, str]] = []
    for bars in axes.containers:
        if isinstance(bars, BarContainer) and bars.orientation == "horizontal":
            for bar in bars:
                place = round(float(bar.get_y() + bar.get_height() / 2), 6)
                start, end = float(bar.get_x()), float(bar.get_x() + bar.get_width())
                found.append((place, start, end, _name(bars)))
    if not any(start for _, start, _, _ in found):
        return None
    found.sort(key=lambda span: (-span[0], span[1]))
    kept = _even(found, MOST_SPANS)
    rows = [
        [str(words.get(place) or _text(place)), what, _text(start), _text(end)]
        for place, start, end, what in kept
    ]
    table: Table = {
        "title": axes.get_title(),
        "x": axes.get_ylabel(),
        "y": axes.get_xlabel(),
        "columns": ["what", "from", "to"],
        "rows": rows,
        "total": len(found),
        "thinned": len(kept) < len(found),
    }
    return table, _spoken_spans(axes.get_xlabel(), rows)


def _lines(axes: Axes) -> list[_Series]:
    found: list[_Series] = []
    for line in axes.get_lines():
        if line.get_transform() != axes.transData or not _values(line.get_xdata()):
            continue  # a rule across the chart, not data
        kind = "step" if str(line.get_drawstyle()).startswith("steps") else "line"
        found.append(
            {
                "name": _name(line),
                "x": _values(line.get_xdata(orig=True)),
                "y": _values(line.get_ydata(orig=True)),
                "kind": kind if str(line.get_linestyle()) not in ("None", "", " ") else "points",
            }
        )
    return found


def _bars(axes: Axes) -> list[_Series]:
    from matplotlib.container import BarContainer

    found: list[_Series] = []
    groups = [bars for bars in axes.containers if isinstance(bars, BarContainer) and len(bars)]
    for bars in groups:
        across = bars.orientation == "horizontal"
        axis = axes.yaxis if across else axes.xaxis
        middles = [b.get_y() + b.get_height() / 2 if across else b.get_x() + b.get_width() / 2 for b in bars]
        found.append(
            {
                "name": _name(bars),
                "x": _under(_words(axis), [round(float(middle), 6) for middle in middles], len(groups) > 1),
                "y": [float(b.get_width() if across else b.get_height()) for b in bars],
                "kind": "bars",
                "across": across,
            }
        )
    return found


def _under(words: dict[float, str], places: list[float], grouped: bool) -> list[Value]:
    """Return what stands under each bar: the word at its place; of bars that stand beside each other, the nearest one's."""
    if grouped and not any(place in words for place in places):
        nearest = [min(words, key=lambda tick: abs(tick - place), default=place) for place in places]
        if len(set(nearest)) == len(places) and all(words.get(tick) for tick in nearest):
            places = nearest
    return [words.get(place) or place for place in places]


def _name(drawn: Any) -> str:
    return "" if (label := str(drawn.get_label())).startswith("_") else label


def _words(axis: Axis) -> dict[float, str]:
    """Return what an axis says at its ticks."""
    places = (round(float(place), 6) for place in axis.get_ticklocs())
    return dict(zip(places, (label.get_text() for label in axis.get_ticklabels()), strict=False))


def _scattered(axes: Axes) -> list[_Series]:
    from matplotlib.collections import PathCollection

    found: list[_Series] = []
    for collection in axes.collections:
        if not isinstance(collection, PathCollection):
            continue
        if points := sorted((float(x), float(y)) for x, y in _values(collection.get_offsets())):
            xs, ys = map(list, zip(*points, strict=True))
            found.append({"name": _name(collection), "x": xs, "y": ys, "kind": "points"})
    return found


def _values(data: Any) -> list[Value]:
    # Any: matplotlib says ArrayLike, which may be one number; what it gives never is.
    return list(data)


def _places(series: list[_Series]) -> list[Value]:
    """Choose where the table has a row: every point where they are few, else evenly among them."""
    first = list(series[0]["x"])
    if all(list(s["x"]) == first for s in series[1:]):
        return _even(list(dict.fromkeys(first)))
    union = list(dict.fromkeys(itertools.chain.from_iterable(s["x"] for s in series)))
    numeric = all(_is_number(x) for x in union)
    union = sorted(union) if numeric else union
    if len(union) <= UNION or not numeric:
        return union[:UNION] if not numeric else union
    low, high = float(union[0]), float(union[-1])
    step = _round_step((high - low) / (MOST_ROWS - 2))
    grid = [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [low, *(g for g in grid if low < g < high), high]


def _round_step(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= step * 0.999)


def _even(values: list[T], most: int = MOST_ROWS) -> list[T]:
    if len(values) <= most:
        return values
    last = len(values) - 1
    return [values[round(n * last / (most - 1))] for n in range(most)]


def _at(series: _Series, x: Value) -> Value:
    """Return a series' value at x: its own where it has a point, what its curve shows in between, None outside."""
    xs, ys = series["x"], series["y"]
    for index in range(len(xs) - 1, -1, -1):
        if xs[index] == x:
            return ys[index]
    if series["kind"] in ("points", "bars") or not all(_is_number(v) for v in (x, xs[0], xs[-1])):
        return None
    if not xs[0] < x < xs[-1]:
        return None
    after = next(i for i, value in enumerate(xs) if value > x)
    if series["kind"] == "step":
        return ys[after - 1]
    share = (x - xs[after - 1]) / (xs[after] - xs[after - 1])
    return ys[after - 1] + share * (ys[after] - ys[after - 1])


def _is_number(value: Value) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, str)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if not _is_number(value):
        return str(value)
    value = float(value)
    if not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _spoken_spans(time: str, rows: list[list[str]]) -> str:
    """Say when each line of a timeline begins and ends, for readers who cannot see it."""
    ends = {who: [row for row in rows if row[0] == who] for who in dict.fromkeys(row[0] for row in rows)}
    said = [f"{who}, {len(spans)} from {spans[0][2]} to {spans[-1][3]}" for who, spans in ends.items()]
    return f"Spans of {time or 'time'}: {'; '.join(said)}."


def _sentence(what: str, against: str, curves: Iterable[tuple[str, _Series]]) -> str:
    """Say what the curves do, for readers who cannot see them: both ends, and the turn between them that goes farthest."""
    parts = []
    for name, curve in curves:
        points = [(x, y) for x, y in zip(curve["x"], curve["y"], strict=False) if _text(y)]
        if points:
            (x0, y0), (x1, y1) = points[0], points[-1]
            turn = _turn(points) if curve["kind"] in ("line", "step") else None
            on = f", {turn[0]} {_text(turn[2])} at {_text(turn[1])}," if turn else ""
            end = f" to {_text(y1)} at {_text(x1)}" if len(points) > 1 else ""
            parts.append(f"{name}, {_text(y0)} at {_text(x0)}{on}{end}")
    lead = f"{what} against {against}" if what else f"Against {against}"
    return f"{lead[0].upper()}{lead[1:]}: {'; '.join(parts)}."


def _turn(points: list[tuple[Value, Value]]) -> tuple[str, Value, Value] | None:
    """Return ``("up to" or "down to", x, y)`` where a curve leaves the range of its own ends the farthest, if it does."""
    ys = [float(y) for _, y in points]
    low, high = sorted((ys[0], ys[-1]))
    above, below = max(ys) - high, low - min(ys)
    if max(above, below) <= 0.1 * (max(ys) - min(ys)):
        return None
    word, y = ("up to", max(ys)) if above >= below else ("down to", min(ys))
    return word, *points[ys.index(y)]
