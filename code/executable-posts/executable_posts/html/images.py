"""The size of a picture, so that a page keeps its place while it loads."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree


def pixel_size(picture: Path | bytes) -> tuple[int, int] | None:
    """Return width and height in CSS pixels of a picture's file or bytes, None when it does not say."""
    import imagesize

    try:
        width, height = imagesize.get(io.BytesIO(picture) if isinstance(picture, bytes) else picture)
    except (OSError, ValueError):
        return None
    return (round(width), round(height)) if width > 0 and height > 0 else _view_box(picture)


def _view_box(picture: Path | bytes) -> tuple[int, int] | None:
    """Return the size of an SVG that only says what it shows."""
    with io.BytesIO(picture) if isinstance(picture, bytes) else picture.open("rb") as file:
        try:
            _, root = next(ElementTree.iterparse(file, events=["start"]))
            _, _, width, height = map(float, re.split(r"[\s,]+", root.get("viewBox", "").strip()))
        except (ElementTree.ParseError, StopIteration, ValueError):
            return None
    return (round(width), round(height)) if width > 0 and height > 0 else None


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
