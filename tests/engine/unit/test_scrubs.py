"""Numbers that a reader moves: what is refused, what follows from them, and what their tables say."""

from __future__ import annotations

import json

import pytest

from executable_posts.errors import PostError
from executable_posts.notebooks.convert import check_round_trip, notebook_from_post, post_from_notebook
from executable_posts.notebooks.downloads import with_values
from executable_posts.reading.post import parse
from executable_posts.reading.scrubs import read_range
from executable_posts.running.execute import Executed
from executable_posts.running.in_kernel.scrub import table
from executable_posts.running.pieces import Pieces

HEAD = "---\ntitle: A\ndate: 2026-01-01\n---\n\n"
BLOCK = """```python
import math

RATE = 3
SHARE = 0.25
OTHER = 2
names = []

def wait(share):
    return 10 * share + RATE

def told():
    return f"{SHARE:.0%}"

staff = math.ceil(wait(SHARE) * 4)
names.append(staff)
both = SHARE * OTHER
```

"""
MOVED = "If {scrub}`SHARE 0..0.5 step 0.25` wait, {eval}`staff` cooks; "


def read(text, block=BLOCK):
    return parse(HEAD + block + text + "\n", "post.md")


def evaluated(post, block=BLOCK):
    """Run a post's values as the kernel does, in one namespace; return the text of each."""
    names: dict[str, object] = {}
    exec(block.strip().removeprefix("```python").removesuffix("```"), names)
    return [str(eval(value.expression, names)) for value in post.values]


def follows(text, block=BLOCK):
    """Give what a table says: expression of a value -> its texts."""
    post = read(text, block)
    texts = post.texts(evaluated(post, block))
    (value,) = (v for v in post.values if v.table_of >= 0)
    said = json.loads(texts[value.rank])["texts"]
    return {v.expression: said[str(v.rank)] for v in post.values if str(v.rank) in said}


@pytest.mark.parametrize(
    ("content", "positions"),
    [
        ("X 0..0.5 step 0.25", ("0.00", "0.25", "0.50")),
        ("X 0..1 step 0.25", ("0.00", "0.25", "0.50", "0.75", "1.00")),
        ("X 1..3 step 1", ("1", "2", "3")),
        ("X -1..1 step 1", ("-1", "0", "1")),
        ("X 1.5..2.5\n  step 1", ("1.5", "2.5")),
    ],
)
def test_positions_are_written_as_the_author_writes_them(content, positions):
    assert read_range(content) == ("X", positions)


@pytest.mark.parametrize("content", ["X 0..0.5", "X 1..40", "X 0..1000", "X 0.001..0.002"])
def test_without_a_step_there_are_some_dozens(content):
    assert 20 <= len(read_range(content)[1]) <= 51


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("X", "is not a name and a range"),
        ("X 1", "is not a name and a range"),
        ("X+1 0..1", r"moves X\+1, which is no name"),
        ("X 0..b", "made of numbers"),
        ("X 1..0", "empty range"),
        ("X 0..1 step 0", "empty range"),
        ("X 0..1 step -1", "empty range"),
        ("X 0..inf", "range"),
        ("X 0..1 step 0.001", "1001 positions"),
        ("X 0..1 step 2", "1 positions"),
    ],
)
def test_what_is_no_range_is_refused_at_its_line(content, found):
    with pytest.raises(PostError, match=found) as failed:
        read(f"One line.\n\nThen {{scrub}}`{content}` and {{eval}}`staff`.")
    assert failed.value.line == 27
    assert "{scrub}`NAME LOW..HIGH" in failed.value.mend


def test_what_follows_is_what_the_post_would_say():
    said = follows(MOVED + "{eval}`told()`, {eval}`RATE`, {eval}`round(SHARE, 1) * 2`.")
    assert said == {
        "SHARE": ["0.0", "0.25", "0.5"],
        "staff": ["12", "22", "32"],
        "told()": ["0%", "25%", "50%"],
        "round(SHARE, 1) * 2": ["0.0", "0.4", "1.0"],
    }


