"""Colours of a chart as names a theme can change: each hue becomes a CSS variable, grey becomes ink, axis or grid."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable

HUES = (  # degrees up to which a hue has the name
    (18, "red"),
    (45, "orange"),
    (72, "yellow"),
    (160, "green"),
    (200, "teal"),
    (255, "blue"),
    (300, "purple"),
    (345, "pink"),
    (360, "red"),
)
COLOURS = {  # name: on a light page, on a dark one; words wear them too, so all stand out by 4.5
    "ink": ("#5d5148", "#c2b6a9"),
    "axis": ("#85786a", "#9a8d80"),
    "grid": ("#e5d8c5", "#40372f"),
    "page": ("#fffdf9", "#191614"),
    "red": ("#b5341d", "#ff8a6b"),
    "orange": ("#a65300", "#f2a65a"),
    "yellow": ("#7a6200", "#e5c35b"),
    "green": ("#2f7031", "#7fc97d"),
    "teal": ("#0f6f68", "#5cc9bc"),
    "blue": ("#1f5fa8", "#7fb4ee"),
    "purple": ("#6b4aa8", "#b9a0ee"),
    "pink": ("#a83a78", "#f09ac6"),
}
GREY = 0.16  # chroma below which a colour is a grey
MANY = 9  # more hues than this are a colour map, not a palette
PAGES = COLOURS["page"]  # what charts stand on, light and dark
CONTRAST = 3.0  # WCAG 2.2, 1.4.11: graphics that carry meaning


def variables() -> str:
    """Write the declarations of every colour's variable, for a picture that stands alone."""
    return ";".join(f"--chart-{name}:light-dark({light},{dark})" for name, (light, dark) in COLOURS.items())


class Palette:
    """Name the colours of one chart. The first shade of a hue takes the theme's; another one keeps its own, in a light
    and a dark version that can both be seen."""

    def __init__(self, colours: Iterable[str]) -> None:
        hues = {c.lower() for c in colours if re.fullmatch(r"#[0-9a-fA-F]{6}", c) and not _is_grey(c)}
        self.keep = len(hues) > MANY
        self.names: dict[str, str] = {}

    def paint(self, colour: str, role: str) -> str:
        """Give the value for a colour as ``#rrggbb``; anything else comes back unchanged. role: text, fill, stroke."""
        colour = colour.lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", colour):
            return colour
        if _is_grey(colour):
            return f"var(--chart-{_grey(colour, role)},{colour})"
        if self.keep:
            return colour
        name = hue_name(colour)
        if self.names.setdefault(name, colour) == colour:
            return f"var(--chart-{name},{colour})"
        return f"light-dark({readable(colour, PAGES[0])},{readable(colour, PAGES[1])})"


def hue_name(colour: str) -> str:
    """Name the hue of ``#rrggbb``."""
    degrees = colorsys.rgb_to_hls(*_channels(colour))[0] * 360
    return next(name for limit, name in HUES if degrees <= limit)


def readable(colour: str, page: str) -> str:
    """Make ``#rrggbb`` lighter or darker until it stands out from ``page`` by `CONTRAST`."""
    hue, light, saturation = colorsys.rgb_to_hls(*_channels(colour))
    step = -0.02 if luminance(page) > 0.5 else 0.02
    while contrast(colour, page) < CONTRAST and 0 < light < 1:
        light = min(1.0, max(0.0, light + step))
        colour = "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, saturation))
    return colour


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _is_grey(colour: str) -> bool:
    channels = _channels(colour)
    return max(channels) - min(channels) < GREY


def _grey(colour: str, role: str) -> str:
    if role == "text":
        return "ink"
    light = sum(_channels(colour)) / 3
    if role == "fill" and light > 0.93:
        return "page"
    return "grid" if light > 0.62 else "axis"
