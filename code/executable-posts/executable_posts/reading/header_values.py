"""Values in a post's header: its title and summary may say what the blocks found out.

They are evaluated after the last block. An address never depends on a value: a post whose title holds one and that
names no slug gets its slug from the words around it.
"""

from __future__ import annotations

import html
from typing import Any

from .headings import slug
from .prose import Prose

PLAIN = ("title", "subtitle")  # a generator takes these as words
FIELDS = (*PLAIN, "summary", "description")  # and these as HTML


def header_templates(
    header: dict[str, Any], lines: list[str], prose: Prose, last: int
) -> dict[str, tuple[str | int, ...]]:
    """Find the values in a header's fields; tell of one in a field that addresses or dates are made of.

    lines: the header's; last: index of the last block, -1 without any. Return field -> words and ranks of values.
    """
    found = {}
    for name, value in header.items():
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str) or "{eval}`" not in text:
                continue
            line = _line(lines, name)
            parts = prose.template(text, line, last)
            if len(parts) == 1:
                continue
            if name not in FIELDS or isinstance(value, list):
                prose.fault(line, f"a value in the header's {name!r}", f"values stand in {', '.join(FIELDS)}")
                continue
            found[name] = parts
    return found


def filled(
    header: dict[str, Any], templates: dict[str, tuple[str | int, ...]], texts: dict[int, str]
) -> dict[str, Any]:
    """Give the header with the values in their places. texts: rank -> text."""
    filled = dict(header)
    for name, parts in templates.items():
        said = texts if name in PLAIN else {rank: html.escape(text) for rank, text in texts.items()}
        filled[name] = "".join(part if isinstance(part, str) else said[part] for part in parts)
    if "title" in templates and not header.get("slug"):
        filled["slug"] = slug("".join(part for part in templates["title"] if isinstance(part, str)))
    return filled


def _line(lines: list[str], name: str) -> int:
    """Find the line of a field's value: the first with a value in it from the field's own line on."""
    start = next((n for n, text in enumerate(lines) if text.lower().startswith(name)), 0)
    return next((n for n in range(start, len(lines)) if "{eval}" in lines[n]), start) + 1