def test_a_whole_number_stays_whole_and_a_position_that_fails_says_nothing():
    block = "```python\nCOOKS = 2\n```\n\n"
    said = follows("{scrub}`COOKS 0..2 step 1`: {eval}`12 // COOKS`.", block)
    assert said == {"COOKS": ["0", "1", "2"], "12 // COOKS": [None, "12", "6"]}


def test_what_builds_on_two_moving_numbers_follows_neither():
    post = read(MOVED + "{scrub}`OTHER 1..3 step 1`, {eval}`OTHER + 1`, {eval}`both`.")
    spec = [v.expression for v in post.values if v.table_of >= 0]
    assert len(spec) == 2
    assert not any("both" in expression for expression in spec)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{scrub}`NOPE 0..1`, {eval}`staff`", "no block above gives a value"),
        ("{scrub}`RATE 0..9`", "no value of the text follows"),
        ("{scrub}`SHARE 0..0.5`, {eval}`len(names)`", "no value of the text follows"),
        ("{scrub}`OTHER 0..4`, {eval}`RATE`", "no value of the text follows"),
    ],
)
def test_a_number_that_moves_nothing_is_refused(text, found):
    with pytest.raises(PostError, match=found) as failed:
        read(text)
    assert failed.value.line == 25


@pytest.mark.parametrize(
    ("number", "error", "found"),
    [
        ("a", TypeError, "'a', which is no number"),
        (True, TypeError, "no number"),
        (3.5, ValueError, "3.5, outside of 0 to 2"),
    ],
)
def test_what_only_the_run_knows_is_refused_by_it(number, error, found):
    spec = {"name": "X", "positions": ["0", "1", "2"], "statements": [], "values": {"0": "X"}}
    with pytest.raises(error, match=found):
        table(json.dumps(spec), {"X": number})


def test_what_is_another_each_time_is_left_out(capsys):
    drawn = iter(range(1000))
    spec = {
        "name": "X",
        "positions": ["0", "1"],
        "statements": ["print('not heard')", "y = X + 1"],
        "values": {"0": "y", "1": "next(drawn)"},
    }
    told = json.loads(table(json.dumps(spec), {"X": 0, "drawn": drawn}))
    assert told == {"own": {"0": "1"}, "at": ["0", "1"], "texts": {"0": ["1", "2"]}}
    assert capsys.readouterr().out == ""


def test_a_notebook_has_a_value_in_its_place_and_the_post_comes_back():
    post = read(MOVED + "and `{scrub}` is code, so is `` {scrub}`SHARE 0..1` ``.")
    nb = notebook_from_post(post)
    text = "".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    assert "If {eval}`SHARE  # 0..0.5 step 0.25` wait" in text
    assert "`` {scrub}`SHARE 0..1` ``" in text
    assert post_from_notebook(nb).rstrip() == post.text.rstrip()
    check_round_trip(post)


def test_a_transcript_has_the_number():
    post = read(MOVED + "so.")
    values = evaluated(post)
    executed = Executed(results=[], values=values, cached=False, when="", seconds=0)
    assert with_values(post, executed).rstrip().endswith("If 0.25 wait, 22 cooks; so.")


def test_a_table_is_made_anew_when_code_or_a_value_changes_and_not_for_prose():
    pieces = Pieces()
    made = []

    def kept(key, make):
        return pieces.of(key, lambda: made.append(key) or make())

    def values(text, block=BLOCK):
        post = parse(HEAD + block + text + "\n", "post.md", kept=kept)
        assert post.values == read(text, block).values
        return len(made)

    assert values(MOVED) == 1
    assert values(f"A paragraph.\n\n{MOVED}") == 1
    assert values(MOVED, "Before.\n\n" + BLOCK) == 1
    assert values(MOVED.replace("0..0.5", "0..1")) == 2
    assert values(MOVED + "{eval}`RATE`") == 3
    assert values(MOVED, BLOCK.replace("10 * share", "11 * share")) == 4
    assert values("nothing moves") == 4


def test_a_number_that_moves_nothing_is_refused_each_time():
    pieces = Pieces()
    for line in (25, 27):
        text = "\n" * (line - 25) + "{scrub}`NOPE 0..1`"
        with pytest.raises(PostError, match="no block above") as failed:
            parse(HEAD + BLOCK + text, "post.md", kept=pieces.of)
        assert failed.value.line == line
