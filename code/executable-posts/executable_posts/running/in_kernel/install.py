"""What the engine sets up inside the kernel: cells that know their place in the post, and short tracebacks."""

from __future__ import annotations

import linecache
import types
import warnings

from ...in_page import tracebacks
from .languages import BlockFailed, load_ipython_extension


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
        return f"{tracebacks.short_path(filename)}:{lineno}: {category.__name__}: {message}\n"

    warnings.formatwarning = format_warning  # a reader needs no paths of the machine that built the page
    warnings.filterwarnings("ignore", message="To exit: use")

    def show(self, exc_tuple=None, *_args, **_kwargs):
        etype, value, tb = self._get_exc_info(exc_tuple)
        self._showtraceback(etype, value, format_error(value, tb, label))

    ip.showtraceback = types.MethodType(show, ip)
    ip.showsyntaxerror = types.MethodType(show, ip)


def format_error(value: BaseException, tb, label: str) -> list[str]:
    """Format an exception as the lines an author needs; a C++ or shell block has no Python traceback."""
    if isinstance(value, BlockFailed):
        return [f"  {label}:{value.line}", f"{value}"] if value.line else [f"{value}"]
    return tracebacks.format_error(value, tb, label)
