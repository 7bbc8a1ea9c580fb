"""What changed in numbers: what is one, how far it may go, and what keeps noise out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executable_posts.changes.comparing import compare
from executable_posts.changes.numbers import Tolerance, numbers, percent, relative, skeleton
from executable_posts.changes.numbers import value as value_of
from executable_posts.changes.record import Output, Record
from executable_posts.changes.text import as_text
from support.records import block, chart, patient, said, told, value

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


@pytest.mark.parametrize(
    ("text", "tolerance", "most"),
    [("5%", Tolerance(share=0.05), "105"), ("0.5", Tolerance(margin=0.5), "100.5"), ("", Tolerance(), "100")],
)
def test_a_tolerance_is_read_as_it_was_written(text, tolerance, most):
    assert Tolerance.of(text) == tolerance
    assert tolerance.allows("100", most)
    assert not tolerance.allows("100", f"{most}1" if "." in most else f"{most}.1")


def test_what_is_no_number_is_never_near_another():
    near = Tolerance(margin=100.0)
    assert near.allows("1.2.3", "1.2.3")
    for old, new in (("1.2.3", "5"), ("5", "1.2.3"), ("1.2.3", "1.2.4")):
        assert not near.allows(old, new)
    assert near.allows("1", "1.0")
    assert not Tolerance().allows("1", "1.0"), "another text, where nothing is allowed"


@pytest.mark.parametrize("written", ["1.2.3", "9" * 400, "1e999", "0x" + "f" * 400])
def test_what_no_number_can_hold_is_none(written):
    assert value_of(written) is None


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
