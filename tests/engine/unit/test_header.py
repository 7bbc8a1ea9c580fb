"""Both kinds of header: what they say, how many lines they take, and which line is to blame."""

from __future__ import annotations

import datetime

import pytest

from executable_posts.errors import PostError
from executable_posts.reading.header import read_header

DAY = datetime.datetime(2026, 1, 2)


def faults(text, required=("title", "date")):
    """Give what could be read, and each fault's line and words."""
    found = []
    fields, taken = read_header(text, "p.md", required, found.append)
    assert all(f.path == "p.md" and f.mend for f in found)
    return fields, taken, [(f.line, f.found) for f in found]


def test_lines_as_pelican_has_them():
    text = "Title: Dough\nDate: 2026-01-02 10:30\nTags: a, b\nTags: c\nSummary: One\nSummary: two\n\nText: no field\n"
    fields, taken, found = faults(text)
    assert found == []
    assert fields == {
        "title": "Dough",
        "date": datetime.datetime(2026, 1, 2, 10, 30),
        "tags": "a, b",
        "summary": "One\ntwo",
    }
    assert taken == 7, "with the blank line that ends them"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Title: A\nDate: 2026-01-02", 2),
        ("Title: A\nDate: 2026-01-02\n", 3),
        ("Title: A\nDate: 2026-01-02\nNo field, at once\n\nx", 2),
        ("Title: A\nDate: 2026-01-02\n  \nx", 3),
    ],
)
def test_lines_end_where_the_text_begins(text, taken):
    assert faults(text)[1:] == (taken, [])


@pytest.mark.parametrize(
    "date",
    [
        *("2026-01-02", "2026-01-02 00:00", "2026-01-02 00:00:00", "2026-01-02T00:00", "2026-01-02_00:00"),
        *("2026/01/02", "2026/01/02 00:00", "2 January 2026", "January 2, 2026", "2.1.2026"),
    ],
)
def test_a_date_in_any_form_that_pelican_reads(date):
    fields, _, found = faults(f"Title: A\nDate: {date}\nModified: {date}\n\nx")
    assert (fields["date"], fields["modified"], found) == (DAY, DAY, [])


def test_a_date_that_is_none_is_told_at_its_line():
    fields, _, found = faults("Title: A\nStatus: draft\nDate: soon\n\nx")
    assert found == [(3, "date: soon is not a date")]
    assert fields["date"] is None


@pytest.mark.parametrize(
    ("text", "taken", "found"),
    [
        ("Title: A\n\nx", 2, [(1, "the header has no 'date'")]),
        ("Date: soon\n\nx", 0, [(1, "no header")]),
        ("Words.\n", 0, [(1, "no header")]),
        ("Title: A\nDate: 2026-01-02\nStatus: Draft\n\nx", 4, [(3, "status: Draft")]),
        ("Title: A\nDate: 2026-01-02\nSlug: a b\n\nx", 4, [(3, "slug: a b")]),
        ("---\ntitle: A\ndate: 2026-01-02\n", 0, [(1, "the header is never closed")]),
        ("---\n---\n", 2, [(1, "the header has no 'title'"), (1, "the header has no 'date'")]),
        ("---\n- a\n---\n", 3, [(2, "the header is not a list of fields")]),
        ("---\ntitle: A\ndate: 2026-13-45\n---\n", 4, [(3, "malformed header: month must be in 1..12")]),
        (
            "---\ntitle: A\nsummary: [a\n---\n",
            4,
            [(3, "malformed header: expected ',' or ']', but got '<stream end>'")],
        ),
        (
            "---\ntitle: [open\ndate: 2026-01-02\nslug: a\n---\n",
            5,
            [(2, "malformed header: expected ',' or ']', but got ':'")],
        ),
        (
            '---\ntitle: A\nsummary: "open\ndate: 2026-01-02\n---\n',
            5,
            [(3, "malformed header: found unexpected end of stream")],
        ),
        ("---\ntitle: \x1b\n---\n", 3, [(1, "malformed header: not YAML")]),
        (
            "---\ntitle: A\nsubtitle: x\ndate: soon\n---\n",
            5,
            [(4, "date: soon is not a date")],
        ),
    ],
)
def test_a_fault_is_told_at_its_line(text, taken, found):
    fields, lines, told = faults(text)
    assert (lines, told) == (taken, found)
    assert isinstance(fields, dict)


