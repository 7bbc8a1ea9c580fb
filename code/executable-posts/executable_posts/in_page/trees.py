"""Syntax trees, made by one thread at a time: posts run at once, each in a thread.

CPython before 3.13 counts how deep a tree under construction is once for all threads, so that two at once may end in
"SystemError: AST constructor recursion depth mismatch" (https://github.com/python/cpython/issues/106905).
"""

from __future__ import annotations

import ast
import threading

_ALONE = threading.RLock()  # a finalizer that runs meanwhile may parse, too


def module(source: str, name: str = "<unknown>") -> ast.Module:
    """Parse statements; raise SyntaxError as `ast.parse` does."""
    with _ALONE:
        return ast.parse(source, name)


def expression(source: str) -> ast.Expression:
    """Parse one expression; raise SyntaxError as `ast.parse` does."""
    with _ALONE:
        return ast.parse(source, mode="eval")
