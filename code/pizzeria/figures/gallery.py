"""Which file holds which figure; writing them, and finding those that drifted."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pizzeria.figures.apachehut import draw_apachehut
from pizzeria.figures.nginxopepperoni import draw_nginxopepperoni
from pizzeria.figures.preview import draw_preview
from pizzeria.figures.scaling import (
    draw_bad_scaling,
    draw_bad_scaling_svg,
    draw_good_scaling,
    draw_good_scaling_svg,
)

VISIBLE = 40
"""A pixel differs when one of its channels does by more than this, of 255: anti-aliasing stays below."""
TOLERANCE = 1e-4
"""The share of pixels of a PNG that may differ: room for a rounding, not for another curve or word."""


def figures() -> dict[str, Callable[[], bytes]]:
    """Return the drawing function of every file in images/."""
    return {
        "apachehut.svg": draw_apachehut,
        "nginxopepperoni.svg": draw_nginxopepperoni,
        "bad-scaling.png": draw_bad_scaling,
        "bad-scaling.svg": draw_bad_scaling_svg,
        "good-scaling.png": draw_good_scaling,
        "good-scaling.svg": draw_good_scaling_svg,
        "preview.png": draw_preview,
    }


def write(folder: Path) -> list[Path]:
    """Draw every figure into `folder` and return the paths, leaving files that already match untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in figures().items():
        path, drawn = folder / name, draw()
        if not path.exists() or not same_picture(name, path.read_bytes(), drawn):
            path.write_bytes(drawn)
        paths.append(path)
    return paths


def drifted(folder: Path) -> list[str]:
    """Name every figure in `folder` that is missing or no longer what the code draws, with what differs."""
    problems = []
    for name, draw in figures().items():
        path = folder / name
        if not path.exists():
            problems.append(f"{path}: missing")
        elif not same_picture(name, path.read_bytes(), draw()):
            problems.append(f"{path}: differs from what the code draws")
    return problems


def same_picture(name: str, committed: bytes, drawn: bytes) -> bool:
    """Compare two versions of a figure: an SVG byte by byte, a PNG by its decoded pixels."""
    if name.endswith(".svg") or committed == drawn:
        return committed == drawn
    try:
        old, new = (
            np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int) for data in (committed, drawn)
        )
    except OSError:
        return False
    return old.shape == new.shape and float((abs(old - new).max(axis=2) > VISIBLE).mean()) <= TOLERANCE
