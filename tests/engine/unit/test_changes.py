"""What changed: every difference of two records is told once, at its line, and nothing else is."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from executable_posts.changes import comparing
from executable_posts.changes.change import Change, as_json
from executable_posts.changes.comparing import compare
from executable_posts.changes.markdown import MOST, as_markdown
from executable_posts.changes.numbers import Tolerance, numbers, percent, relative, skeleton
from executable_posts.changes.plain import short
from executable_posts.changes.record import STREAMS, Output, Record, parsed, written
from executable_posts.changes.text import as_text
from executable_posts.running.terminal import ESCAPE
from support import records
from support.blog import ROOT
from support.records import TEXTS, after, before, block, chart, said, value

# A busy machine is no counterexample.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOLDEN = ROOT / "tests" / "data" / "changes"


def told(old: Output, new: Output, **more: object) -> list[Change]:
    """Compare two outputs of a block."""
    pair = [Record(post="a.md", blocks=(block("b", 5, one, **more),), values=()) for one in (old, new)]
    return compare(*pair)


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


@patient
@given(records.records())
def test_a_record_does_not_differ_from_itself_nor_from_what_was_written_of_it(record):
    assert compare(record, parsed(written(record), "x")) == []
    assert parsed(written(record), "x") == record


@patient
@given(records.records(), st.integers(1, 500))
def test_where_something_stands_is_no_difference(record, lines):
    moved = replace(
        record,
        blocks=tuple(replace(one, line=one.line + lines) for one in record.blocks),
        values=tuple(replace(one, line=one.line + lines) for one in record.values),
    )
    assert compare(record, moved) == []


def _shows(record: Record) -> tuple[object, ...]:
    """Give what a reader sees of a record: streams as a whole, everything else in order."""
    blocks = []
    for one in record.blocks:
        streams = {form: "".join(o.text for o in one.outputs if o.form == form) for form in STREAMS}
        blocks.append((one.name, streams, [o for o in one.outputs if o.form not in STREAMS]))
    return (blocks, Counter(one.text for one in record.values))


@patient
@given(records.records(), records.records())
def test_nothing_is_said_only_where_nothing_is_otherwise(old, new):
    changes = compare(old, new)
    assert bool(changes) or _shows(old) == _shows(new)
    for change in changes:
        assert change.line or change.old_line
        assert change.file == "content/a.md"
        assert len(change.diff) <= comparing.MOST_LINES


@patient
@given(records.records(least=1), st.data())
def test_one_thing_changed_is_told_once_at_its_line(record, data):
    rank = data.draw(st.integers(0, len(record.blocks) - 1))
    one = record.blocks[rank]
    what, kind, line = "output", "changed", one.line
    blocks, values = list(record.blocks), record.values
    plant = data.draw(
        st.sampled_from(["output", "rename", "remove", "insert", "move", "value", "picture", "cell", "code"])
    )
    if plant == "output":
        text = data.draw(TEXTS)
        blocks[rank] = replace(one, outputs=(said(f"{text}1", "text/plain"),))
        record = _with(record, rank, replace(one, outputs=(said(f"{text}2", "text/plain"),)))
    elif plant == "rename":
        blocks[rank], what, kind = replace(one, name="another"), "block", "renamed"
    elif plant == "remove":
        values = tuple(replace(v, after=v.after - (v.after >= rank)) for v in values)
        what, kind = "block", "removed"
        del blocks[rank]
    elif plant == "insert":
        values = tuple(replace(v, after=v.after + (v.after >= rank)) for v in values)
        what, kind, line = "block", "new", 3
        blocks.insert(rank, block("another", 3, code="another"))
    elif plant == "move":
        to = data.draw(st.integers(0, len(blocks) - 1).filter(lambda n: n != rank or len(blocks) == 1))
        blocks.insert(to, blocks.pop(rank))
        assert [c.kind for c in compare(record, replace(record, blocks=tuple(blocks)))] == ["moved"] * (
            to != rank
        )
        return
    elif plant == "value":
        values = (*values, value("planted", 300, -1, "1"))
        record = replace(record, values=(*record.values, value("planted", 290, -1, "2")))
        what, line = "value", 300
    elif plant == "picture":
        picture = Output(form="image/png", digest="1", size=9)
        blocks[rank] = replace(one, outputs=(replace(picture, digest="2"),))
        record, what = _with(record, rank, replace(one, outputs=(picture,))), "picture"
    elif plant == "cell":
        blocks[rank] = replace(one, outputs=(chart(("x", "y"), ("1", "2")),))
        record, what = _with(record, rank, replace(one, outputs=(chart(("x", "y"), ("1", "3")),))), "chart"
    else:  # other code that shows the same is no change of what is shown
        blocks[rank] = replace(one, code="other code")
        assert compare(record, replace(record, blocks=tuple(blocks))) == []
        return
    (change,) = compare(record, replace(record, blocks=tuple(blocks), values=values))
    assert (change.what, change.kind, change.line or change.old_line) == (what, kind, line)
    assert change.where == f"content/a.md:{line}"


def _with(record: Record, rank: int, one: object) -> Record:
    return replace(record, blocks=(*record.blocks[:rank], one, *record.blocks[rank + 1 :]))


# What is a number, and how far it may go


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("36 eggs, 1.5 kg", ["36", "1.5"]),
        ("-3 and a-3, 4-5, (2)-1", ["-3", "3", "4", "5", "2", "1"]),
        ("10,000 or 1,2", ["10,000", "1", "2"]),
        ("1e-3 2.5E+6", ["1e-3", "2.5E+6"]),
        ("x1 _2 3rd v1.2.3", ["3"]),
        ("at 0x7f3A", ["0x7f3A"]),
        ("2026-11-27 10:30", ["2026", "11", "27", "10", "30"]),
        ("−5 °C, 12%", ["−5", "12"]),
    ],
)
def test_numbers_are_found(text, found):
    assert numbers(text) == found


def test_room_made_for_numbers_is_no_difference_of_the_text():
    assert skeleton("a   9 |  b\n----\n") == skeleton("a 1,009 |  b\n-------\n")
    assert skeleton("a 9 b") != skeleton("a 9 c")


@pytest.mark.parametrize(
    ("old", "new", "part", "written"),
    [
        ("10", "11", 0.1, "+10 %"),
        ("1,000", "937", -0.063, "-6.3 %"),
        ("-10", "-12", -0.2, "-20 %"),
        ("1", "9.9", 8.9, "+890 %"),
        ("1", "10", 9, "× 10"),
        ("1", "12", 11, "× 12"),
        ("1000000", "1000001", 1e-6, "+<0.1 %"),
        ("0", "5", None, ""),
        ("-1", "5", None, ""),
        ("1", "2", 1, "+100 %"),
        ("1", "0", -1, "-100 %"),
        ("5", "1.2.3", None, ""),
        ("0x10", "0x18", 0.5, "+50 %"),
        ("−10", "-11", -0.1, "-10 %"),
        ("1e-300", "1e300", None, ""),
        ("36", "36.0", None, ""),
        ("1.2.3", "1.2.4", None, ""),
        ("9" * 400, "1", None, ""),
    ],
)
def test_a_change_is_said_in_parts_of_the_old_number(old, new, part, written):
    found = relative(old, new)
    assert found == (pytest.approx(part) if part is not None else None)
    assert percent(found) == written


@patient
@given(
    st.integers(1, 10**6), st.integers(-(10**5), 10**5), st.sampled_from(["5%", "0%", "12.5%", "40", "0.5"])
)
def test_a_tolerance_is_a_part_or_a_margin_of_the_published_number(old, step, text):
    number = float(text.removesuffix("%"))
    room = old * number / 100 if text.endswith("%") else number
    allowed = abs(step) <= room
    assert Tolerance.of(text).allows(str(old), str(old + step)) == allowed
    changes = told(said(f"it took {old} s"), said(f"it took {old + step} s"), tolerance=text)
    assert bool(changes) == (not allowed)


@pytest.mark.parametrize("text", ["inf", "-1", "nan%", "x"])
def test_what_is_no_tolerance_is_refused(text):
    with pytest.raises(ValueError, match=r"tolerance|convert"):
        Tolerance.of(text)


# What keeps noise out


def test_a_tolerance_is_for_every_number_and_for_numbers_only():
    assert told(said("1.00 s, 2.00 s"), said("1.04 s, 1.97 s"), tolerance="5%") == []
    (one,) = told(said("1.00 s, 2.00 s"), said("1.04 s, 9.00 s"), tolerance="5%")
    assert [(pair.old, pair.new) for pair in one.numbers] == [("2.00", "9.00")]
    assert told(said("1.00 s"), said("1.00 ms"), tolerance="5%")
    assert told(chart(("x", "a b")), chart(("x", "a  b"), digest="d1"), tolerance="5%") == []
    assert told(chart(("x", "a b")), chart(("x", "a  b"), digest="d1")), "blanks are seen, too"
    table = ("x", "y"), ("1", "100"), ("2", "200")
    other = ("x", "y"), ("1", "104"), ("2", "200")
    assert told(chart(*table), chart(*other, digest="d1"), tolerance="5%") == []
    assert told(chart(*table), chart(*table, digest="d1"), tolerance="5%") == []
    assert told(chart(*table), chart(*other, ("3", "300")), tolerance="5%")


def test_the_numbers_of_what_varies_are_left_out_and_its_words_are_not():
    assert told(said("a   1 ms\n---\n"), said("a 1,234.5 ms\n-----\n"), varies=True) == []
    (one,) = told(said("a 1\nb 2\nc 3"), said("a 7\nc 8\nc 9"), varies=True)
    assert one.diff == ("- b 2", "+ c 8"), "only the line that has other words"
    picture = Output(form="image/png", digest="1", size=9)
    assert told(picture, replace(picture, digest="2"), varies=True) == []
    assert told(picture, replace(picture, digest="2"), tolerance="5%"), "a picture has no distance"
    html = Output(form="text/html", text="took 1 s", digest="1", size=9)
    assert told(html, replace(html, text="took 2 s", digest="2"), varies=True) == []
    assert told(chart(("x", "y"), ("1", "2")), chart(("x", "y"), ("3", "4"), digest="d"), varies=True) == []
    assert told(chart(("x", "y"), ("1", "2")), chart(("x", "z"), ("3", "4"), digest="d"), varies=True)


@pytest.mark.parametrize(("more", "count"), [({"tolerance": "50%"}, 0), ({"varies": True}, 0), ({}, 2)])
def test_values_keep_to_what_the_block_above_them_allows(more, count):
    pair = [
        Record(
            post="a.md",
            blocks=(block("b", 5, **more), block("c", 9)),
            values=(value("x", 7, 0, number), value("y", 8, 0, f"{number} s"), value("z", 11, 1, "1")),
        )
        for number in ("10", "11")
    ]
    assert len(compare(*pair)) == count
    below = replace(pair[1], values=(*pair[1].values[:2], value("z", 11, 1, "2")))
    assert len(compare(pair[0], below)) == count + 1, "the next block allows nothing"
    above = replace(pair[0], values=(value("x", 1, -1, "10"),))
    assert len(compare(above, replace(above, values=(value("x", 1, -1, "11"),)))) == 1


def test_what_the_new_post_says_of_a_block_counts():
    old, new = said("1"), said("2")
    pair = [Record(post="a.md", blocks=(block("b", 5, one),), values=()) for one in (old, new)]
    assert compare(pair[0], replace(pair[1], blocks=(replace(pair[1].blocks[0], varies=True),))) == []
    assert compare(replace(pair[0], blocks=(replace(pair[0].blocks[0], varies=True),)), pair[1])


def test_pictures_say_how_large_they_are_and_a_table_may_come_or_go():
    small, large = (
        Output(form="image/png", digest=d, size=n, pixels="4 × 3") for d, n in (("1", 999), ("2", 2_345_678))
    )
    (one,) = told(small, large)
    assert as_text([one]) == ["a.md:5 b, picture: 4 × 3, 999 bytes → 4 × 3, 2,346 kB"]
    (two,) = told(small, replace(small, digest="3"))
    assert as_text([two]) == ["a.md:5 b, picture: 4 × 3, 999 bytes, another picture"]
    bare = replace(chart(("x", "y")), tables=(), digest="d1")
    (gone,), (come,) = told(chart(("x", "y"), ("1", "2")), bare), told(bare, chart(("x", "y"), ("1", "2")))
    assert gone.diff == ("- x  y", "- 1  2")
    assert come.diff == ("+ x  y", "+ 1  2")


# What is cut, and what is more than text


def cut(text: str, digest: str, size: int = 20_000) -> Output:
    return Output(form="stdout", text=text, digest=digest, size=size)


def test_the_end_of_a_long_output_is_known_by_its_digest():
    (one,) = told(cut("same", "1"), cut("same", "2", 30_000))
    assert (one.old, one.new) == ("20,000 characters", "30,000 characters")
    assert "after" in one.note
    assert told(cut("a 1\nb", "1"), cut("a 22\nb", "1"), varies=True) == []
    assert told(cut("a 1\nb 2\nc", "1"), cut("a 22\nb", "1"), varies=True) == [], "cut at another line"
    assert told(cut("a 1\nb 2\nc", "1"), cut("a 22\nb", "2"), varies=True)
    (grown,) = told(said("same"), cut("same\nand mo", "2"))
    assert (grown.diff, grown.note) == (("+ and mo",), "")
    streams = (replace(cut("a", "1"), size=9_000), said("x", "stderr"), said("bcd"))
    pair = [
        Record(post="a.md", blocks=(block("b", 5, replace(streams[0], digest=d), *streams[1:]),), values=())
        for d in "12"
    ]
    assert [change.new for change in compare(*pair)] == ["9,003 characters"]
    (line,) = told(cut("a 1\nb 2\nc 3", "1"), cut("a 1\nb 3\nc", "2"))
    assert line.diff == ("- b 2", "+ b 3")


def test_other_colours_are_told_as_such_and_never_sent():
    (one,) = told(said("\x1b[31mred\x1b[0m"), said("\x1b[32mred\x1b[0m"))
    assert as_text([one]) == ["a.md:5 b: other colours, the same text"]
    assert told(said("\x1b[31m1\x1b[0m s"), said("\x1b[32m2\x1b[0m s"), varies=True) == []
    (two,) = told(said("\x1b[31m1\x1b[0m s"), said("\x1b[31m2\x1b[0m s"))
    assert [(pair.old, pair.new) for pair in two.numbers] == [("1", "2")]


def test_streams_are_wholes_and_the_order_of_what_is_shown_counts():
    apart = (said("a"), said("x", "stderr"), said("b"))
    whole = (said("ab"), said("x", "stderr"))
    pair = [Record(post="a.md", blocks=(block("b", 5, *outputs),), values=()) for outputs in (apart, whole)]
    assert compare(*pair) == []
    shown = (said("1", "text/plain"), Output(form="text/html", text="w", digest="d", size=1))
    pair = [Record(post="a.md", blocks=(block("b", 5, *o),), values=()) for o in (shown, shown[::-1])]
    (one,) = compare(*pair)
    assert (one.kind, one.old, one.new) == ("moved", "text/plain, text/html", "text/html, text/plain")
    edited = (shown[1], said("2", "text/plain"))
    pair[1] = Record(post="a.md", blocks=(block("b", 5, *edited),), values=())
    assert [change.kind for change in compare(*pair)] == ["changed"], "told once"


def test_a_long_difference_is_bounded_and_quick_to_find():
    old, new = ("\n".join(f"{word} {n}" for n in range(3_000)) for word in ("a", "b"))
    (one,) = told(said(old), said(new))
    assert len(one.diff) == comparing.MOST_LINES
    assert one.diff[:2] == ("- a 0", "+ b 0")
    assert len(one.diff) + one.more == 6_000
    (mid,) = told(said("p\nA\nq\nr"), said("p\nB\nq\nr"))
    assert mid.diff == ("- A", "+ B")
    (two,) = told(said(f"{old}\nend"), said(f"{old}\nEND"))
    assert two.diff == ("- end", "+ END")


def test_blocks_without_a_name_are_known_by_their_code_and_by_their_place():
    old = Record(
        post="a.md", blocks=(block("", 5, said("1"), code="x"), block("", 9, said("2"), code="y")), values=()
    )
    edited = replace(old, blocks=(old.blocks[0], block("", 12, said("3"), code="z")))
    (one,) = compare(old, edited)
    assert (one.what, one.kind, one.line, one.old, one.new) == ("output", "changed", 12, "2", "3")
    named = replace(old, blocks=(old.blocks[0], replace(old.blocks[1], name="sum")))
    (two,) = compare(old, named)
    assert as_text([two]) == ["a.md:9 sum: block renamed: (no name) → sum"]
    other = replace(old, blocks=(old.blocks[0], block("", 9, said("2"), code="z", language="bash")))
    assert [c.kind for c in compare(old, other)] == ["new", "removed"], "another language is another block"


def test_a_block_that_came_or_went_is_summed_up_by_what_can_be_read_of_it():
    post = Record(post="a.md", blocks=(), values=())
    picture = Output(form="image/png", digest="1", size=9)
    both = replace(
        post, blocks=(block("a", 5, picture, said("\x1b[1mwords\x1b[0m\nmore")), block("b", 9, picture))
    )
    assert [change.new for change in compare(post, both)] == ["words", "image/png"]
    assert [change.old for change in compare(both, post)] == ["words", "image/png"]


def test_an_edited_expression_is_still_the_value_of_its_place():
    old = Record(post="a.md", blocks=(block("b", 5),), values=(value("a", 7, 0, "1"), value("b", 8, 0, "2")))
    new = replace(old, values=(value("a + 1", 7, 0, "3"), value("b", 8, 0, "2")))
    (one,) = compare(old, new)
    assert (one.kind, one.name, one.old, one.new) == ("changed", "a + 1", "1", "3")
    first = replace(old, values=(value("c", 3, -1, "1"), *old.values))
    (two,) = compare(first, replace(first, values=(value("d", 3, -1, "2"), *old.values)))
    assert (two.kind, two.name, two.line) == ("changed", "d", 3)
    assert compare(old, replace(old, values=old.values[::-1])) == [], "a sentence that moved"
    above = replace(old, values=(value("c", 3, -1, "9"), value("b", 8, 0, "2")))
    assert [c.kind for c in compare(old, above)] == ["new", "removed"], "of another block"


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
