"""What the engine sets up inside the kernel: cells that know their place in the post, and short tracebacks."""

from __future__ import annotations

import json
import linecache
import logging
import re
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from ...in_page import tracebacks
from ...languages import BlockFailed, ToolAbsent
from .magics import load_ipython_extension

if TYPE_CHECKING:
    from types import TracebackType

    from IPython.core.interactiveshell import InteractiveShell
    from jupyter_client.session import Session

MEND = "  mend: "  # begins the line that says what to do when a tool is absent


def install(label: str) -> None:
    """Make the running IPython kernel compile cells under the post's path and report errors by its lines.

    label: the post's path as shown to authors. Cells must come padded with newlines to their place in the post.
    """
    from IPython.core.getipython import get_ipython

    # Any: what follows replaces methods of the shell, which a type has fixed.
    ip: Any = get_ipython()
    load_ipython_extension(ip)
    lines: list[str] = []
    current = [""]

    def cache(self: object, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        # One file, many cells: tracebacks and inspect.getsource read the lines of all cells run so far.
        for at, text in enumerate((raw_code or transformed_code).splitlines(keepends=True)):
            while len(lines) <= at:
                lines.append("\n")
            if text.strip():
                lines[at] = text if text.endswith("\n") else text + "\n"
        linecache.cache[label] = (sum(map(len, lines)), None, lines, label)
        current[0] = raw_code or transformed_code
        return label

    ip.compile.cache = types.MethodType(cache, ip.compile)
    manager = ip.input_transformer_manager
    manager.cleanup_transforms = [
        t for t in manager.cleanup_transforms if getattr(t, "__name__", "") != "leading_empty_lines"
    ]

    def format_warning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
    ) -> str:
        return f"{tracebacks.short_path(filename)}:{lineno}: {category.__name__}: {message}\n"

    warnings.formatwarning = format_warning  # a reader needs no paths of the machine that built the page
    warnings.filterwarnings("ignore", message="To exit: use")

    def show(self: Any, exc_tuple: object = None, *_args: object, **_kwargs: object) -> None:
        etype, value, tb = self._get_exc_info(exc_tuple)
        self._showtraceback(etype, value, format_error(value, tb, label))

    ip.showtraceback = types.MethodType(show, ip)
    ip.showsyntaxerror = types.MethodType(show, ip)
    # IPython looks for the semicolon in its history, and the kernel keeps none.
    hook = ip.displayhook
    hook.quiet = lambda: hook.semicolon_at_end_of_expression(current[0])
    _never_leave(ip)
    ip.set_hook("show_in_pager", _no_pager, 0)
    _report_elsewhere(label)
    _send_any_text(ip.kernel.session)


def _never_leave(ip: InteractiveShell) -> None:
    """Make ``quit()`` and its kin end the block with an error, as ``sys.exit()`` does; IPython's would say nothing."""

    def leave(code: str | int | None = None) -> NoReturn:
        raise SystemExit(code)

    for name in ("quit", "exit"):
        ip.user_ns[name] = ip.user_ns_hidden[name] = leave


def _no_pager(*_args: object, **_kwargs: object) -> NoReturn:
    """Refuse what a notebook would show in a window of its own: a page has none, so nobody would see it."""
    raise RuntimeError("a page has no pager, which ? and %pinfo open; print what it would show: help(name)")


def _report_elsewhere(label: str) -> None:
    """Report what is raised outside of the cell itself, in threads, finalizers and tasks, by the post's lines."""

    def report(what: str, value: BaseException | None, tb: TracebackType | None) -> None:
        text = "\n".join(format_error(value, tb, label)) if value is not None else ""
        print(f"{what}\n{text}".rstrip(), file=sys.stderr)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:  # a thread that ends itself says nothing
            name = args.thread.name if args.thread else "a thread"
            report(f"Exception in {name}:", args.exc_value, args.exc_traceback)

    def ignored(args: sys.UnraisableHookArgs) -> None:
        where = re.sub(" at 0x[0-9a-f]+", "", repr(args.object))  # no address: it is another one in every run
        report(f"{args.err_msg or 'Exception ignored in'} {where}:", args.exc_value, args.exc_traceback)

    class Short(logging.Formatter):
        def formatException(self, ei: Any) -> str:  # Any: typeshed's own name for it is private
            return "\n".join(format_error(ei[1], ei[2], label))

    threading.excepthook, sys.unraisablehook = in_thread, ignored
    assert logging.lastResort is not None  # Python's own handler of what nobody handles
    logging.lastResort.setFormatter(Short("%(message)s"))  # asyncio reports a task's exception to a logger


def _send_any_text(session: Session) -> None:
    """Let half a character through to the build, which puts a mark for it; the kernel would fail to send it."""
    from jupyter_client.jsonutil import json_default

    usual: Callable[[object], bytes] = session.pack

    def pack(message: object) -> bytes:
        try:
            return json.dumps(message, default=json_default, allow_nan=False).encode("ascii")
        except (TypeError, ValueError):
            return usual(message)

    session.pack = pack


def format_error(value: BaseException, tb: TracebackType | None, label: str) -> list[str]:
    """Format an exception as the lines an author needs; a C++ or shell block has no Python traceback."""
    if isinstance(value, ToolAbsent):
        return [f"  {label}:{value.line}", value.found, f"{MEND}{value.mend}"]
    if isinstance(value, BlockFailed):
        return [f"  {label}:{value.line}", f"{value}"] if value.line else [f"{value}"]
    return tracebacks.format_error(value, tb, label)
