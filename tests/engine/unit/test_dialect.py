"""The dialect: what authors of other blogs write works; what is off or unknown is an error at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from executable_posts.config import EXTENSIONS
from executable_posts.errors import PostError
from executable_posts.html.maths import check_formulas, mathml
from executable_posts.html.render import render
from executable_posts.notebooks.pairing import check_round_trip
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed


def page(text, values=(), **kwargs):
    post = parse(text, "p.md", Path("p.md"), **kwargs)
    return BeautifulSoup(render(post, Executed([], list(values), False, "", 0.0)).html, "html.parser")


def fault(text, **kwargs):
    with pytest.raises(PostError) as caught:
        check_formulas(parse(text, "p.md", **kwargs))
    assert caught.value.mend
    return caught.value.line, caught.value.found


def test_formulas_are_mathml_with_their_source_as_alternative():
    shown = page("Mean wait $W_q = \\frac{\\rho}{\\mu - \\lambda}$ here.\n\n$$\nL = \\lambda W\n$$\n")
    inline, block = shown.find_all("math")
    assert inline["alttext"] == r"W_q = \frac{\rho}{\mu - \lambda}"
    assert (inline["display"], block["display"]) == ("inline", "block")
    assert not shown.find_all("em")
    assert inline.find("mfrac")


def test_an_environment_of_equations_is_a_formula():
    shown = page("\\begin{align*}\na &= b_1 \\\\\nc &= d\n\\end{align*}\n")
    assert len(shown.find("math").find_all("mtr")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "It costs $12 today and $13,50 tomorrow.",
        "Set $HOME/$PATH and $x. Then US$5 or A$6.",
        "From (5$)/(6$) to $1/$2.",
        "They took $40 and we took 50$.",
        r"A \$escaped\$ price.",
    ],
)
def test_money_and_variables_are_text(text):
    assert page(text).find("math") is None
    assert page(text).get_text().strip() == text.replace("\\", "")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a\n\nb $\\frac{1}$\n", 3, "argument"),
        ("a\n\n$$\n\\nonsense x\n$$\n", 3, r"\nonsense"),
        ("a `b\nc` and\n$x_1_2$\n", 3, "double subscripts"),
        ("$$\nx\n\ny\n", 1, "never closed"),
        ("- $\\begin{nope}x\\end{nope}$\n", 1, "nope"),
    ],
)
def test_a_formula_that_is_not_understood_is_refused_at_its_line(text, line, words):
    at, found = fault(text)
    assert at == line
    assert words in found


def test_tasks_are_boxes_that_nobody_can_tick_and_everybody_can_name():
    shown = page("- [x] *Dough* risen\n- [ ] Oven at {eval}`t` degrees\n- plain\n", ["250"])
    boxes = shown.find_all("input")
    assert [b["aria-label"] for b in boxes] == ["Dough risen", "Oven at 250 degrees"]
    assert all(b.has_attr("disabled") and b["type"] == "checkbox" for b in boxes)
    assert [b.has_attr("checked") for b in boxes] == [True, False]


def test_definitions_and_bare_addresses():
    shown = page("Mozzarella\n: cheese\n\nSee https://example.org/a_b_c, or README.md.\n")
    assert shown.find("dt").get_text() == "Mozzarella"
    assert shown.find("dd").get_text().strip() == "cheese"
    assert [a["href"] for a in shown.find_all("a")] == ["https://example.org/a_b_c"]


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ('!!! warning "Hot *oven*"\n    Careful.\n', "warning", "Hot oven"),
        ("!!! tip\n    Careful.\n", "tip", "Tip"),
        (":::danger Hot\nCareful.\n:::\n", "danger", "Hot"),
        (":::: {note} Mind {eval}`x`\nCareful.\n::::\n", "note", "Mind 7"),
        ("::: {.caution #here}\nCareful.\n:::\n", "caution", "Caution"),
        ("> [!IMPORTANT]\n> Careful.\n", "important", "Important"),
    ],
)
def test_boxes_have_a_title_and_a_role(text, kind, title):
    shown = page(text, ["7"] if "eval" in text else [])
    box = shown.find(class_="admonition")
    assert kind in box["class"]
    assert box["role"] == "note"
    named = shown.find(id=box["aria-labelledby"])
    assert named.get_text() == title
    assert named["class"] == ["admonition-title"]
    assert "Careful." in box.get_text()


def test_a_box_that_folds_is_a_disclosure():
    closed, opened = page('??? note "More"\n    a\n\n???+ tip\n    b\n').find_all("details")
    assert not closed.has_attr("open")
    assert opened.has_attr("open")
    assert closed.summary.get_text() == "More"


def test_boxes_nest():
    shown = page(":::: note Outer\n::: tip Inner\nx\n:::\n::::\n")
    assert shown.find(class_="note").find(class_="tip")


def test_attributes_of_headings_pictures_links_and_paragraphs():
    shown = page(
        "## Dough {#the-dough .floury}\n\n## Sauce {: #sauce }\n\n[a](#the-dough){.x} "
        "![b](https://e.org/b.png){: width=40 }\n\nWords.\n{: .lead }\n\n{.q}\nMore.\n"
    )
    assert [h["id"] for h in shown.find_all("h2")] == ["the-dough", "sauce"]
    assert shown.find("a", class_="x")
    assert shown.img["width"] == "40"
    assert [p.get_text() for p in shown.find_all("p", class_=["lead", "q"])] == ["Words.", "More."]


def test_markdown_inside_html():
    shown = page(
        '<div class="aside" markdown="1">\n*Thin* and:\n\n- crisp\n\n<div markdown="block">\n`x`\n</div>\n</div>\n\n'
        '<p markdown="1">A **b** {eval}`v`.</p>\n',
        ["9"],
    )
    aside = shown.find(class_="aside")
    assert aside.em.get_text() == "Thin"
    assert aside.li.get_text() == "crisp"
    assert aside.div.code.get_text() == "x"
    assert "markdown" not in aside.attrs
    assert shown.find_all("p")[-1].get_text() == "A b 9."


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
