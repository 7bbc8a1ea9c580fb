"""Charts of a lunch, readable on light and on dark paper (needs matplotlib)."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pizzeria.kitchen.simulation import Result


COLOURS = {"apachehut": "#d1495b", "nginxopepperoni": "#2a9d8f"}
NAMES = {"apachehut": "Apach' Hut", "nginxopepperoni": "Ngin O' Pepperonix"}
INK = "#808080"  # grey: 4 to 1 on white, 5 to 1 on black


class Chart(Protocol):
    """A figure of matplotlib's, as far as it is looked at here; a page's Python has no matplotlib to name it by."""

    def savefig(self, fname: str | PathLike[str], *, transparent: bool | None = None, **options: Any) -> None:
        """Write it into a file."""


def lunch_chart(runs: Iterable[Result]) -> Chart:
    """Draw work in process and completed orders over hours for each `Result`; return the matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    figure.patch.set_alpha(0)
    for axes, column, title in zip(
        figure.subplots(1, 2), (1, 2), ("orders in the house", "orders served"), strict=True
    ):
        axes.patch.set_alpha(0)
        axes.set_title(title, color=INK)
        axes.set_xlabel("hours", color=INK)
        axes.tick_params(colors=INK)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(INK)
        for run in runs:
            rows = [row for row in run.timeline if row[0] <= run.minutes] + [(run.minutes, 0, run.served)]
            hours = [row[0] / 60 for row in rows]
            axes.step(
                hours,
                [row[column] for row in rows],
                where="post",
                color=COLOURS[run.strategy],
                label=NAMES[run.strategy],
            )
        axes.set_ylim(bottom=0)  # after the curves: an axis with a limit no longer follows its data
        axes.legend(frameon=False, labelcolor=INK)
    return figure


def save(figure: Chart, path: str | PathLike[str]) -> None:
    """Write a figure as SVG that is the same for the same data: no date, fixed identifiers."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "pizzeria", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
