"""Ask ruff about the Python of a post: all of its blocks and values, in the order they run, as one notebook.

A notebook's cells share their names and may await, as blocks do, and ruff knows IPython's magics in it. Prose decides how
code is laid out and what it only shows, so none of the rules asked for is about style.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PostError, Report
from ..in_page import trees
from ..reading.post import Post

RULES = ("E9", "F", "PLE", "B")
# What a post may do to show something: import without a use, define a function anew step by step, leave a variable.
LEFT_TO_PROSE = ("F401", "F402", "F403", "F405", "F541", "F811", "F841")
# An await in a comprehension may stand at the top level too; compiling, as `check` does, knows where none may.
AWAITS = ("F704", "PLE1142")
# Of flake8-bugbear, what is a matter of taste, or what a later Python may ask for.
TASTE = (
    "B007",
    "B008",
    "B009",
    "B010",
    "B011",
    "B017",
    "B018",
    "B024",
    "B027",
    "B028",
    "B904",
    "B905",
    "B911",
)
_MAGIC = re.compile(r"^[ \t]*%(?P<name>\w+)[ \t]*(?P<rest>.*)$", re.MULTILINE)
_RUNS_ITS_LINE = ("time", "prun")  # as if the magic were not there
# Magics that bind no name; after any other one, nobody can tell which names there are.
_BINDS_NOTHING = frozenset(
    [
        "cd",
        "conda",
        "config",
        "env",
        "load_ext",
        "ls",
        "matplotlib",
        "mkdir",
        "pdoc",
        "pinfo",
        "pip",
        "precision",
        "psource",
        "pwd",
        "timeit",
        "who",
        "whos",
        "xmode",
    ]
)
_UNDEFINED = "F821"
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Hold a cell as ruff gets it. line: where its first line stands in the post; value: whether it is a value,
    which has one line; excused: names may be missing in it, since it must raise."""

    source: str
    line: int
    value: bool = False
    excused: bool = False


def find_ruff() -> str:
    """Find ruff beside this Python or on the path; raise PostError that says how to get it."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which("ruff", path=beside)
    if found is None:
        raise PostError(
            "the package ruff", 0, "is not installed in this environment", "run: pip install ruff"
        )
    return found


def too_long(post: Post, columns: int, report: Report) -> None:
    """Tell ``report`` of lines of code that a page shows and cuts. columns: how long they may be; what is folded may be longer."""
    for block in post.blocks:
        if {"hide-input", "remove-input", "remove-cell"} & set(block.info.tags):
            continue
        for line, text in enumerate(block.source.split("\n"), block.line):
            if len(text) > columns:
                found = f"a line of {len(text)} columns, and code_columns is {columns}"
                report(
                    PostError(post.label, line, found, "break it, or fold the block by the tag hide-input")
                )


def lint(post: Post, report: Report) -> None:
    """Tell ``report`` of what ruff finds in a post's Python, at the post's lines. Blocks that are no Python are left out:
    `faults.check_syntax` tells of them. Raise PostError when ruff is not there or cannot answer."""
    pieces = list(_pieces(post))
    if not pieces:
        return
    # What says `global` may be all that binds a name; ruff does not look into the functions of functions.
    made_global = {name for piece in pieces for name in _globals(piece.source)}
    for found in _ask(post.label, pieces):
        piece = pieces[found["cell"] - 1]
        code = found["code"] or "invalid-syntax"  # an older ruff has no word for it
        bound = made_global.intersection(_QUOTED.findall(found["message"]))
        if code == _UNDEFINED and (piece.excused or bound):
            continue
        line = piece.line + found["location"]["row"] - 1
        mend = "correct the value" if piece.value else f"correct it, or end its line with # noqa: {code}"
        report(PostError(post.label, line, f"{code}: {found['message']}", mend))


def _pieces(post: Post) -> Iterator[_Piece]:
    for index in range(-1, len(post.blocks)):
        if index >= 0 and (block := post.blocks[index]).speaks.shares_state:
            raises = "raises-exception" in block.info.tags
            if not raises or _parses(block.source):
                yield _Piece(source=_MAGIC.sub(_unwrapped, block.source), line=block.line, excused=raises)
        for value in post.values_after(index):
            if _parses(value.expression):
                yield _Piece(source=f"({value.expression}\n)", line=value.line, value=True)


def _globals(source: str) -> set[str]:
    try:
        tree = trees.module(source)
    except SyntaxError:  # a magic in it
        said = " ".join(re.findall(r"^\s*global ([\w, ]+)", source, re.MULTILINE))
        return set(re.findall(r"\w+", said))
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def _unwrapped(match: re.Match[str]) -> str:
    """Take a magic away from the statement that it only measures."""
    runs = match["name"] in _RUNS_ITS_LINE and _parses(match["rest"])
    return match["rest"] if runs else match[0]


def _parses(source: str) -> bool:
    try:
        trees.module(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _ask(label: str, pieces: list[_Piece]) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{n}",
            "metadata": {},
            "outputs": [],
            "source": p.source,
        }
        for n, p in enumerate(pieces)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    ignored: tuple[str, ...] = (*LEFT_TO_PROSE, *AWAITS, *TASTE)
    magics = {match["name"] for piece in pieces for match in _MAGIC.finditer(piece.source)}
    if magics - _BINDS_NOTHING:
        ignored = (*ignored, _UNDEFINED)
    command = [find_ruff(), "check", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json"]
    command += ["--target-version", f"py3{sys.version_info.minor}"]
    command += [
        "--select",
        ",".join(RULES),
        "--ignore",
        ",".join(ignored),
        "--stdin-filename",
        "post.ipynb",
        "-",
    ]
    done = subprocess.run(
        command, input=json.dumps(notebook), capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it returned {done.returncode}"]
        raise PostError(
            label, 0, f"ruff cannot check this post: {said[-1]}", "update it: pip install -U ruff"
        )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
