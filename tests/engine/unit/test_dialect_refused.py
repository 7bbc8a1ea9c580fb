"""The dialect: what is off or unknown is an error at its line, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executable_posts.config import EXTENSIONS
from executable_posts.errors import PostError
from executable_posts.html.maths import check_formulas, mathml
from executable_posts.html.render import render
from executable_posts.notebooks.pairing import check_round_trip
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed
from support.dialect import fault, page

WRITTEN = {
    "math": "Let $a_1$ be.\n",
    "tasks": "- [ ] flour\n",
    "definitions": "Term\n: meaning\n",
    "autolinks": "See https://example.org now.\n",
    "admonitions": '!!! note "T"\n    x\n',
    "containers": ":::note T\nx\n:::\n",
    "attributes": "## Head {#own-id}\n",
    "html": '<div markdown="1">\n*x*\n</div>\n',
}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_what_is_switched_off_is_an_error_at_its_line(name):
    text = "Before.\n\n" + WRITTEN[name]
    parse(text, "p.md")
    rest = tuple(e for e in EXTENSIONS if e != name)
    line, _ = fault(text, extensions=rest)
    assert line in (3, 4), "definitions are known by their second line"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a\n\nSee [[Other Post|there]].\n", 3, "wiki link"),
        ("a\nb {{ page.title }} c\n", 2, "placeholder"),
        ("{% youtube abc %}\n", 1, "placeholder"),
        ("![a](https://e.org/x.png){% gallery %}\n", 1, "placeholder"),
        ("a\n\n[TOC]\n", 3, "contents list"),
        ("A claim.[^nowhere]\n", 1, "footnote"),
        ("a\n\n[^unused]: Words that nobody would see.\n", 3, "footnote"),
        ("*[MQTT]: a protocol\n", 1, "abbreviation"),
        (":::python\nx\n:::\n", 1, "unknown kind"),
        ("a\n\n:::tip\nx\n", 3, "never closed"),
        (":::{note}\n:class: big\nx\n:::\n", 1, "option"),
        ("!!! note\nnot indented\n", 1, "without text"),
        ("> [!HINT]\n> x\n", 1, "not understood"),
        ("![a](https://e.org/x.png){width=50%}\n", 1, "attributes"),
        ("A paragraph. {.lead}\n", 1, "attributes"),
        ('[a](https://e.org){onclick="x"}\n', 1, "onclick"),
        ("## A {#x}\n\n## B {#x}\n", 3, "already used"),
        ("{eval} `x`\n", 1, "value"),
        ("a\nsee [the oven]({tag}hot oven) there\n", 2, "link or a picture"),
        ("![two words](images/two words.png)\n", 1, "link or a picture"),
        ('<div markdown="1">\n*x*\n', 1, "Markdown in HTML"),
        ("{.x}\n```python\ny\n```\n", 2, "attributes"),
        ("a\n[x](javascript:alert(1)) b\n", 2, "link that is not understood"),
        ("[x](file:///home/me/x.pdf)\n", 1, "link that is not understood"),
        ("![x](data:image/svg+xml,<svg/>)\n", 1, "not understood"),
        ("[words](my report.pdf#p)\n", 1, "link that is not understood"),
        ("[words](https://e.org/a b)\n", 1, "link that is not understood"),
        ("a\nsee [the manual][nowhere].\n", 2, "nowhere defined"),
        ("see [the manual][].\n", 1, "nowhere defined"),
        ("a\n\n| a | b |\n| 1 | 2 |\n", 3, "table that is not understood"),
        ("| a | b |\n|---|\n| 1 | 2 |\n", 1, "table that is not understood"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| `x|y` | 1 |\n", 4, "a row of 3 cells in a table of 2 columns"),
        ("> - | a |\n>   |---|\n>   | 1 | 2 |\n", 3, "a row of 2 cells"),
        ("This is ==marked== here.\n", 1, "marked words"),
        ("H~2~O\n", 1, "lowered number"),
        ("a\n\n[Update]: today\n\nb\n", 3, "would not be seen: [Update]: today"),
        ("[a]\n\n[a]: https://e.org\n[A]: https://e.net\n", 4, "[a] has two addresses"),
        ("a[^n]\n\n[^n]: one\n\n[^n]: two\n", 5, "the footnote [^n] is written twice"),
        (r"so \(x^2 + y\) it is", 1, "a formula of another dialect"),
        (r"so \[\frac{1}{2}\] it is", 1, "a formula of another dialect"),
        ("a\n\n<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> mine\n", 3, "merge conflict"),
        ("x^2^ and y\n", 1, "raised"),
    ],
)
def test_unmistakable_forms_are_refused_at_their_line(text, line, words):
    at, found = fault(text)
    assert at == line
    assert words in found


def test_all_faults_of_a_post_can_be_heard_at_once():
    text = (
        "---\ntitle: T\ntags: of {eval}`x`\n---\n\n[[Wiki]] {evil}`a` ![](x.png)\n\n    code\n\n```py\nx\n```\n\n"
        "<pre><code>x</code></pre>\n\n## A {#a}\n\n## B {#a}\n\n$\\frac$\n\n[^n]: x\n\n:::python\n:::\n"
    )
    faults = []
    post = parse(text, "p.md", report=faults.append)
    check_formulas(post, faults.append)
    assert sorted(f.line for f in faults) == [3, 6, 6, 6, 8, 10, 14, 18, 20, 22, 24]
    assert all(f.mend for f in faults)


@pytest.mark.parametrize(
    "text",
    [
        "A list of lists: [[1, 2], [3, 4]], and [[1]](https://e.org).",
        "In C++, `{{0, 0}}`; outside, {{0, 0}} and {a} and {}.",
        r"Escaped: \[\[wiki\]\] and \{\{ name \}\} and \:::note.",
        "The class [^a-z] matches; so does [x] and [ ].",
        "What??? Yes!!! Really: a.",
        "Ratio 3:2, C::d, a : b.",
        "Code: `[[wiki]]` `{{ x }}` `{% y %}` `!!! note` `$x$` `:::`.",
        "An array a[0] and {placeholder}.",
        "[Two\nwords], [b][], ![c][d]\n\n> [e]\n\n[two words]: /a\n[B]: /b\n[d]: https://e.org/c.png\n\n> [e]: /e",
        r"Escaped \(brackets\) and \[these\], `\(x^2\)` in code, a\\(x\\).",
        "a[^n] and again[^n]\n\n[^n]: one\n\n```text\n[^n]: in a listing\n[x]: y\n```\n",
        "grid[row][column], m[0][1], f[i](x), [1, 2][0], a == b == c, ~50 ~ 60~, 2^3, a [note] (of mine).",
        "\\[the manual\\]\\[nowhere\\] [defined][d] and [d][] and [d].\n\n[d]: https://e.org",
        "| a | b |\n| - | - |\n| `x\\|y` | 1 |\n| 2 |\n\n|x| is\n|y| of it",
    ],
)
def test_ordinary_prose_is_never_refused(text):
    page(text)


@pytest.mark.parametrize(
    "text", [*WRITTEN.values(), "> [!NOTE]\n> x\n", "$$\nx\n$$\n", "```text\n:::note\n```\n"]
)
def test_every_form_comes_back_from_the_notebook_as_it_was(text):
    check_round_trip(parse("A.\n\n" + text + "\n```python\nx = 1\n```\n\nB.\n", "p.md"))


def test_no_line_end_at_the_end_is_accepted():
    check_round_trip(parse("A.\n\n```python\nx = 1\n```", "p.md"))
    check_round_trip(parse("```python\nx = 1\n```\n\nEnd.", "p.md"))


PIECES = st.sampled_from(
    ["$", "$$", "`", "```", "{", "}", "{eval}", "`x`", "[", "]", "(", ")", "[^1]", ":", ":::", "!!!", "> ", "- ", "    ",
     "\n", "\n\n", "<div>", "</div>", "<pre>", "<code>", '<p markdown="1">', "note", "|", "---", "#", "*", "_", "\\", "&",
     "<!--", "-->", "a", "é", "{static}", "https://e.org", "![", "\t", "%", '"', "=", "\x00", "\\frac", "^"]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join))
def test_no_text_of_a_post_makes_anything_but_a_post_error(text):
    error = refused(text)
    if error:
        assert error.mend
        assert 0 <= error.line <= text.count("\n") + 1


def refused(text) -> PostError | None:
    """Read a text, and show it where nothing has to run for that; return the error."""
    try:
        post = parse(text, "p.md", Path("p.md"))
        check_formulas(post)
        if not post.blocks:
            render(post, Executed([], ["v"] * len(post.values), False, "", 0.0))
    except PostError as error:
        return error
    return None


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="\\{}^_&ab1 []()<>$#%frcsqtleigh\n", max_size=20))
def test_no_formula_makes_anything_but_well_formed_mathml_or_a_value_error(latex):
    from xml.etree import ElementTree

    try:
        text = mathml(latex, True)
    except ValueError:
        return
    assert ElementTree.fromstring(text).get("alttext") == latex.strip()
