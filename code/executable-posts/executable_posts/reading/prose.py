"""What prose holds besides text: inline values, links and formulas, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import PostError, Report, stop
from .fences import looks_like_cell
from .leftovers import find
from .raw_html import RawHtml

if TYPE_CHECKING:
    from markdown_it.token import Token

# A value, or a code span, in which nothing is a value.
_ROLE = re.compile(
    r"\{eval\}(?P<ticks>`+)(?P<expression>.+?)(?P=ticks)|(?P<code>`+)(?!`).+?(?<!`)(?P=code)(?!`)", re.DOTALL
)

_CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
# Of which Markdown would leave brackets: its backslashes are escapes.
_LATEX = re.compile(
    r"(?<!\\)\\[(\[](?:(?!\\[()\[\]])[^\n])*?(?:\^|_\{|\\[A-Za-z])(?:(?!\\[()\[\]])[^\n])*\\[)\]]"
)


@dataclass(frozen=True, kw_only=True)
class Value:
    """Hold one ``{eval}`` role. after: index of the block it is evaluated after, -1 before all of them; the values of
    the header come last. rank: its place among the page's values (footnotes stand last on the page, wherever they are
    written). written: the role, as errors tell it. positions: of a number that the reader moves (``{scrub}``), as written;
    table_of: rank of the one whose table this is, which stands nowhere on the page; -1 for none."""

    expression: str
    line: int
    after: int = -1
    rank: int = 0
    written: str = ""
    positions: tuple[str, ...] = ()
    table_of: int = -1


@dataclass(frozen=True, kw_only=True)
class Link:
    """Hold one link or image target as written. kind: "image" or "link"."""

    target: str
    line: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Formula:
    """Hold a formula in LaTeX. display: on a line of its own."""

    latex: str
    line: int
    display: bool


@dataclass(kw_only=True)
class Prose:
    """Gather what the prose of a document holds, and tell ``report`` of what is not understood in it."""

    label: str
    extensions: tuple[str, ...]
    values: list[Value] = field(default_factory=list)
    fixed: dict[int, int] = field(
        default_factory=dict
    )  # rank of a value -> block, where its line does not say it
    links: list[Link] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    html: RawHtml = field(default_factory=RawHtml)
    report: Report = stop

    def fault(self, line: int, found: str, mend: str) -> None:
        """Tell of something that is not understood."""
        self.report(PostError(self.label, line, found, mend))

    def value(self, expression: str, line: int, after: int | None = None) -> int:
        """Note a value; return its rank."""
        expression = " ".join(expression.split("\n")).strip()
        if not expression:
            self.fault(line, "a value without an expression", "write {eval}`expression`")
        return self._note(Value(expression=expression, line=line, written=f"{{eval}}`{expression}`"), after)

    def _note(self, value: Value, after: int | None) -> int:
        rank = len(self.values)
        self.values.append(replace(value, rank=rank))
        if after is not None:
            self.fixed[rank] = after
        return rank

    def scrubbed(self, content: str, line: int, after: int | None = None) -> int:
        """Note a number that the reader moves; return the rank of what it says."""
        from .scrubs import FORM, read_range

        written = f"{{scrub}}`{' '.join(content.split())}`"
        try:
            name, positions = read_range(content)
        except ValueError as error:
            self.fault(line, f"{written} {error}", FORM)
            return self._note(Value(expression="None", line=line, written=written), after)
        return self._note(Value(expression=name, line=line, written=written, positions=positions), after)

    def template(self, text: str, line: int, after: int | None = None) -> tuple[str | int, ...]:
        """Split plain text into words and the ranks of the values in it."""
        parts: list[str | int] = []
        at = 0
        for match in _ROLE.finditer(text):
            if match["expression"] is None:
                continue
            parts += [text[at : match.start()], self.value(match["expression"], line, after)]
            at = match.end()
        return (*parts, text[at:])

    def inline(self, token: Token, line: int, in_list: bool = False, after: int | None = None) -> None:
        """Read an inline token that begins at ``line``."""
        if token.content.startswith("```") and looks_like_cell(token.content.lstrip("`")):
            self.fault(
                line,
                "a fence whose first line holds a backtick is no fence",
                r"write \u0060 for a backtick in a caption",
            )
        left = find(token.meta.get("plain", ""), self.extensions, in_list)
        if not left and (formula := _LATEX.search(_CODE.sub("", token.content))):
            at, found = (
                token.content[: formula.start()].count("\n"),
                f"a formula of another dialect: {formula[0]}",
            )
            left = (at, found, "write it between dollars, $x^2$, or on lines of its own between $$")
        self._children(token.children or (), token.content, line, after)
        if left:
            self.fault(line + left[0], left[1], left[2])

    def _children(self, children: Iterable[Token], content: str, line: int, after: int | None) -> None:
        at = 0
        for child in children:
            report_fault(child, self.label, line, self.report)
            lines, at = _extent(child, content, at)
            if child.type in ("softbreak", "hardbreak"):
                line += 1
                self.html.text("\n")
            elif child.type == "text" or child.type == "code_inline":
                self.html.text(child.content)
            elif child.type in ("math_inline", "math_inline_double"):
                display = child.type == "math_inline_double"
                self.formulas.append(Formula(latex=child.content, line=line, display=display))
            elif child.type == "myst_role":
                if child.meta["name"] == "eval":
                    child.meta["value"] = self.value(child.content, line, after)
                elif child.meta["name"] == "scrub":
                    child.meta["value"] = self.scrubbed(child.content, line, after)
                else:
                    self.fault(
                        line,
                        f"unknown role {{{child.meta['name']}}}",
                        "only {eval}`expression` and {scrub}`NAME LOW..HIGH` are known",
                    )
            elif child.type == "image":
                self._image(child, line, after)
            elif child.type == "html_inline":
                self.html.piece(child.content, line)
            elif child.type == "link_open":
                self.links.append(Link(target=str(child.attrs["href"]), line=line, kind="link"))
                if child.attrs.get("title"):
                    child.meta["title"] = self.template(str(child.attrs["title"]), line, after)
            line += lines

    def _image(self, token: Token, line: int, after: int | None) -> None:
        self.links.append(Link(target=str(token.attrs["src"]), line=line, kind="image"))
        if not token.content.strip():
            self.fault(line, "an image without alternative text", "write ![what it shows](target)")
        if token.attrs.get("title"):
            token.meta["title"] = self.template(str(token.attrs["title"]), line, after)
        known = len(self.links)
        self._children(token.children or (), token.content, line, after)
        del self.links[known:]  # a link in an alternative text is only words


def _extent(child: Token, content: str, at: int) -> tuple[int, int]:
    """Return how many line ends a child spans, and where in its content to look for the next."""
    if child.type in ("math_inline", "math_inline_double", "html_inline"):
        return child.content.count("\n"), at
    if child.type not in ("code_inline", "myst_role"):
        return 0, at
    words = r"\s+".join(re.escape(word) for word in child.content.split())
    match = re.compile(words).search(content, at) if words else None
    return (match[0].count("\n"), match.end()) if match else (0, at)


def report_fault(token: Token, label: str, line: int, report: Report) -> None:
    """Tell of what a rule of the dialect found wrong with a token."""
    if "fault" in token.meta:
        report(PostError(label, line, *token.meta["fault"]))
    if token.meta.get("insecure_attrs"):
        name = next(iter(token.meta["insecure_attrs"]))
        report(
            PostError(
                label, line, f"the attribute {name}", "remove it: a page runs no script of a post's text"
            )
        )
