"""The size of a picture's file, so that a page keeps its place while it loads: SVG and PNG, by their first bytes."""

from __future__ import annotations

import re
import struct
from pathlib import Path

_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "in": 96, "mm": 96 / 25.4, "cm": 96 / 2.54}


def pixel_size(path: Path) -> tuple[int, int] | None:
    """Return width and height in CSS pixels, None when the file does not say."""
    try:
        with path.open("rb") as file:
            head = file.read(4000)
    except OSError:
        return None
    if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) >= 24:
        return struct.unpack(">II", head[16:24])
    root = re.search(rb"<svg\b[^>]*>", head)
    return _svg_size(root[0].decode("utf-8", "replace")) if root else None


def _svg_size(tag: str) -> tuple[int, int] | None:
    given = dict(re.findall(r"\s(width|height|viewBox)=[\"']([^\"']*)", tag))
    sides = [re.fullmatch(r"([\d.]+)(\w*)", given.get(key, "")) for key in ("width", "height")]
    if all(side and side[2] in _UNITS for side in sides):
        width, height = (round(float(side[1]) * _UNITS[side[2]]) for side in sides)
        return width, height
    box = re.split(r"[\s,]+", given.get("viewBox", "").strip())
    return (round(float(box[2])), round(float(box[3]))) if len(box) == 4 else None
