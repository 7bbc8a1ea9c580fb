"""What changed: every difference of two records is told once, at its line, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from executable_posts.changes import comparing
from executable_posts.changes.comparing import compare
from executable_posts.changes.record import STREAMS, Output, Record, parsed, written
from executable_posts.changes.text import as_text
from support import records
from support.records import TEXTS, block, chart, patient, said, told, value


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
