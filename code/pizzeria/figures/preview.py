"""The picture that a link to the post shows elsewhere: the same lunch for one cook, in both kitchens, to scale."""

import io

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pizzeria.figures.given import Lunch, Minutes
from pizzeria.figures.palette import LIGHT
from pizzeria.figures.schedule import lunch_trace
from pizzeria.kitchen import Trace

SIZE = (1200, 630)
"""Pixels, as networks ask for a large preview."""
_NAMES = {"apachehut": "Apach’ Hut holds the cook", "nginxopepperoni": "Ngin O’ Pepperonix lets go"}


def draw_preview(lunch: Lunch = Lunch(), minutes: Minutes = Minutes()) -> bytes:  # noqa: B008 (frozen)
    """Draw the preview as PNG: hands-on minutes solid, minutes held in vain striped, and when the last client eats."""
    dpi = 100
    with rc_context({"font.family": "DejaVu Sans", "text.hinting": "none", "hatch.linewidth": 5}):
        figure = Figure(figsize=(SIZE[0] / dpi, SIZE[1] / dpi), dpi=dpi, facecolor=LIGHT["card"])
        figure.text(0.06, 0.82, "My favorite pizzeria", fontsize=44, fontweight="bold", color=LIGHT["ink"])
        figure.text(0.06, 0.70, "is event-driven", fontsize=44, fontweight="bold", color=LIGHT["tomato"])
        traces = {strategy: lunch_trace(strategy, lunch, minutes) for strategy in _NAMES}
        last = max(span.end for trace in traces.values() for span in trace.spans)
        for row, (strategy, trace) in enumerate(traces.items()):
            axes = figure.add_axes((0.06, 0.36 - 0.25 * row, 0.88, 0.12))
            end = max(span.end for span in trace.spans)
            _strip(axes, trace, last, end)
            figure.text(0.06, 0.50 - 0.25 * row, _NAMES[strategy], fontsize=21, color=LIGHT["ink"])
            served = f"{len(lunch.arrivals)} pizzas in {int(end) // 60} h {int(end) % 60:02d}"
            figure.text(0.94, 0.50 - 0.25 * row, served, fontsize=21, color=LIGHT["muted"], ha="right")
        figure.text(
            0.06, 0.035, "One cook, the same lunch, minute by minute", fontsize=16, color=LIGHT["muted"]
        )
        buffer = io.BytesIO()
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    small = io.BytesIO()
    picture = Image.open(buffer).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()


def _strip(axes: Axes, trace: Trace, last: float, end: float) -> None:
    axes.set_xlim(0, last)
    axes.set_ylim(0, 1)
    axes.axis("off")
    axes.barh(0.5, end, height=1, align="center", color=LIGHT["panel"])
    for span in trace.of("cook 1"):
        axes.barh(
            0.5,
            span.end - span.start,
            left=span.start,
            height=1,
            facecolor=LIGHT["wait"],
            edgecolor=LIGHT["stripe"],
            hatch="/",
            linewidth=0,
        )
    for span in trace.of("order"):
        if span.what == "prepare":
            axes.barh(0.5, span.end - span.start, left=span.start, height=1, color=LIGHT["work"])
    for span in trace.of("cook 1"):
        axes.plot([span.start, span.start], [0, 1], color=LIGHT["card"], linewidth=2.5)
