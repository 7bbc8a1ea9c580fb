"""How charts of posts are dressed, once for all of them (needs matplotlib)."""

from __future__ import annotations

from typing import Any

RED, BLUE, GREEN, GREY = "#d2543c", "#4a86c5", "#4f9a5a", "#858585"
STYLE: dict[Any, Any] = {  # matplotlib has a type of its own for its names
    "svg.fonttype": "none", "svg.hashsalt": "pizzeria", "font.size": 11,
    "text.color": GREY, "axes.labelcolor": GREY, "axes.edgecolor": GREY,
    "xtick.color": GREY, "ytick.color": GREY, "lines.linewidth": 2.5,
    "figure.figsize": (7, 3.8), "figure.facecolor": "none", "axes.facecolor": "none",
    "savefig.facecolor": "none", "axes.spines.top": False, "axes.spines.right": False,
    "legend.frameon": False, "legend.labelcolor": GREY,
}  # fmt: skip


def dress() -> None:
    """Set matplotlib's defaults to the house style."""
    import matplotlib

    matplotlib.rcParams.update(STYLE)
