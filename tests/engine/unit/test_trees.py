"""Syntax trees made by several threads at once: CPython's own parser counts the depth of all of them together."""

from __future__ import annotations

import ast
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import executable_posts
from executable_posts.in_page import trees

PACKAGE = Path(executable_posts.__file__).parent


def test_threads_get_the_trees_that_they_asked_for():
    sources = [f"value{n} = [{', '.join(f'({m} + {n})' for m in range(300))}]" for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(trees.module, sources * 3))
        values = list(threads.map(trees.expression, [f"value{n} + 1" for n in range(100)]))
    assert [ast.unparse(tree) for tree in made[:2]] == [
        ast.unparse(ast.parse(source)) for source in sources[:2]
    ]
    assert [tree.body.left.id for tree in values] == [f"value{n}" for n in range(100)]


def test_nothing_of_the_engine_parses_beside_it():
    found = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if path.name != "trees.py"
        and "templates" not in path.parts
        and re.search(r"\bast\.(parse|literal_eval)\(", path.read_text())
    ]
    assert found == []


def test_a_tree_that_another_thread_disturbed_is_made_anew(monkeypatch):
    parse, disturbed = ast.parse, iter([True, True])

    def shared(*words):
        if next(disturbed, False):
            raise SystemError("AST constructor recursion depth mismatch (before=75, after=37)")
        return parse(*words)

    monkeypatch.setattr(ast, "parse", shared)
    assert trees.literal("'olives'") == "olives"
    assert next(disturbed, None) is None


def test_what_never_parses_is_told(monkeypatch):
    def never(*words):
        raise SystemError("other")

    monkeypatch.setattr(ast, "parse", never)
    with pytest.raises(SystemError, match="other"):
        trees.module("x")


def test_a_library_that_parses_has_the_parser_for_itself():
    found = []
    for path in PACKAGE.rglob("*.py"):
        lines = path.read_text().splitlines()
        for above, line in itertools.pairwise(lines):
            if re.search(r"\bjupytext\.(reads|writes)\(", line) and "with trees.ALONE:" not in above:
                found.append(f"{path.name}: {line}")
    assert found == []
