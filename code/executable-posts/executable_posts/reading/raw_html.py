"""Raw HTML in a post: what it links to, and listings of code, which would be shown and never run.

Code in HTML is refused where it cannot be anything else: ``<pre><code>``, a highlighter's classes, ``<xmp>``, an embedded
gist. A bare ``<pre>`` may hold a poem or a table of characters, so its text decides; ``class="verse"`` says that it is
no code. Inline ``<code>`` is fine.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from html.parser import HTMLParser

from ..in_page import trees

MEND = (
    "fence it: ```python runs it, ```text shows plain text, "
    '```{.LANGUAGE .noeval reason="why"} shows code that does not run here'
)
VERSE = ("verse", "poem", "poetry", "lyrics")
_CODE_CLASS = re.compile(
    r"(?:language|lang|brush)[-:]\S+|highlight\w*|codehilite\w*|sourceCode|hljs|prettyprint"
)
_CODE_TAGS = ("code", "samp", "kbd", "tt")
_OLD_LISTINGS = ("xmp", "listing", "plaintext")
_OTHER_RUNTIMES = ("py-script", "py-repl", "py-config", "mpy-script")
_LANGUAGES = frozenset(
    [
        "python",
        "python3",
        "py",
        "ipython",
        "bash",
        "sh",
        "shell",
        "zsh",
        "c",
        "cpp",
        "c++",
        "js",
        "javascript",
        "ts",
        "typescript",
        "java",
        "rust",
        "go",
        "ruby",
        "php",
        "sql",
        "perl",
        "r",
    ]
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_LINKS = {"src": "image", "poster": "image", "data": "image", "href": "link"}
_LINE_OF_CODE = re.compile(
    r"""\s*(?:
      (?:\#include\b | \#!/ | \$\s+\w | >>>\s | <\?php | //\s | /\*).*    # openings
    | [\w.\[\]'"]+\s*[-+*/|&%]?=(?!=)\s*\S.*                            # x = 1
    | [\w.:>-]*\w\([^()]*(?:\([^()]*\)[^()]*)*\)\s*[;{]?\s*              # f(x);
    | .*[)=\w"']\s*\{\s* | \}[;,)]*\s*                                   # braces
    | (?:async\s+)?(?:def|class|func|function|fn)\s+\w+\s*[({:].*
    | (?:from\s+[\w.]+\s+)?import\s+[\w.*]+(?:\s*(?:,|as)\s*\w+)*;?\s*
    | (?:SELECT|INSERT\ INTO|UPDATE|DELETE\ FROM|CREATE\ TABLE)\s.*
    | .*(?:->|=>|::|&&|\|\|)\w.* | .*[)\]=+-].*;\s*
    | </?[a-z][\w-]*(?:\s[^<>]*)?>.*
    )\Z""",
    re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class HtmlLink:
    """Hold what an attribute of raw HTML points to. kind: "image" (the site must have it) or "link"."""

    target: str
    line: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Hold something in raw HTML that must not be shown."""

    line: int
    found: str
    mend: str = MEND


@dataclass(kw_only=True)
class _Open:
    tag: str
    line: int
    classes: tuple[str, ...]
    listing: bool  # whether its text keeps its lines, as a listing's does
    text: str = ""


def looks_like_code(text: str) -> bool:
    """Tell whether plain text, as it would stand in a ``<pre>``, can only be code. Poems, tables and trees are not."""
    lines = [line for line in text.split("\n") if line.strip()]
    return any(_LINE_OF_CODE.match(line) for line in lines) or _is_python(text)


def _is_python(text: str) -> bool:
    try:
        tree = trees.module(textwrap.dedent(text).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    sure = (
        ast.Assign,
        ast.AugAssign,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.For,
        ast.While,
    )
    for node in ast.walk(tree):
        if isinstance(
            node, (*sure, ast.With, ast.If, ast.Try, ast.Import, ast.ImportFrom, ast.Call, ast.Lambda)
        ):
            return True
        if isinstance(node, ast.BinOp) and any(
            isinstance(side, ast.Constant) and isinstance(side.value, int | float)
            for side in (node.left, node.right)
        ):
            return True
    return False


class RawHtml(HTMLParser):
    """Follow the raw HTML of a document through its pieces; ``links``, ``ids`` and ``faults`` hold what was found."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[HtmlLink] = []
        self.faults: list[Fault] = []
        self.ids: set[str] = set()
        self._open: list[_Open] = []
        self._first = 1

    def piece(self, html: str, line: int) -> None:
        """Read a piece of HTML whose first line is ``line``."""
        self._first = line - self.getpos()[0] + 1
        self.feed(html)

    def text(self, words: str) -> None:
        """Hear what Markdown puts between two pieces of HTML."""
        for element in self._open:
            element.text += words

    def finish(self) -> None:
        """Read what is left; judge elements that were never closed."""
        self.close()
        while self._open:
            self._judge(self._open.pop())

    @property
    def _line(self) -> int:
        return self._first + self.getpos()[0] - 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, names, and hides of code."""
        given = {name: value or "" for name, value in attrs}
        for name, kind in _LINKS.items():
            if given.get(name) and not (name == "data" and tag != "object"):
                self.links.append(HtmlLink(target=given[name].strip(), line=self._line, kind=kind))
        for one in (
            re.findall(r"(?:^|,)\s*([^\s,]+)", given.get("srcset", ""))
            if "data:" not in given.get("srcset", "")
            else ()
        ):
            self.links.append(HtmlLink(target=one, line=self._line, kind="image"))
        if given.get("id"):
            self.ids.add(given["id"])
        if "markdown" in given:
            self._refuse(
                f'<{tag} markdown="{given["markdown"]}">, which is not understood here',
                "put the element's tags on lines of their own at the start of a paragraph, with the extension html on",
            )
        if tag in _OLD_LISTINGS:
            self._refuse(f"a listing of code in <{tag}>: shown, and never run")
        python = tag == "script" and re.search(r"\bm?py\b|python", given.get("type", ""), re.IGNORECASE)
        if tag in _OTHER_RUNTIMES or python:
            self._refuse("code for another runtime, which this page does not have: it never runs")
        if tag == "script" and re.search(r"//gist\.github\.com/", given.get("src", "")):
            self._refuse("code embedded from elsewhere: shown, and never run")
        if tag == "br":
            self.text("\n")
            for element in self._open:
                element.listing = element.listing or element.tag in _CODE_TAGS
        if tag in _VOID:
            return
        classes = tuple(given.get("class", "").split())
        keeps = tag in ("pre", "textarea") or bool(
            re.search(
                r"white-space\s*:\s*(?:pre|break)|font(-family)?\s*:[^;]*\bmono", given.get("style", "")
            )
        )
        keeps = keeps or (tag not in _CODE_TAGS and any(_CODE_CLASS.fullmatch(c) for c in classes))
        opened = _Open(tag=tag, line=self._line, classes=classes, listing=keeps)
        inside = [*self._open, opened]
        coded = any(_CODE_CLASS.fullmatch(c) for element in inside for c in element.classes)
        coded = coded or (tag == "pre" and not _LANGUAGES.isdisjoint(c.lower() for c in classes))
        code_in_pre = tag in _CODE_TAGS and any(e.tag == "pre" for e in self._open)
        if code_in_pre or (tag == "pre" and coded):
            first = next(e for e in inside if e.tag == "pre")
            self._refuse("a listing of code in HTML: shown, and never run", line=first.line)
        self._open.append(opened)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read a tag with a slash: in HTML, that closes nothing."""
        self.handle_starttag(tag, attrs)  # in HTML, the slash closes nothing

    def handle_data(self, data: str) -> None:
        """Gather the text of listings; scripts and styles are not shown."""
        if self._open and self._open[-1].tag in ("script", "style"):
            return
        self.text(data)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, with all that was left open in it."""
        if tag not in (element.tag for element in self._open):
            return
        while True:
            element = self._open.pop()
            self._judge(element)
            if element.tag == tag:
                return

    def _judge(self, element: _Open) -> None:
        if any(c in VERSE for e in (*self._open, element) for c in e.classes):
            return
        many = len([line for line in element.text.split("\n") if line.strip()]) > 1
        if element.tag in _CODE_TAGS:
            coded = any(_CODE_CLASS.fullmatch(c) for c in element.classes)
            if many and (element.listing or coded or looks_like_code(element.text)):
                self._refuse("a listing of code in HTML: shown, and never run", line=element.line)
        elif element.listing and looks_like_code(element.text):
            self._refuse(
                f"code in a <{element.tag}>: shown, and never run",
                f'{MEND}; a poem says class="verse"',
                element.line,
            )

    def _refuse(self, found: str, mend: str = MEND, line: int | None = None) -> None:
        self.faults.append(Fault(line=line or self._line, found=found, mend=mend))
