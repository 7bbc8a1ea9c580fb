"""The record beside a page: what is in it, what is not, and what becomes of one that is damaged."""

from __future__ import annotations

import base64
import json

import pytest

from executable_posts.authors import Explorable, explorable, source
from executable_posts.changes.comparing import compare
from executable_posts.changes.record import BEGINS, Record, parsed, read, written
from executable_posts.changes.recording import LONG, files, recorded
from executable_posts.changes.sites import compare_sites, published
from executable_posts.changes.words import words
from executable_posts.errors import PostError
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed
from executable_posts.running.in_kernel.chartdata import MIME as CHART
from executable_posts.running.kernel import Result
from support.records import before, block, said

PNG = base64.b64encode(
    bytes.fromhex("89504e470d0a1a0a0000000d49484452000000020000000308020000003688490a")
).decode()


def record(fence: str, *outputs: dict, charts: dict[str, str] | None = None, above: str = "") -> Record:
    """Record a post of one block that gave these outputs."""
    post = parse(f"{above}```{fence}\n1\n```\n", "content/a.md")
    return recorded(post, Executed([Result(list(outputs))], [], False, "", 0.0), charts or {})


def shown(**data: object) -> dict:
    names = {"html": "text/html", "svg": "image/svg+xml", "png": "image/png", "plain": "text/plain"}
    return {
        "output_type": "display_data",
        "data": {names.get(k, k): v for k, v in data.items()},
        "metadata": {},
    }


def stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def test_a_record_holds_what_is_shown_and_where():
    text = '```python name="sum" tags=["output-varies"]\n1\n```\n\nIt is {eval}`x`.\n\n```bash tolerance="5%"\n:\n```\n'
    post = parse(text, "content/a.md")
    results = [Result([stream("3\n")]), Result([stream("oh\n", "stderr")])]
    made = files(post, Executed(results, ["3"], False, "2026-01-01", 12.5), {})
    (name,) = made
    assert name == "a_outputs.json"
    found = json.loads(made[name])
    assert found["post"] == "content/a.md"
    first, second = found["blocks"]
    digest = first.pop("code")
    assert len(digest) == 16
    assert first == {
        **{"name": "sum", "line": 2, "language": "python", "varies": True},
        "outputs": [{"form": "stdout", "text": "3\n"}],
    }
    assert (second["line"], second["tolerance"], second["outputs"][0]["form"]) == (8, "5%", "stderr")
    assert found["values"] == [{"expression": "x", "line": 5, "text": "3"}]
    assert "2026" not in made[name], "no time"
    assert made[name].encode().startswith(BEGINS)


@pytest.mark.parametrize("tag", ["remove-cell", "remove-output"])
def test_what_the_page_hides_is_not_in_it(tag):
    assert "secret" not in written(record(f'python tags=["{tag}"]', stream("secret")))
    assert "secret" in written(record('python tags=["hide-output"]', stream("secret")))


def test_pictures_are_known_by_a_digest_and_their_size():
    (one,) = record("python", shown(png=PNG, plain="<Figure>")).blocks[0].outputs
    assert (one.form, one.pixels, one.size, one.text) == ("image/png", "2 × 3", 33, "")
    assert len(one.digest) == 16


def test_a_chart_is_the_same_wherever_its_block_stands_and_whatever_its_caption():
    table = {"title": "", "x": "n", "y": "", "columns": ["ms"], "rows": [["1", "2.5"]], "total": 1}
    raw = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><desc>now: {}</desc></svg>'

    def chart(above: str, title: str, rows: list) -> Record:
        line = above.count("\n") + 1
        drawn = f'<svg viewBox="0 0 40 30"><title id="L{line}-1-title">{title}</title><path id="L{line}-1-p"/></svg>'
        output = shown(svg=raw.format(line), **{CHART: {"tables": [{**table, "rows": rows}]}})
        return record("python", output, charts={f"line_{line}-1.svg": drawn}, above=above)

    old = chart("", "A", [["1", "2.5"]])
    (one,) = old.blocks[0].outputs
    assert (one.pixels, one.tables) == ("40 × 30", ((("n", "ms"), ("1", "2.5")),))
    assert compare(old, chart("Prose.\n\n", "B", [["1", "2.5"]])) == []
    (change,) = compare(old, chart("Prose.\n\n", "B", [["1", "3.5"]]))
    assert (change.what, change.line) == ("chart", 4)
    assert [(pair.of, pair.old, pair.new) for pair in change.numbers] == [("ms at 1", "2.5", "3.5")]


