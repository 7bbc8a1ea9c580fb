"""Markdown that a block shows (``text/markdown``): prose like the post's, and no place for code that never ran."""

from __future__ import annotations

from ..config import DATA_LANGUAGES
from ..errors import PostError
from ..reading import tables
from ..reading.dialect import markdown
from ..reading.leftovers import find
from ..reading.raw_html import RawHtml
from ..reading.tables import lost_cells
from .prose import prose_renderer

_MEND = "show code by show(...) or print it; a fence of text in it says that it is plain text"


def output_markdown(
    text: str,
    label: str,
    line: int,
    extensions: tuple[str, ...],
    data_languages: tuple[str, ...] = DATA_LANGUAGES,
) -> str:
    """Render a block's Markdown output as HTML.

    label, line: the block's place. Raise PostError there for a listing of code, or what the dialect does not accept.
    """
    # Its footnotes have names of their own, beside the post's.
    md, env = markdown(extensions), {"label": label, "line": line, "docId": f"L{line}"}
    html = RawHtml()
    try:
        tokens = md.parse(text.replace("\r\n", "\n"), env)
    except RecursionError:
        raise PostError(label, line, "this block shows Markdown nested too deeply", "show less") from None
    for _, found in lost_cells(tokens, text.replace("\r\n", "\n").split("\n")):
        raise PostError(label, line, f"the Markdown this block shows holds {found}", tables.MEND)
    for token in tokens:
        language = token.info.strip().split(" ")[0] if token.type == "fence" else ""
        if token.type == "code_block" or (token.type == "fence" and language not in data_languages):
            what = (
                f"a {language} fence"
                if language
                else "code"
                if token.type == "code_block"
                else "a bare fence"
            )
            raise PostError(
                label, line, f"the Markdown this block shows holds {what}, which never ran", _MEND
            )
        if token.type == "inline" and (left := find(token.meta.get("plain", ""), extensions, False)):
            found = f"the Markdown this block shows holds {left[1]}"
            raise PostError(label, line, found, "write it as the text of a post is written, or print it")
        for piece in (token, *(token.children or ())):
            if "fault" in piece.meta:
                raise PostError(
                    label,
                    line,
                    f"the Markdown this block shows holds {piece.meta['fault'][0]}",
                    piece.meta["fault"][1],
                )
            if piece.type in ("html_block", "html_inline"):
                html.piece(piece.content, 1)
            elif piece.type in ("text", "code_inline"):
                html.text(piece.content)
    html.finish()
    for fault in html.faults:
        raise PostError(label, line, f"the Markdown this block shows holds {fault.found}", _MEND)
    return prose_renderer(extensions).render(tokens, md.options, env)
