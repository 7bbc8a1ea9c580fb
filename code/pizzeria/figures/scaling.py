"""The two scaling charts, drawn from what the data centre's comparison measured, as PNG and as SVG."""

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from pizzeria.datacenter.measure import results
from pizzeria.datacenter.measure.points import Point
from pizzeria.figures.palette import FONTS

BLUE, RED, GREEN, INK, GREY, CARD, GRID = (
    "#1f5fa8",
    "#b5341d",
    "#2f7031",
    "#2c2320",
    "#6a5a4d",
    "#fffdf8",
    "#eadfce",
)
DARK = {
    BLUE: "#7fb4ee",
    RED: "#ff9577",
    GREEN: "#7cc47a",
    INK: "#f2e9dd",
    GREY: "#c2b3a3",
    CARD: "#241f1c",
    GRID: "#463c35",
}
"""What stands for each colour on a dark page."""
RECORD = Path("content/data/datacenter.json")
MOST = 1000
"""Clients at the right edge: the largest crowd that every server was measured with."""
_RC: dict[Any, Any] = {  # matplotlib types its keys as the literal names of all its settings
    "font.family": "DejaVu Sans",
    "font.size": 18,
    "text.hinting": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "pizzeria",
}


def holders(point: Point) -> int:
    """Return for how many clients the server had a process, or a thread: a busy machine makes fewer than were asked for.

    Two are not theirs: who accepts, and who writes the file. Other servers give nobody anything, so that all count.
    """
    got = {"processes": point.processes, "threads": point.threads}.get(point.server)
    return point.clients if got is None else min(point.clients, got - 2)


def memory(record: results.Results, server: str) -> tuple[list[int], list[float], float, float]:
    """Return a server's clients and MB (proportional), and the line through them: MB of none, MB a client.

    Clients are those who had got what the server gives each of them (`holders`).
    """
    points = [point for point in record.of(server) if point.clients <= MOST]
    clients, used = [holders(p) for p in points], [p.proportional / 2**20 for p in points]
    slope, base = np.polyfit(clients, used, 1)
    return clients, used, float(base), float(slope)


def draw_bad_scaling(record: results.Results | None = None, kind: str = "png") -> bytes:
    """Draw the memory of a server that gives each client a process, or a thread: linear, at best."""
    record = record or results.load(RECORD)

    def draw(axes: Axes) -> None:
        _curve(axes, record, "processes", RED, "a process a client:", (0.98, 0.76), "right")
        _curve(axes, record, "threads", BLUE, "a thread a client:", (0.98, 0.10), "right")

    return _chart(record, "More clients, more memory", draw, "clients who have one", kind)


def draw_good_scaling(record: results.Results | None = None, kind: str = "png") -> bytes:
    """Draw the same with an event loop: linear too, with a smaller slope."""
    record = record or results.load(RECORD)

    def draw(axes: Axes) -> None:
        _curve(axes, record, "threads", BLUE, "a thread a client:", (0.60, 0.76), "right")
        _curve(axes, record, "loop", GREEN, "an event loop:", (0.98, 0.08), "right")

    return _chart(record, "More clients, one loop", draw, "clients at once", kind)


draw_bad_scaling_svg = partial(draw_bad_scaling, kind="svg")
draw_good_scaling_svg = partial(draw_good_scaling, kind="svg")


def amount(megabytes: float) -> str:
    """Write an amount of memory as people say it."""
    return f"{megabytes:.1f} MB" if megabytes >= 1 else f"{megabytes * 1024:.0f} KB"


def _curve(
    axes: Axes,
    record: results.Results,
    server: str,
    colour: str,
    label: str,
    where: tuple[float, float],
    align: str,
) -> None:
    clients, used, base, slope = memory(record, server)
    axes.plot([0, clients[-1]], [base, base + slope * clients[-1]], color=colour, linewidth=4, alpha=0.45)
    axes.plot(clients, used, "o", color=colour, markersize=11, clip_on=False)
    text = f"{label}\n{amount(slope)} each"
    axes.text(*where, text, color=colour, fontweight="bold", ha=align, va="bottom", transform=axes.transAxes)


def _chart(record: results.Results, title: str, draw: Callable[[Axes], None], who: str, kind: str) -> bytes:
    with rc_context(_RC):
        figure = Figure(figsize=(8, 6), dpi=150, facecolor=CARD)
        axes = figure.add_axes((0.145, 0.225, 0.8, 0.645), facecolor=CARD)
        draw(axes)
        axes.set_xlim(0, MOST)
        axes.set_ylim(0, None)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylabel("memory of the server, MB")
        axes.set_xlabel(who)
        axes.locator_params(nbins=4)
        axes.tick_params(length=0, pad=8)
        axes.grid(axis="y", color=GRID, linewidth=1.2)
        axes.set_axisbelow(True)
        figure.text(0.04, 0.915, title, fontsize=24, fontweight="bold")
        day = record.when.partition("T")[0]
        says = f"Dots: measured {day}, {record.machine['cores']} cores.  Lines: so much a client."
        figure.text(0.04, 0.03, says, fontsize=17, color=GREY)
        buffer = io.BytesIO()
        if kind == "svg":
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Title": title})
            return _in_both_themes(buffer.getvalue().decode()).encode()
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return _shrink(buffer)


def _in_both_themes(svg: str) -> str:
    """Let the reader's theme choose the colours, and their system the font."""
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour in DARK:
        svg = svg.replace(f": {colour}", f": var(--c{colour[1:]})")
    svg = svg.replace("font-family: 'DejaVu Sans'; ", "")
    light = ";".join(f"--c{colour[1:]}:{colour}" for colour in DARK)
    dark = ";".join(f"--c{colour[1:]}:{instead}" for colour, instead in DARK.items())
    rules = f"svg{{{light}}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}text{{font-family:{FONTS}}}"
    return svg.replace("</style>", rules + "</style>", 1)


def _shrink(png: io.BytesIO) -> bytes:
    """Reduce the chart to 64 colours: a fifth of the bytes, the same picture."""
    small = io.BytesIO()
    Image.open(png).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()
