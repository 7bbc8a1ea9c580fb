"""Plain text as a page shows it: colours as classes, what cannot be seen as a symbol."""

from __future__ import annotations

import html
from collections.abc import Iterator

from ..running.outputs import visible
from ..running.terminal import PLAIN, Style, spans


def terminal_html(text: str) -> str:
    """Write what a program printed, as HTML."""
    if "\x1b" not in text:
        return html.escape(visible(text), quote=False)
    out: list[str] = []
    for style, part in _joined(text):
        shown = html.escape(visible(part), quote=False)
        out.append(shown if style == PLAIN else f'<span class="{style.classes()}">{shown}</span>')
    return "".join(out)


def _joined(text: str) -> Iterator[tuple[Style, str]]:
    """Cut into (style, text), neighbours of one style together."""
    last = PLAIN
    parts: list[str] = []
    for style, part in spans(text):
        if style != last and parts:
            yield last, "".join(parts)
            parts = []
        last = style
        parts.append(part)
    if parts:
        yield last, "".join(parts)
