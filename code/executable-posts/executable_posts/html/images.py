"""The size of a picture, so that a page keeps its place while it loads."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
}
"""CSS pixels of a unit of length (CSS Values 4, absolute lengths)."""


def pixel_size(picture: Path | bytes) -> tuple[int, int] | None:
    """Return width and height in CSS pixels of a picture's file or bytes, None when it does not say."""
    import imagesize

    if (root := _svg(picture)) is not None:
        return _svg_size(root)
    try:
        width, height = imagesize.get(io.BytesIO(picture) if isinstance(picture, bytes) else picture)
    except (OSError, ValueError):
        return None
    return (round(width), round(height)) if width > 0 and height > 0 else None


def _svg(picture: Path | bytes) -> Mapping[str, str] | None:
    """Return the attributes of an SVG's outermost element; None for any other picture."""
    try:
        with io.BytesIO(picture) if isinstance(picture, bytes) else picture.open("rb") as file:
            _, root = next(ElementTree.iterparse(file, events=["start"]))
    except (OSError, ElementTree.ParseError, StopIteration):
        return None
    return root.attrib if root.tag.rpartition("}")[2] == "svg" else None


def _svg_size(root: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the size that an SVG's own element says, in proportion to its view box where it says one side or none."""
    width, height = (_length(root.get(side, "")) for side in ("width", "height"))
    try:
        _, _, across, down = map(float, re.split(r"[\s,]+", root.get("viewBox", "").strip()))
    except ValueError:
        across = down = 0.0
    if across > 0 and down > 0:
        width, height = width or (height * across / down or across), height or (width * down / across or down)
    return (round(width), round(height)) if width > 0 and height > 0 else None


def _length(text: str) -> float:
    """Return a length in CSS pixels, 0 where it depends on the page or is none."""
    found = re.fullmatch(r"\s*\+?(\d+\.?\d*|\.\d+)([a-zA-Z]*)\s*", text)
    return float(found[1]) * PIXELS.get(found[2].lower(), 0.0) if found else 0.0


def shown_size(metadata: Mapping[str, object], natural: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return the size a picture is shown at: what its output says, the other side in proportion, else its own.

    metadata: the output's, for the picture's MIME type: ``width`` and ``height`` in CSS pixels, as numbers or text.
    """
    width, height = (_number(metadata.get(key)) for key in ("width", "height"))
    if natural and width and not height:
        height = width * natural[1] / natural[0]
    if natural and height and not width:
        width = height * natural[0] / natural[1]
    return (max(1, round(width)), max(1, round(height))) if width and height else natural


def _number(value: object) -> float:
    try:
        return max(0.0, float(str(value).strip().removesuffix("px")))
    except ValueError:
        return 0.0
