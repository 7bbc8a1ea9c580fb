"""What the engine sets up inside the kernel: cells that know their place in the post, and short tracebacks."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import types
import warnings
from pathlib import Path

from .languages import BlockFailed, load_ipython_extension

MAX_FRAMES = 12


def install(label: str) -> None:
    """Make the running IPython kernel compile cells under the post's path and report errors by its lines.

    label: the post's path as shown to authors. Cells must come padded with newlines to their place in the post.
    """
    ip = get_ipython()  # noqa: F821  (only exists inside IPython)
    load_ipython_extension(ip)
    lines: list[str] = []

    def cache(self, transformed_code, number=0, raw_code=None):
        # One file, many cells: tracebacks and inspect.getsource read the lines of all cells run so far.
        for at, text in enumerate((raw_code or transformed_code).splitlines(keepends=True)):
            while len(lines) <= at:
                lines.append("\n")
            if text.strip():
                lines[at] = text if text.endswith("\n") else text + "\n"
        linecache.cache[label] = (sum(map(len, lines)), None, lines, label)
        return label

    ip.compile.cache = types.MethodType(cache, ip.compile)
    manager = ip.input_transformer_manager
    manager.cleanup_transforms = [
        t for t in manager.cleanup_transforms if getattr(t, "__name__", "") != "leading_empty_lines"
    ]

    def format_warning(message, category, filename, lineno, line=None):
        return f"{_short(filename)}:{lineno}: {category.__name__}: {message}\n"

    warnings.formatwarning = format_warning  # a reader needs no paths of the machine that built the page
    warnings.filterwarnings("ignore", message="To exit: use")

    def show(self, exc_tuple=None, *_args, **_kwargs):
        etype, value, tb = self._get_exc_info(exc_tuple)
        self._showtraceback(etype, value, format_error(value, tb, label))

    ip.showtraceback = types.MethodType(show, ip)
    ip.showsyntaxerror = types.MethodType(show, ip)


def format_error(value: BaseException, tb, label: str) -> list[str]:
    """Format an exception as the lines an author needs: from the post's first frame on, paths shortened."""
    if isinstance(value, BlockFailed):
        return [f"  {label}:{value.line}", f"{value}"] if value.line else [f"{value}"]
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
    frames = list(error.stack)
    in_post = issubclass(error.exc_type, SyntaxError) and error.filename == label
    first = next((i for i, f in enumerate(frames) if f.filename == label), len(frames) if in_post else 0)
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
        out.append(f"{pad}  {_short(frame.filename)}:{frame.lineno} in {frame.name}")
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


def _short(filename: str) -> str:
    """Shorten a file name so that it says which package it is of and nothing of the machine."""
    path = Path(filename)
    if not path.is_absolute():
        return path.as_posix()
    for base in sorted((os.path.abspath(p or ".") for p in [*sys.path, os.getcwd()]), key=len, reverse=True):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.name
