"""The dialect: what authors of other blogs write works."""

from __future__ import annotations

import pytest

from support.dialect import fault, page


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