def test_of_other_forms_the_words_are_kept_and_a_digest_tells_of_the_rest():
    html = "<style>b { c: d }</style><table id='t7'><tr><th>a</th><td>1 &amp; 2</td></tr><tr><td>b</td></tr></table>"
    (one,) = record("python", shown(html=html, plain="x")).blocks[0].outputs
    assert (one.form, one.text) == ("text/html", "a 1 & 2\nb")
    old, new = (record("python", shown(html=html.replace("t7", name))) for name in ("t7", "t8"))
    assert [change.note for change in compare(old, new)] == ["other HTML, the same words"]
    toy = Explorable("see-saw", {"n": 1}, "<p>A <b>see-saw</b></p><svg><text>no</text></svg>")
    (two,) = record('python name="toy"', shown(**toy._repr_mimebundle_())).blocks[0].outputs
    assert (two.form, two.text) == ("explorable", "A see-saw")
    code = {"text": "def f(): ...", "language": "python", "where": "a.py:3"}
    (three,) = record("python", shown(**{source.MIME: code, "plain": "x"})).blocks[0].outputs
    assert (three.form, three.text) == ("source", "def f(): ...")
    (four,) = record("python", shown(**{"application/json": {"b": 1, "a": [2]}})).blocks[0].outputs
    assert json.loads(four.text) == {"a": [2], "b": 1}
    assert explorable.MIME not in written(record('python name="toy"', shown(**toy._repr_mimebundle_())))


def test_a_formula_an_error_and_half_a_character_are_text():
    error = {"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["content/a.md:2", "E: x"]}
    made = record(
        'python tags=["raises-exception"]', shown(**{"text/latex": ["$x$", ""]}), error, stream("\ud800\n")
    )
    assert [(one.form, one.text) for one in made.blocks[0].outputs] == [
        ("text/latex", "$x$"),
        ("error", "content/a.md:…\nE: x"),
        ("stdout", "\ufffd\n"),
    ]
    assert parsed(written(made).encode(), "x") == made


def test_the_post_s_own_lines_move_with_its_prose():
    def said_at(line: int) -> Record:
        report = f'File "content/a.md", line {line}\n  content/a.md:{line} in f, b.md:{line}\n'
        trace = [f"  content/a.md:{line}", "E: 3"]
        error = {"output_type": "error", "ename": "E", "evalue": "3", "traceback": trace}
        return record('python tags=["raises-exception"]', stream(report, "stderr"), error)

    (change,) = compare(said_at(7), said_at(8))
    assert [(pair.old, pair.new) for pair in change.numbers] == [("7", "8")], "another file's line is news"


def test_a_huge_output_makes_a_small_record():
    old, new = (record("python", stream("line\n" * 700_000 + end)) for end in ("a", "b"))
    assert len(written(old)) < 2 * LONG
    (change,) = compare(old, new)
    assert change.old == "3,500,001 characters"
    text = "0123456789 " * 90_000
    old, new = (record('python tags=["output-varies"]', stream(f"{n}.5 ms {text}{n}\n")) for n in (1, 22))
    assert compare(old, new) == [], "of what varies, the rest is compared without its numbers"
    post = parse("{eval}`x`\n", "content/a.md")
    old, new = (recorded(post, Executed([], ["y" * LONG + end], False, "", 0.0), {}) for end in ("a", "b"))
    assert len(compare(old, new)) == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a <em>b</em>c&nbsp;d", "a bc d"),
        ("<img src='x' alt='an egg'/> x", "an egg x"),
        ("<script>1 < 2</script>a<svg/><svg><text>b</text></svg>c", "ac"),
        ("<svg><style>x</style>y</svg>z", "z"),
        ("<p>a</p>b<table><tr><td>1</td><td>2</td></tr></table>c", "a\nb\n1 2\nc"),
        ("a<input alt='no'>b<template><img alt='no'></template><img>c", "ab c"),
        ("eggs &amp", "eggs &"),
        ("", ""),
    ],
)
def test_words_of_html(html, text):
    assert words(html) == text


