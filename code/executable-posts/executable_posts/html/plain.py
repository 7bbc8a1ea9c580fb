"""Plain text as a page shows it: colours as classes, what cannot be seen as a symbol."""

from __future__ import annotations

import html
import re

from ..in_page.terminal import PLAIN, spans
from ..running.outputs import whole_characters

# What XML, and so a feed, cannot hold; and what no browser draws.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def visible(text: str) -> str:
    """Put a symbol for every control character and half character (``\\a`` becomes ␇); tabs and line ends stay."""

    def symbol(match) -> str:
        code = ord(match[0])
        return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"

    return _UNSEEN.sub(symbol, whole_characters(text))


def terminal_html(text: str) -> str:
    """Write what a program printed, as HTML."""
    if "\x1b" not in text:
        return html.escape(visible(text), quote=False)
    out: list[str] = []
    for style, part in _joined(text):
        shown = html.escape(visible(part), quote=False)
        out.append(shown if style == PLAIN else f'<span class="{style.classes()}">{shown}</span>')
    return "".join(out)


def _joined(text: str):
    """Cut into (style, text), neighbours of one style together."""
    last, parts = PLAIN, []
    for style, part in spans(text):
        if style != last and parts:
            yield last, "".join(parts)
            parts = []
        last = style
        parts.append(part)
    if parts:
        yield last, "".join(parts)
