"""The two scaling charts, drawn from a stated model with the fonts that matplotlib brings along."""

import io
from collections.abc import Callable

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pizzeria.figures.given import ScalingModel

BLUE, RED, GREEN, INK, GREY, CARD = "#1f5fa8", "#b5341d", "#2f7031", "#2c2320", "#6a5a4d", "#fffdf8"
_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 18,
    "text.hinting": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "path.simplify": False,
}


def draw_bad_scaling(model: ScalingModel = ScalingModel()) -> bytes:  # noqa: B008 (frozen)
    """Draw the resource a thread-a-client server takes: linear at best, polynomial when it goes wrong."""

    def draw(axes: Axes) -> None:
        _curve(axes, model, model.polynomial, RED, "threads that collide:\npolynomial", (0.64, 0.64), "right")
        _curve(axes, model, model.linear, BLUE, "a thread a client:\nlinear, at best", (0.98, 0.03), "right")

    return _chart(
        model,
        "More clients, more threads",
        f"blue: n      red: n + {model.collision:g}·n²",
        draw,
    )


def draw_good_scaling(model: ScalingModel = ScalingModel()) -> bytes:  # noqa: B008 (frozen)
    """Draw the same with an event loop: linear too, but nearly flat."""

    def draw(axes: Axes) -> None:
        _curve(axes, model, model.linear, BLUE, "a thread a client", (0.55, 0.66), "right")
        _curve(axes, model, model.event_loop, GREEN, "an event loop: nearly flat", (0.97, 0.10), "right")

    return _chart(model, "More clients, one loop", f"blue: n      green: 1 + n/{model.fewer}", draw)


def _curve(
    axes: Axes,
    model: ScalingModel,
    cost: Callable[[float], float],
    colour: str,
    label: str,
    where: tuple[float, float],
    align: str,
) -> None:
    clients = range(model.clients + 1)
    axes.plot(
        clients, [cost(n) for n in clients], color=colour, linewidth=5, solid_capstyle="round", clip_on=False
    )
    axes.text(*where, label, color=colour, fontweight="bold", ha=align, va="bottom", transform=axes.transAxes)


def _chart(model: ScalingModel, title: str, formula: str, draw: Callable[[Axes], None]) -> bytes:
    with rc_context(_RC):
        figure = Figure(figsize=(8, 6), dpi=150, facecolor=CARD)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0.135, 0.225, 0.825, 0.645), facecolor=CARD)
        draw(axes)
        axes.set_xlim(0, model.clients)
        axes.set_ylim(0, None)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylabel("resource, in threads")
        axes.set_xlabel("clients at once, n")
        axes.locator_params(nbins=4)
        axes.tick_params(length=0, pad=8)
        axes.grid(axis="y", color="#eadfce", linewidth=1.2)
        axes.set_axisbelow(True)
        figure.text(0.04, 0.915, title, fontsize=24, fontweight="bold")
        figure.text(0.04, 0.03, f"Model, not measurement.  {formula}", fontsize=17, color=GREY)
        buffer = io.BytesIO()
        canvas.print_png(buffer, metadata={"Software": None})
    return _shrink(buffer)


def _shrink(png: io.BytesIO) -> bytes:
    """Reduce the chart to 64 colours: a fifth of the bytes, the same picture."""
    small = io.BytesIO()
    Image.open(png).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()
