"""Formulas become MathML, or a clear error."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executable_posts.html.contained import leak
from executable_posts.html.maths import formulas, mathml


def test_a_formula_is_one_element_with_its_source_as_its_words():
    tree = ET.fromstring(mathml(r"\frac{a}{b} < \text{a < b}", display=True))
    assert (tree.tag, tree.get("display")) == ("math", "block")
    assert tree.get("alttext") == r"\frac{a}{b} < \text{a < b}"
    assert tree.find(".//mtext").text.replace("\xa0", " ") == "a < b"
    assert 'display="inline"' in mathml("x", display=False)


@pytest.mark.parametrize(
    ("latex", "says"),
    [
        (r"\nosuch x", "unknown command"),
        (r"\frac{a", "braces"),
        ("", "empty"),
        (r"\sqrt", "LaTeX"),
        (r"\left( x", "LaTeX"),
    ],
)
def test_what_is_no_formula_is_said(latex, says):
    with pytest.raises(ValueError, match=says):
        mathml(latex, display=False)


@pytest.mark.parametrize(
    ("text", "count", "block"),
    [
        (r"$\displaystyle x^2$", 1, 1),
        (r"$$x^2$$", 1, 1),
        (r"\begin{equation}x\end{equation}", 1, 1),
        (r"If $a<b$ and \(b<c\), it costs \$5.", 2, 0),
        (r"\[x\] then $y$", 2, 1),
    ],
)
def test_text_holds_formulas_as_in_a_notebook(text, count, block):
    page = formulas(text)
    assert page.count("<math ") == count
    assert page.count('display="block"') == block
    ET.fromstring(f"<p>{page}</p>")


def test_text_without_a_formula_is_an_error():
    with pytest.raises(ValueError, match="no formula"):
        formulas("nothing here")


@given(st.text(st.sampled_from(r"\fracsqrt{}^_&<>ab1 $%#'\"[]|()"), max_size=20))
def test_no_text_makes_anything_but_mathml_or_an_error(latex):
    try:
        page = mathml(latex, display=False)
    except ValueError:
        return
    ET.fromstring(page)
    assert leak(page) == ""
