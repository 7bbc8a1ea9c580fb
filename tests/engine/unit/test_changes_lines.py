"""How each kind of change is told, line by line: in a terminal, and as a row of a table."""

from __future__ import annotations

import pytest

from executable_posts.changes.change import Change
from executable_posts.changes.markdown import as_markdown
from executable_posts.changes.numbers import Pair
from executable_posts.changes.plain import short
from executable_posts.changes.text import as_text, coloured

HALF = Pair("", "2", "3", 0.5)
FOUR = (
    Pair("a", "1", "2", 1.0),
    Pair("b", "1", "0", None),
    Pair("c", "9", "1", -8 / 9),
    Pair("d", "10", "30", 2.0),
)

# a change, the line in a terminal behind its place, the row of a table behind its place
TOLD = {
    "a new post": ({"what": "post", "kind": "new"}, "new post", "post |  |  | new"),
    "a new block": ({"what": "block", "kind": "new", "new": "hello"}, "new block: hello", "block |  | `hello` | new"),
    "a removed post": ({"what": "post", "kind": "removed"}, "post removed", "post |  |  | removed"),
    "a removed block": (
        {"what": "block", "kind": "removed", "old": "bye"},
        "block removed, it had: bye",
        "block | `bye` |  | removed",
    ),
    "a block that got a name": (
        {"what": "block", "kind": "renamed", "new": "b"},
        "block renamed: (no name) → b",
        "block |  | `b` | renamed",
    ),
    "a block that lost its name": (
        {"what": "block", "kind": "renamed", "old": "a"},
        "block renamed: a → (no name)",
        "block | `a` |  | renamed",
    ),
    "a block elsewhere": (
        {"what": "block", "kind": "moved", "old": "place 2", "new": "place 1"},
        "block moved: place 2 → place 1",
        "block | `place 2` | `place 1` | moved",
    ),
    "an output that came": ({"kind": "new", "new": "x"}, "new: x", "output |  | `x` | new"),
    "an output that went": ({"kind": "removed", "old": "x"}, "no longer there: x", "output | `x` |  | removed"),
    "outputs in another order": (
        {"kind": "moved", "old": "a", "new": "b"},
        "another order: a → b",
        "output | `a` | `b` | moved",
    ),
    "a form": (
        {"form": "text/html", "old": "a", "new": "b"},
        "HTML: a → b",
        "HTML | `a` | `b` | ",
    ),
    "a note, and the same text": (
        {"old": "a", "new": "a", "note": "other HTML"},
        "a, other HTML",
        "output | `a` | `a` | other HTML",
    ),
    "a note, and another text": (
        {"old": "a", "new": "b", "note": "other HTML"},
        "a → b, other HTML",
        "output | `a` | `b` | other HTML",
    ),
    "a note alone": ({"note": "other HTML"}, "other HTML", "output |  |  | other HTML"),
    "a number": (
        {"old": "2 cooks", "new": "3 cooks", "numbers": (HALF,)},
        "2 cooks → 3 cooks (+50 %)",
        "output | `2 cooks` | `3 cooks` | +50 %",
    ),
    "a number of no part": (
        {"old": "0", "new": "3", "numbers": (Pair("", "0", "3", None),)},
        "0 → 3",
        "output | `0` | `3` | ",
    ),
    "backticks": ({"old": "a`b", "new": "c``"}, "a`b → c``", "output | ``a`b`` | ``` c`` ``` | "),
    "a backslash at its end": ({"old": "a\\", "new": "b"}, "a\\ → b", "output | ` a\\ ` | `b` | "),
    "nothing any more": ({"old": "x", "new": ""}, "x → nothing", "output | `x` |  | "),
    "no numbers": ({"old": "", "new": "x"}, "nothing → x", "output |  | `x` | "),
    "numbers": (
        {"old": "1 1 9 10", "new": "2 0 1 30", "numbers": FOUR},
        "d: 10 → 30 (+200 %); a: 1 → 2 (+100 %); c: 9 → 1 (-89 %); and 1 more number",
        "output | `1 1 9 10` | `2 0 1 30` | furthest +200 % (`d`), 4 numbers",
    ),
    "as many numbers as are told": (
        {"old": "1 1 9", "new": "2 0 1", "numbers": FOUR[:3]},
        "a: 1 → 2 (+100 %); c: 9 → 1 (-89 %); b: 1 → 0",
        "output | `1 1 9` | `2 0 1` | furthest +100 % (`a`), 3 numbers",
    ),
    "a value of several numbers": (
        {"what": "value", "name": "x", "old": "1 9", "new": "2 1", "numbers": FOUR[:2]},
        "1 9 → 2 1",
        "value `x` | `1 9` | `2 1` | furthest +100 % (`a`), 2 numbers",
    ),
    "one number of a chart": (
        {"what": "chart", "numbers": FOUR[:1], "old": "all", "new": "all of it"},
        "chart: a: 1 → 2 (+100 %)",
        "chart | `1` | `2` | +100 % (`a`)",
    ),
    "a chart without numbers": (
        {"what": "chart", "old": "2 kB", "new": "3 kB"},
        "chart: 2 kB → 3 kB",
        "chart | `2 kB` | `3 kB` | ",
    ),
    "a chart of many numbers": (
        {"what": "chart", "numbers": FOUR},
        "chart: d: 10 → 30 (+200 %); a: 1 → 2 (+100 %); c: 9 → 1 (-89 %); and 1 more number",
        "chart | `10`<br>`1`<br>`9` | `30`<br>`2`<br>`1` | furthest +200 % (`d`), 4 numbers",
    ),
    "a picture": (
        {"what": "picture", "name": "fig", "old": "1 kB", "new": "2 kB"},
        "fig, picture: 1 kB → 2 kB",
        "picture `fig` | `1 kB` | `2 kB` | ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_a_change_is_told_in_a_line_and_in_a_row(case):
    given, line, row = TOLD[case]
    change = Change(**{"what": "output", "kind": "changed", "file": "a.md", "line": 7, **given})
    separator = " " if line.startswith(("HTML", "chart", "fig")) else ": "
    name = " {eval}`x`" if change.what == "value" else ""
    assert as_text([change]) == [f"a.md:7{name}{separator}{line}"]
    assert as_markdown([change]).splitlines()[-1] == f"| `a.md:7` | {row} |"


def test_lines_that_differ_say_it_and_are_counted():
    lines = ("- one", "+ uno", "- two")
    change = Change(what="output", kind="changed", file="a.md", old_line=3, name="log", diff=lines, more=4)
    told = ["a.md:3 log", "  - one", "  + uno", "  - two", "  and 4 more lines"]
    assert as_text([change]) == told
    assert as_text([change], most_lines=1) == [*told[:2], "  and 6 more lines"]
    assert as_text([change], most_lines=0) == [told[0], "  and 7 more lines"]
    row = "| `a.md:3` | output `log` | `one`<br>`two` | `uno` | and 4 more lines |"
    assert as_markdown([change]).splitlines()[-1] == row
    whole = Change(what="output", kind="changed", file="a.md", diff=lines)
    assert as_text([whole]) == ["a.md", *told[1:4]]
    numbered = Change(what="output", kind="changed", file="a.md", diff=lines, numbers=(HALF,))
    assert as_text([numbered])[0] == "a.md: 2 → 3 (+50 %)"


def test_as_many_changes_as_are_wanted_are_all_told():
    changes = [Change(what="post", kind="new", file=f"{n}.md") for n in range(3)]
    assert as_text(changes, 3) == ["0.md: new post", "1.md: new post", "2.md: new post"]
    assert as_text(changes, 2) == ["0.md: new post", "1.md: new post", "and 1 more change"]
    assert as_text(changes, 0) == ["and 3 more changes"]
    assert as_markdown(changes[:1]).startswith("**What changed:** 1 change in 1 post\n\n| where |")
    assert as_markdown(changes).startswith("**What changed:** 3 changes in 3 posts\n\n| where |")


def test_what_was_is_red_and_what_is_now_is_green():
    change = Change(
        what="value", kind="changed", file="a.md", line=1, name="x", old="1", new="2", diff=("- 1", "+ 2")
    )
    red, green = "\x1b[31m{}\x1b[0m".format, "\x1b[32m{}\x1b[0m".format
    lines = as_text([change], colour=True)
    assert lines == ["\x1b[1ma.md:1\x1b[0m {eval}`x`", f"  {red('- 1')}", f"  {green('+ 2')}"]
    line = Change(what="value", kind="changed", file="a.md", line=1, name="x", old="1", new="2")
    assert as_text([line], colour=True) == [f"\x1b[1ma.md:1\x1b[0m {{eval}}`x`: {red('1')} → {green('2')}"]


class Stream:
    """A stream that is a terminal, or is none."""

    def __init__(self, terminal: bool):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("terminal", "variables", "wanted"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm"}, True),
        (False, {}, False),
    ],
)
def test_colours_are_for_terminals_whose_readers_want_them(terminal, variables, wanted, monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert bool(coloured(Stream(terminal))) is wanted


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\tb\nc\rd\n", "a b ⏎ c␍d"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("one\u200btwo\u202e", "one\ufffdtwo\ufffd"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("\x1b[31m" * 200 + "y" + "z" * 500, "y" + "z" * 58 + "…"),
    ],
)
def test_any_text_is_one_line_of_sixty_characters_at_most(text, line):
    assert short(text) == line


def test_a_text_is_as_long_as_it_was_asked_to_be():
    assert short("0123456789", 10) == "0123456789"
    assert short("0123456789", 9) == "01234567…"
