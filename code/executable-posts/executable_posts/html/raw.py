"""Raw HTML of a post's own text: it stays where it is written, like that of its outputs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import PostError, Report, stop
from ..reading.dialect import markdown
from ..reading.post import Post
from ..running.pieces import Kept, made_anew
from .prose import ProseRenderer, prose_renderer

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MEND = "close every element, comment and quote that the text opens, and open what it closes"
_HTML = ("html_block", "html_inline")


class _Skeleton(ProseRenderer):
    """Render the elements of a document and no word of it."""

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Leave out words, code and formulas."""
        return ""

    code_inline = fence = math_inline = math_inline_double = math_block = amsmath = myst_role = image = text


def check_html(post: Post, report: Report = stop, kept: Kept = made_anew) -> None:
    """Tell ``report`` of raw HTML in a post's text, or in its header's summary, that would break the page.

    kept: gives what was found before in a page that has the same elements, whatever its words.
    """
    from .contained import leak, leak_of_prose  # whose parser most posts never need

    for name in ("summary", "description"):
        words = str(post.header.get(name) or "")
        if "<" in words and (out := leak(words)):
            line = _field(post, name)
            report(
                PostError(post.label, line, f"the HTML of the header's {name} would break pages: {out}", MEND)
            )
    pieces, lines = "", []
    line = 0
    for token in post.tokens:
        line = token.map[0] + 1 if token.map else line
        at = line
        for piece in (token, *(token.children or ())):
            if piece.type in ("softbreak", "hardbreak"):
                at += 1
            elif piece.type in _HTML:
                lines.append((len(pieces), at))
                pieces += piece.content + "\n"
    if not pieces:
        return
    skeleton = prose_renderer(post.extensions, _Skeleton)
    said = {**post.env, "texts": defaultdict(str)}  # what values say is not known yet, and no HTML
    page = skeleton.render(post.tokens, markdown(post.extensions).options, said)
    if found := kept(("leak", page, pieces), lambda: leak_of_prose(page, pieces)):
        out, place = found
        start, line = next(pair for pair in reversed(lines) if pair[0] <= place)
        line += pieces.count("\n", start, place)
        report(PostError(post.label, line, f"the HTML here would break the page: {out}", MEND))


def _field(post: Post, name: str) -> int:
    lines = post.text.split("\n")[: post.header_lines]
    return next((n for n, text in enumerate(lines, 1) if text.lower().startswith(name)), 1)