def test_without_required_fields_a_text_needs_no_header():
    assert read_header("Words.\n", "p.md") == ({}, 0)
    assert read_header("Date: 2026-01-02\n", "p.md") == ({}, 0)
    with pytest.raises(PostError, match="no header"):
        read_header("Words.\n", "p.md", ("title",))


@pytest.mark.parametrize("slug", ["a-post", "a_post", "öfen", "कखि", "42", "ⅸ"])
def test_a_slug_of_any_script(slug):
    assert faults(f"---\ntitle: A\ndate: 2026-01-02\nslug: {slug}\n---\n")[2] == []


@pytest.mark.parametrize("slug", ["''", "a b", "a/b", "a.b", "a+", "😀"])
def test_a_slug_that_is_no_name(slug):
    assert faults(f"---\ntitle: A\ndate: 2026-01-02\nslug: {slug}\n---\n")[2] == [
        (4, f"slug: {slug.strip(chr(39))}")
    ]


def test_names_in_any_case_and_a_moment_with_its_minutes():
    fields, taken, found = faults("---  \nTitle: A\nDATE: 2026-01-02 10:30\n--- \nx")
    assert found == []
    assert (fields["title"], fields["date"]) == ("A", datetime.datetime(2026, 1, 2, 10, 30))
    assert taken == 4


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        *(("lang: no", "lang", "no"), ("title: 1.10", "title", "1.10"), ("title: true", "title", "true")),
        *(("slug: 2026-01-01", "slug", "2026-01-01"), ("category: 007", "category", "007")),
        ("title: |\n  two\n  lines", "title", "two lines"),
        *(("tags: [1.10, null, a]", "tags", ["1.10", "null", "a"]), ("tags: 5", "tags", "5")),
    ],
)
def test_words_are_those_that_are_written(line, name, value):
    """YAML makes a truth value, a number or a day of them, and a page would show that."""
    fields, _, found = faults(
        f"---\ntitle: A\ndate: 2026-01-02\n{line}\n---\n".replace("title: A\n", "", line.startswith("title"))
    )
    assert found == []
    assert fields[name] == value


@pytest.mark.parametrize(
    ("field", "found"),
    [
        *(("title: again", "title is written twice"), ("Tags: a\ntags: b", "tags is written twice")),
        *(
            ("category: [a, b]", "category is not words, but a list"),
            ("author: [a, b]", "author is not words"),
        ),
        *(
            ("summary: {a: b}", "summary is not words, but a table"),
            ("tags: [a, [b]]", "tags holds something else"),
        ),
        *(("tags: {a: b}", "tags holds something else"), ('subtitle: "\\a"', "no page can carry (U+0007)")),
        *(('slug: "\\ud800"', "no page can carry (U+D800)"), ("statsu: draft", "a header field 'statsu'")),
        *(
            ("tag: a", "a header field 'tag'"),
            ("blocks: some", "blocks: some"),
            ("lang: '\" x'", "is no language"),
        ),
        *(("save_as: ../x.html", "outside of the site"), ("save_as: /etc/x", "outside of the site")),
        *((f"slug: {'a' * 201}", "more than 200 bytes"), ("series_index: x", "series_index: x")),
        ("modified: 2026-02-30", "day is out of range"),
        ("summary: &a [*a]", "recursive"),
    ],
)
def test_a_field_that_would_be_lost_or_misread_is_told_at_its_line(field, found):
    """The line is that of the field's last line."""
    text = f"---\ntitle: A\ndate: 2026-01-02\n{field}\n---\n"
    told = faults(text)[2]
    assert found in told[0][1]
    assert told[0][0] == text.count("\n") - 1


def test_names_of_other_plugins_are_left_alone():
    assert faults("---\ntitle: A\ndate: 2026-01-02\nmenu: x\ncover: y.png\nsection: z\n---\n")[2] == []
