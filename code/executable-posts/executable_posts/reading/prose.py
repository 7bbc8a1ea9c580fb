"""What prose holds besides text: inline values and links, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from ..errors import PostError, Report, stop
from .fences import looks_like_cell


@dataclass(frozen=True)
class Value:
    """Hold one ``{eval}`` role. after: index of the block it is evaluated after, -1 before all of them. rank: its
    place among the page's values (footnotes stand last on the page, wherever they are written)."""

    expression: str
    line: int
    after: int
    rank: int = 0


@dataclass(frozen=True)
class Link:
    """Hold one link or image target as written. kind: "image" or "link"."""

    target: str
    line: int
    kind: str


def markdown() -> MarkdownIt:
    """Make the parser that every part of the engine shares."""
    md = MarkdownIt("commonmark", {"html": True, "typographer": False})
    md.enable(["table", "strikethrough"]).use(footnote_plugin).use(myst_role_plugin)
    # Site generators mark links with {static} and {filename}; percent-encoding the braces would hide them.
    usual = md.normalizeLink
    md.normalizeLink = lambda url: url if url.startswith("{") else usual(url)
    return md


def html_links(text: str, line: int) -> list[Link]:
    """Find what raw HTML links to; images only where they are the site's."""
    found = []
    for match in re.finditer(r"\b(src|href)\s*=\s*[\"']([^\"']*)[\"']", text):
        kind = "image" if match[1] == "src" else "link"
        found.append(Link(match[2], line + text[: match.start()].count("\n"), kind))
    return found


def scan_inline(
    token, label: str, line: int, values: list[Value], links: list[Link], report: Report = stop
) -> None:
    """Collect the inline values and links of one inline token; tell ``report`` of each fault."""
    if token.content.startswith("```") and looks_like_cell(token.content.lstrip("`")):
        report(
            PostError(
                label,
                line,
                "a fence whose first line holds a backtick is no fence",
                "write captions without backticks",
            )
        )
        return
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "myst_role":
            if child.meta["name"] != "eval":
                report(
                    PostError(
                        label,
                        line,
                        f"unknown role {{{child.meta['name']}}}",
                        "only {eval}`expression` is known",
                    )
                )
                continue
            values.append(Value(child.content.strip(), line, -1, len(values)))
        elif child.type == "image":
            links.append(Link(child.attrs["src"], line, "image"))
            if any(inner.type == "myst_role" for inner in child.children or ()):
                report(
                    PostError(label, line, "a value in an image's alternative text", "put it in the sentence")
                )
            if not child.content.strip():
                report(
                    PostError(
                        label, line, "an image without alternative text", "write ![what it shows](target)"
                    )
                )
        elif child.type == "html_inline":
            links.extend(html_links(child.content, line))
        elif child.type == "link_open":
            links.append(Link(child.attrs["href"], line, "link"))