# Damage


GOOD = written(before())


@pytest.mark.parametrize("part", [0, 1, 20, len(BEGINS), len(BEGINS) + 3, 200, len(GOOD) // 2, len(GOOD) - 3])
def test_a_half_written_record_is_told_and_its_post_is_not_compared(tmp_path, part):
    for name in ("old", "new"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "a_outputs.json").write_text(GOOD, encoding="utf-8")
        other = Record(post="content/b.md", blocks=(block("b", 5, said(name)),), values=())
        (tmp_path / name / "b_outputs.json").write_text(written(other), encoding="utf-8")
    path = tmp_path / "old" / "a" / "a_outputs.json"
    path.write_text(GOOD[:part], encoding="utf-8")
    done = compare_sites(tmp_path / "old", tmp_path / "new")
    assert [trouble.path for trouble in done.troubles] == [str(path)]
    assert "damaged record" in done.troubles[0].found
    assert "\n  mend: publish" in str(done.troubles[0])
    assert [(c.file, c.kind) for c in done.changes] == [("content/b.md", "changed")], "the rest is compared"
    back = compare_sites(tmp_path / "new", tmp_path / "old")
    assert len(back.troubles) == len(back.changes) == 1


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('"line": 14', '"line": "14"', "line is no whole number"),
        ('"line": 14', '"line": true', "line is no whole number"),
        ('"form": "stdout"', '"form": 7', "form is no text"),
        ('"form": "stdout", ', "", "KeyError: 'form'"),
        ('"tolerance": "5%"', '"tolerance": "inf"', "'inf' is no tolerance"),
        ('["clients", "one loop"]', '["clients", 1]', "a table is no list of rows"),
        ('"after": 11', '"after": 99', "a value after block 99, of 13"),
        ('"blocks": [', '"blocks": [5,', "AttributeError"),
        ('"values": [', '"values": [' + "[" * 100_000, "RecursionError"),
        ("outputs 1", "outputs 9", "a record of another kind: executable-posts outputs 9"),
    ],
)
def test_a_record_that_says_nonsense_is_told_by_what_is_wrong(tmp_path, old, new, found):
    assert old in GOOD
    path = tmp_path / "a_outputs.json"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PostError) as error:
        read(path)
    assert found in error.value.found
    assert error.value.path == str(path)
    assert error.value.mend


def test_files_of_others_are_left_alone(tmp_path):
    texts = ["{}", '{"format": "of somebody else"}', "no JSON", "[1]"]
    for n, text in enumerate(texts):
        (tmp_path / f"{n}_outputs.json").write_text(text)
    (tmp_path / "x_outputs.json").write_bytes(b"\xff\xfe")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "y_outputs.json").write_text(GOOD, encoding="utf-8")
    troubles: list[PostError] = []
    assert published(tmp_path, troubles) == {}
    assert troubles == []


def test_a_folder_in_the_place_of_a_record_is_told(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "a_outputs.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "new" / "a_outputs.json").symlink_to("nowhere")
    done = compare_sites(tmp_path / "old", tmp_path / "new")
    assert [trouble.found for trouble in done.troubles] == ["cannot be read: No such file or directory"]
    assert done.changes == []
