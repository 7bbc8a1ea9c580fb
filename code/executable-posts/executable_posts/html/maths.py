"""Formulas as MathML, made when the site is built: a browser draws them without a script, a feed reader can keep them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ..errors import PostError, Report, stop
from ..running.outputs import visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ..reading.post import Post

# How many parts an element must have; latex2mathml leaves one out in silence when the formula does.
_PARTS = {
    "mfrac": 2,
    "msup": 2,
    "msub": 2,
    "mover": 2,
    "munder": 2,
    "mroot": 2,
    "msubsup": 3,
    "munderover": 3,
}
_PLAIN_ENVIRONMENTS = ("equation", "gather", "multline")  # a formula, or lines of it, without columns
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


# A formula inside of text, as Jupyter finds one: $$..$$, $..$, \[..\], \(..\), or an environment.
_FORMULA = re.compile(
    r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>(?:\\.|[^$\\])+)\$|\\\[(?P<bracket>.+?)\\\]|\\\((?P<paren>.+?)\\\)"
    r"|(?P<environment>\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\})",
    re.DOTALL,
)


def mathml(latex: str, display: bool) -> str:
    """Turn a LaTeX formula into a MathML element that carries the formula as its text alternative.

    display: a formula on a line of its own. Raise ValueError, saying what is wrong, for anything not understood.
    """
    from latex2mathml import converter, exceptions

    # \displaystyle is what `display` says.
    source = re.sub(r"^\\displaystyle\b", "", latex.strip()).strip()
    if not source:
        raise ValueError("an empty formula")
    if _CONTROLS.search(source):
        raise ValueError("a control character in a formula")
    bare = re.sub(r"\\.", "", source)
    if bare.count("{") != bare.count("}"):
        raise ValueError("braces that do not match")
    _check_environments(source)
    try:
        root = converter.convert_to_element(
            _without_plain_environments(source), display="block" if display else "inline"
        )
        _mend_and_check(root)
        root.attrib.pop("xmlns", None)  # a page's parser knows
        root.set("alttext", visible(source))
        return ElementTree.tostring(root, encoding="unicode")
    except RecursionError:
        raise ValueError("a formula nested too deeply") from None
    except ValueError:
        raise
    except Exception as error:  # latex2mathml's own classes share no parent, and hold no words
        if isinstance(error, IndexError | KeyError | StopIteration | TypeError | AttributeError):
            raise ValueError("LaTeX that is not understood") from None
        if type(error).__module__ != exceptions.__name__:
            raise
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
        raise ValueError(f"LaTeX that is not understood ({words})") from None


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


def check_formulas(post: Post, report: Report = stop) -> None:
    """Tell ``report`` of every formula of a post that is not understood; without one, raise PostError at the first."""
    for formula in post.formulas:
        try:
            mathml(formula.latex, formula.display)
        except ValueError as error:
            mend = "correct it; a dollar sign that begins no formula is written \\$"
            report(PostError(post.label, formula.line, f"a formula: {error}", mend))


def _check_environments(source: str) -> None:
    from latex2mathml.commands import MATRICES

    known = {name.lstrip("\\") for name in MATRICES} | {"aligned", "gathered"}
    opened: list[str] = []
    for word, name in re.findall(r"\\(begin|end)\s*\{([^{}]*)\}", source):
        if name.rstrip("*") not in _PLAIN_ENVIRONMENTS and name not in known:
            raise ValueError(f"the environment {name}, which is not known")
        if word == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            raise ValueError(f"\\end{{{name}}} without its \\begin")
    if opened:
        raise ValueError(f"\\begin{{{opened[-1]}}} without its \\end")


def _without_plain_environments(source: str) -> str:
    """Take away the environments that only say how a formula stands on a printed page."""
    source = re.sub(r"\\(?:tag\*?\s*\{[^{}]*\}|label\s*\{[^{}]*\}|nonumber|notag)", "", source)
    source = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{align*}", source)
    source = re.sub(r"\\(begin|end)\{gathered\}", r"\\\1{matrix}", source)
    source = re.sub(r"\\(begin|end)\{(?:gather|multline)\*?\}", r"\\\1{matrix}", source)
    return re.sub(r"\\(?:begin|end)\{equation\*?\}", "", source)


def _mend_and_check(root: Element) -> None:
    for element in root.iter():
        # The converter writes entities and unescaped text side by side; a serialiser escapes once, for all.
        element.text = visible(html.unescape(element.text)) if element.text else element.text
        text = element.text or ""
        if element.tag in ("mi", "mo", "mn") and re.match(r"\\[A-Za-z]", text):
            raise ValueError(f"an unknown command {text}")
        if element.tag == "mi" and text in ("{", "}", "&", "#"):
            raise ValueError(f"a stray {text}")
        if len(element) < _PARTS.get(element.tag, 0):
            raise ValueError("a command that lacks an argument")
