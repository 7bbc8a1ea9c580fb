"""Colour code with as few tags as its colours need: one class a colour, neighbours of one colour together."""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING

from .. import languages

if TYPE_CHECKING:
    from pygments.lexer import Lexer

# Token types of Pygments, most specific first, and the class a theme colours. Few: what is defined, what is quoted, what
# is said about the code and what the language itself says; numbers and calls speak for themselves.
CLASSES = (
    ("Comment.Preproc", "cp"),
    ("Comment.PreprocFile", "s"),
    ("Comment", "c"),
    ("Keyword", "k"),
    ("Operator.Word", "k"),
    ("Name.Class", "nf"),
    ("Name.Function", "nf"),
    ("Name.Decorator", "nf"),
    ("Name.Exception", "ne"),
    ("Name.Tag", "nf"),
    ("Name.Attribute", "nf"),
    ("Literal.String.Interpol", ""),
    ("Literal.String.Doc", "c"),
    ("Literal.String", "s"),
    ("Generic.Prompt", "gp"),
    ("Generic.Output", "gp"),
    ("Generic.Inserted", "gi"),
    ("Generic.Deleted", "gd"),
    ("Generic.Heading", "gp"),
    ("Generic.Subheading", "gp"),
)
STEP = re.compile(r"(?P<comment>(?://|#)\s?\((?P<step>\d{1,2})\)(?P<what>[^\n]*))$")


def highlight(source: str, language: str, extra_class: str = "", marks: frozenset[int] = frozenset()) -> str:
    """Colour source by Pygments; a language it does not know stays plain.

    marks: numbers of lines, from 1, to mark at the border. A line that ends with a comment such as ``# (2)`` or
    ``// (2) credentials`` is marked as well: the same step has the same number in every language.
    """
    css = f"highlight {extra_class}".strip()
    lines = [_line(parts) for parts in _coloured_lines(source, language)]
    for at, line in enumerate(source.split("\n")):
        step = STEP.search(line)
        if step or at + 1 in marks:
            number = f' data-step="{step["step"]}"' if step else ""
            lines[at] = f'<span class="hll"{number}>{lines[at]}\n</span>'
        else:
            lines[at] += "\n"
    # A block that scrolls sideways must be reachable by keyboard.
    return f'<div class="{css}"><pre tabindex="0"><code>{"".join(lines)}</code></pre></div>\n'


def _coloured_lines(source: str, language: str) -> list[list[tuple[str, str]]]:
    """Split source into lines of (class, text), neighbours of one class joined."""
    lexer = _lexer(language)
    lines: list[list[tuple[str, str]]] = [[]]
    for kind, text in lexer.get_tokens(source):
        css = _class_of(str(kind).removeprefix("Token."))
        for at, part in enumerate(text.split("\n")):
            if at:
                lines.append([])
            if not part:
                continue
            line = lines[-1]
            if line and (line[-1][0] == css or not part.strip()):
                line[-1] = (line[-1][0], line[-1][1] + part)
            else:
                line.append((css, part))
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    wanted = source.count("\n") + 1
    return lines + [[]] * (wanted - len(lines))


@functools.cache  # a lexer takes longer to make than a short block to colour
def _lexer(name: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:  # only now: looking for what other distributions bring takes a while
        brought = languages.find(name)
    try:
        return get_lexer_by_name(brought.lexer if brought else "text", stripnl=False)
    except ClassNotFound:
        return get_lexer_by_name("text", stripnl=False)


def _class_of(kind: str) -> str:
    return next((css for name, css in CLASSES if kind == name or kind.startswith(name + ".")), "")


def _line(parts: list[tuple[str, str]]) -> str:
    return "".join(_coloured(css, html.escape(text, quote=False)) for css, text in parts)


def _coloured(css: str, text: str) -> str:
    # Keywords and comments have tags that say so where no style sheet is: in a feed, for instance.
    tag = {"k": "b", "c": "i"}.get(css)
    if tag:
        return f"<{tag}>{text}</{tag}>"
    return f'<span class="{css}">{text}</span>' if css else text
