"""Tracebacks as an author or a reader needs them: from the post's first frame on, paths shortened.

Used inside the kernel and inside a reader's page, so it needs nothing but the standard library.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

MAX_FRAMES = 12


def format_error(value: BaseException, tb: TracebackType | None, label: str) -> list[str]:
    """Format an exception as lines, beginning at the first frame in ``label``."""
    out: list[str] = []
    _format(traceback.TracebackException(type(value), value, tb), label, out, "")
    return out


def _format(error: traceback.TracebackException, label: str, out: list[str], pad: str) -> None:
    if error.__cause__ is not None:
        _format(error.__cause__, label, out, pad)
        out.append(f"{pad}The above was the direct cause of:")
    elif error.__context__ is not None and not error.__suppress_context__:
        _format(error.__context__, label, out, pad)
        out.append(f"{pad}While that was handled:")
    frames: list[traceback.FrameSummary | None] = list(error.stack)
    in_post = issubclass(error.exc_type, SyntaxError) and error.filename == label
    first = next(
        (i for i, f in enumerate(frames) if f and f.filename == label), len(frames) if in_post else 0
    )
    frames = frames[first:]
    if len(frames) > MAX_FRAMES:
        left_out = len(frames) - MAX_FRAMES
        frames = [*frames[: MAX_FRAMES // 2], None, *frames[-MAX_FRAMES // 2 :]]
    if frames:
        out.append(f"{pad}Traceback (most recent call last):")
    for frame in frames:
        if frame is None:
            out.append(f"{pad}  ... {left_out} more frames ...")
            continue
        out.append(f"{pad}  {short_path(frame.filename)}:{frame.lineno} in {frame.name}")
        if frame.line:
            out.append(f"{pad}    {frame.line}")
    if in_post:
        out.append(f"{pad}  {label}:{error.lineno}")
        text = (error.text or "").rstrip("\n")
        if text.strip():
            stripped = text.lstrip()
            out.append(f"{pad}    {stripped}")
            out.append(f"{pad}    {' ' * max(0, (error.offset or 1) - 1 - len(text) + len(stripped))}^")
        out.append(f"{pad}{error.exc_type.__name__}: {error.msg}")
    else:
        out.extend(
            pad + line for text in error.format_exception_only() for line in text.rstrip("\n").split("\n")
        )
    for inner in error.exceptions or ():
        _format(inner, label, out, pad + "  | ")


def short_path(filename: str) -> str:
    """Shorten a file name so that it says which package it is of and nothing of the machine."""
    path = Path(filename)
    if not path.is_absolute():
        return path.as_posix()
    for base in sorted((os.path.abspath(p or ".") for p in [*sys.path, os.getcwd()]), key=len, reverse=True):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.name
