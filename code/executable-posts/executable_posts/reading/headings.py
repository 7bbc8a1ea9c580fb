"""Headings and their anchors: the ids that links name."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import PostError, Report, stop
from .tokens import words_of

if TYPE_CHECKING:
    from markdown_it.token import Token

RESERVED = ("content", "theme-switch", "footnotes", "search", "search-words", "search-found")
_ENGINE = re.compile(r"(?:fn(?:ref)?\d|admonition-\d)")  # ids that the page's own parts have


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Hold a heading. level: 1 to 6; anchor: its id; inline: the parser's token of its words."""

    level: int
    anchor: str
    line: int
    inline: Token


def slug(text: str) -> str:
    """Make a heading's id as public forges do: lower case, words joined by hyphens, punctuation dropped."""
    text = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", text).strip()) or "section"


def anchor_headings(
    tokens: Sequence[Token], taken: list[str], label: str, report: Report = stop
) -> tuple[Heading, ...]:
    """Give every heading an id, and a link to itself; tell of one that its author chose and that is taken.

    A block's name is its id; a heading of the same words gets a number. So does one that would take a theme's id.
    Values are no part of an id, so that a link outlives a new number.
    """
    found = []
    used = {*taken, *RESERVED}
    chosen = {str(t.attrs["id"]) for t in tokens if t.type == "heading_open" and t.attrs.get("id")}
    line = 1
    for token, inline in itertools.pairwise(tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type != "heading_open":
            continue
        words = "".join(
            c.content for c in words_of(inline) if c.type in ("text", "code_inline", "text_special")
        )
        anchor = str(token.attrs.get("id", ""))
        if anchor and anchor in used:
            report(PostError(label, line, f"the id {anchor!r} is already used", "choose another one"))
        if not anchor:
            base = slug(words)
            base = f"section-{base}" if _ENGINE.match(base) else base
            names = itertools.chain([base], (f"{base}-{n}" for n in itertools.count(1)))
            anchor = next(name for name in names if name not in used | chosen)
        used.add(anchor)
        token.attrSet("id", anchor)
        link = type(token)("html_inline", "", 0)
        link.content = f' <a class="anchor" href="#{anchor}" aria-label="Link to this section"></a>'
        link.meta["ours"] = True
        words_of(inline).append(link)
        found.append(Heading(level=int(token.tag[1]), anchor=anchor, line=line, inline=inline))
    return tuple(found)
