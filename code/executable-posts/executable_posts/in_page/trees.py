"""Syntax trees, made by one thread at a time: posts run at once, each in a thread.

CPython before 3.13 counts how deep a tree under construction is once for all threads, so that two at once may end in
"SystemError: AST constructor recursion depth mismatch" (https://github.com/python/cpython/issues/106905). Whoever
calls a library that parses in a thread of a post holds `ALONE` meanwhile.
"""

from __future__ import annotations

import ast
import threading
from typing import Any

ALONE = threading.RLock()  # a finalizer that runs meanwhile may parse, too
_TRIES = 5  # another library's thread may parse meanwhile, which knows no lock: the tree is made anew


def module(source: str, name: str = "<unknown>") -> ast.Module:
    """Parse statements; raise SyntaxError as `ast.parse` does."""
    tree = _parsed(source, name, "exec")
    assert isinstance(tree, ast.Module)
    return tree


def expression(source: str) -> ast.Expression:
    """Parse one expression; raise SyntaxError as `ast.parse` does."""
    tree = _parsed(source, "<unknown>", "eval")
    assert isinstance(tree, ast.Expression)
    return tree


def literal(source: str) -> Any:
    """Give the value of a literal, such as the repr of a text; raise SyntaxError or ValueError for anything else."""
    return ast.literal_eval(expression(source.lstrip(" \t")))


def _parsed(source: str, name: str, mode: str) -> ast.AST:
    with ALONE:
        for _ in range(_TRIES - 1):
            try:
                return ast.parse(source, name, mode)
            except SystemError:
                continue
        return ast.parse(source, name, mode)
