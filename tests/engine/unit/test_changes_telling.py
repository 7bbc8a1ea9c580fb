"""How changes are told: as it was agreed, in lists that are bounded, and no text breaks a table or a terminal."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from executable_posts.changes.change import Change, as_json
from executable_posts.changes.comparing import compare
from executable_posts.changes.markdown import MOST, as_markdown
from executable_posts.changes.plain import short
from executable_posts.changes.text import as_text
from executable_posts.running.terminal import ESCAPE
from support.blog import ROOT
from support.records import TEXTS, after, before, patient, said, told

GOLDEN = ROOT / "tests" / "data" / "changes"


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("text.txt", lambda changes: "\n".join(as_text(changes)) + "\n"),
        ("table.md", as_markdown),
        ("changes.json", as_json),
    ],
)
def test_a_change_of_every_kind_is_told_as_it_was_agreed(name, write):
    assert write(compare(before(), after())) == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_kind_is_in_the_golden_files():
    kinds = {(c["what"], c["kind"]) for c in json.loads((GOLDEN / "changes.json").read_text("utf-8"))}
    outputs = {(what, "changed") for what in ("output", "chart", "picture", "value")}
    blocks = {("block", kind) for kind in ("new", "removed", "renamed", "moved")}
    assert kinds == outputs | blocks | {("output", "new"), ("value", "new")}


# How it is told


def cells(table: str) -> list[list[str]]:
    """Read a Markdown table as a page shows it: the text of each cell; only code, words and line ends may be in it."""
    rows: list[list[str]] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(table)
    kinds = {token.type for token in tokens} - {"inline", "paragraph_open", "paragraph_close"}
    assert all(re.match(r"(table|thead|tbody|tr|th|td)_", kind) for kind in kinds), kinds
    for before_it, token in itertools.pairwise(tokens):
        if before_it.type == "tr_open":
            rows.append([])
        if before_it.type in ("th_open", "td_open"):
            parts = token.children or []
            assert {part.type for part in parts} <= {"text", "code_inline", "html_inline"}
            assert all(part.content == "<br>" for part in parts if part.type == "html_inline")
            rows[-1].append("".join(part.content for part in parts))
    return rows


HOSTILE = ["a|b", "`", "``` x", "\\|", "\\", "| --- |", "<br><script>", "*a* _b_ [c](d) @e #1", "x\ny\rz",
           "\x1b[31mred\x1b[0m\x07", "\u202egnp.exe", "&amp;", " ", "x" * 500, "http://e.org www.e.org"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_table(text):
    _table_holds(text, "", "name")
    _table_holds("", text, text)


@patient
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_at_all_breaks_the_table(old, new, name):
    _table_holds(old, new, name)


def _table_holds(old: str, new: str, name: str) -> None:
    changes = [
        Change(what="value", kind="changed", file="a.md", line=n, name=name, old=old, new=new) for n in (1, 2)
    ]
    rows = cells(as_markdown(changes).split("\n", 2)[2])
    assert [len(row) for row in rows] == [5, 5, 5]
    for row in rows[1:]:
        # A code span that is nothing but blanks is one; one blank on each side is the parser's.
        for shown, text in ((row[2], old), (row[3], new)):
            assert shown.strip() == short(text).strip()


@patient
@given(TEXTS, TEXTS)
def test_a_terminal_gets_nothing_to_obey(old, new):
    changes = told(said(old), said(new))
    text = "\n".join(as_text(changes))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert all(len(line) < 250 for line in text.split("\n"))
    coloured = "\n".join(as_text(changes, colour=True))
    assert ESCAPE.sub("", coloured) == text


def test_lists_are_bounded_and_say_what_they_leave_out():
    many = [
        Change(what="value", kind="changed", file="a.md", line=n, name="x" * 60, old="y" * 60, new="z" * 60)
        for n in range(1, 1001)
    ]
    lines = as_text(many, 30)
    assert len(lines) == 31
    assert lines[-1] == "and 970 more changes"
    assert len(as_text(many)) == 1000
    table = as_markdown(many)
    assert MOST - 1000 < len(table) < 65_000
    left = int(re.search(r"And (\d+) more changes\.\n\Z", table)[1])
    assert table.count("\n| `a.md:") == 1000 - left
    assert len(json.loads(as_json(many))) == 1000
    assert as_markdown([]) == "No output, chart or value differs from what is published.\n"
    assert as_json([]) == "[]\n"
