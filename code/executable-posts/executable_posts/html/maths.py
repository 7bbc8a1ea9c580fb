"""Formulas as MathML, made when the site is built: no script, no font, nothing to fetch."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from ..running.outputs import visible

# A formula inside of text, as Jupyter finds one: $$..$$, $..$, \[..\], \(..\), or an environment.
_FORMULA = re.compile(
    r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>(?:\\.|[^$\\])+)\$|\\\[(?P<bracket>.+?)\\\]|\\\((?P<paren>.+?)\\\)"
    r"|(?P<environment>\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\})",
    re.DOTALL,
)


def mathml(latex: str, display: bool) -> str:
    """Write a formula as one ``<math>`` element; its source is its text alternative.

    latex: without dollars. display: on a line of its own. Raise ValueError for what is no LaTeX that is understood.
    """
    from latex2mathml.converter import convert_to_element

    # \displaystyle is what `display` says.
    source = re.sub(r"^\\displaystyle\b", "", latex.strip()).strip()
    if not source:
        raise ValueError("an empty formula")
    bare = re.sub(r"\\.", "", source)
    if bare.count("{") != bare.count("}"):
        raise ValueError(f"braces that do not match in {source!r}")
    try:
        root = convert_to_element(source, display="block" if display else "inline")
    except Exception as error:  # the converter has many ways to stumble
        what = str(error) or type(error).__name__
        raise ValueError(f"not understood as LaTeX ({what}): {source!r}") from None
    for element in root.iter():
        # The converter's texts are half escaped: a < within \text would be a tag.
        element.text = visible(html.unescape(element.text)) if element.text else element.text
        if unknown := re.match(r"\\[A-Za-z]+", (element.text or "").strip()):
            raise ValueError(f"an unknown command {unknown[0]} in {source!r}")
    root.attrib.pop("xmlns", None)  # a page's parser knows
    root.set("alttext", visible(source))
    return ElementTree.tostring(root, encoding="unicode")


def formulas(text: str) -> str:
    """Write text that holds formulas, as a notebook's ``text/latex`` output does; raise ValueError like `mathml`."""
    out, at = [], 0
    for match in _FORMULA.finditer(text):
        out.append(_words(text[at : match.start()]))
        at = match.end()
        inline = match["inline"] or match["paren"]
        # Jupyter's own objects say \displaystyle between single dollars; alone, that is a formula on its own line.
        display = inline is None or (
            match[0] == text.strip() and inline.lstrip().startswith(r"\displaystyle")
        )
        out.append(mathml(inline or match["display"] or match["bracket"] or match["environment"], display))
    out.append(_words(text[at:]))
    whole = "".join(out)
    if "<math" not in whole:
        raise ValueError(f"no formula between dollars in {text.strip()[:60]!r}")
    return whole


def _words(text: str) -> str:
    return html.escape(text.replace(r"\$", "$")) if text.strip() else " " if text else ""
