"""Where the C++ compilers are: the one that is there anyway, and the one that comes as a wheel."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Sequence


class MissingTool(RuntimeError):
    """A program that this needs is not installed; the message says which, and how to get it."""


def find(names: Sequence[str], mend: str) -> str:
    """Find the first of several programs, or raise `MissingTool` with how to get it."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise MissingTool(f"{' or '.join(names)} is not installed: {mend}")


def zig() -> list[str]:
    """Return the command of zig: ``$ZIG``, the ziglang wheel, else one on the path."""
    if os.environ.get("ZIG"):
        return shlex.split(os.environ["ZIG"])
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang"]
    return [find(("zig",), "pip install -r requirements-compiler.txt")]


def cxx() -> list[str]:
    """Return the command of a C++ compiler: ``$CXX``, g++, clang++, c++, else zig's."""
    if os.environ.get("CXX"):
        return shlex.split(os.environ["CXX"])
    for name in ("g++", "clang++", "c++"):
        if shutil.which(name):
            return [name]
    try:
        return [*zig(), "c++"]
    except MissingTool:
        raise MissingTool(
            "no C++ compiler: install g++ or clang++, or pip install -r requirements-compiler.txt"
        ) from None
