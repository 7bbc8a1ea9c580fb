"""Turn an executed post into an HTML fragment: the tokens of its prose, and a cell where each block stands.

The whole post is one document, so footnotes and link references work across blocks. Every token says which block or
value stands in its place; nothing is counted along.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ..browser.place import Place
from ..errors import PostError
from ..reading.blocks import Block
from ..reading.dialect import markdown
from ..reading.headings import Heading, slug
from ..reading.links import file_of
from ..reading.post import Post
from ..reading.tokens import words_of
from ..running.execute import Executed
from ..running.outputs import visible
from ..running.pieces import Pieces
from . import notes
from .cells import Listing, render_cells
from .loads import links
from .moving import moving
from .policy import Policy
from .prose import inline_html, plain, prose_renderer

_NAMES_A_FILE = re.compile(
    r"""\b(?:src|href|data|poster)=["']?([{|](?:static|attach|filename)[}|][^"'\s>]+)"""
)


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """Hold a rendered post. html: its body; toc: nested list of headings as HTML, "" if none; hashes: what a content
    security policy must name for it beyond a strict one, by directive; listings: sources that its frames show; charts:
    file name -> SVG, of the page's files; tables: file name -> JSON, of numbers that a reader moves."""

    html: str
    toc: str
    hashes: dict[str, str]
    listings: tuple[Listing, ...]
    charts: dict[str, str]
    tables: dict[str, str]


def render(
    post: Post,
    executed: Executed,
    places: dict[int, Place] | None = None,
    run_command: str = "",
    links_start: Path | None = None,
    policy: Policy | None = None,
    prefix: str = "",
    pieces: Pieces | None = None,
) -> Fragment:
    """Render an executed post.

    places: where each block runs, when pages can run any; run_command: how to run one on one's own machine;
    links_start: folder where links to files of the site start, to measure pictures; policy: what the page may load;
    prefix: begins the addresses of its files; pieces: what earlier renderings have left. Raise PostError for a link to a missing anchor of the post itself.
    """
    policy = policy or Policy()
    policy.refuse_prose(post.label, post.tokens)
    texts = post.texts(executed.values)
    moves = moving(post, texts, prefix)
    captions = {
        token.meta["block"]: inline_html(token.meta["caption"], post.extensions, texts)
        for token in post.tokens
        if "caption" in token.meta
    }
    cells, listings, charts = render_cells(
        post, executed, places or {}, run_command, policy, prefix, captions, pieces
    )
    for block, cell in zip(post.blocks, cells, strict=True):
        _check_files(post, block, cell, links_start, prefix)
    env = {
        **post.env,
        "cells": cells,
        "texts": texts,
        "moving": moves,
        "folder": post.path.parent,
        "links_start": links_start,
        "label": post.label,
    }
    renderer = prose_renderer(post.extensions)
    body = renderer.render(post.tokens, markdown(post.extensions).options, env)
    text = visible(notes.beside(_figures(body)))
    anchors = set(re.findall(r"""\bid=["']([^"']+)["']""", text)) | post.ids
    _check_fragments(post, anchors)
    for block, cell in zip(post.blocks, cells, strict=True):
        if "<script" not in cell:  # which may make what is led to
            _check_led_to(post, block, cell, anchors)
    return Fragment(
        html=text,
        toc=visible(_toc(post.headings, texts)),
        hashes=policy.sources(text),
        listings=listings,
        charts=charts,
        tables=moves.files,
    )


def _figures(text: str) -> str:
    """Make a paragraph that holds nothing but an image a figure; the image's title is its caption."""
    text = re.sub(r"<p>(<img [^>]*>)</p>", r"<figure>\1</figure>", text)
    titled = r'<figure>(<img [^>]*?) title="([^"]*)"([^>]*>)</figure>'
    return re.sub(titled, r"<figure>\1\3<figcaption>\2</figcaption></figure>", text)


def _toc(headings: tuple[Heading, ...], texts: dict[int, str]) -> str:
    out, depth = [], 1
    for heading in headings:
        if heading.level not in (2, 3):
            continue
        while depth < heading.level:
            out.append("<ol>")
            depth += 1
        while depth > heading.level:
            out.append("</li></ol>")
            depth -= 1
        if out and out[-1] != "<ol>":
            out.append("</li>")
        words = plain(words_of(heading.inline), texts).strip()
        out.append(f'<li><a href="#{html.escape(heading.anchor)}">{html.escape(words)}</a>')
    out.extend("</li></ol>" for _ in range(depth - 1))
    return "".join(out)


def _check_files(post: Post, block: Block, cell: str, links_start: Path | None, prefix: str) -> None:
    """Raise PostError for a file of the site that a block's output names, and that is not there after the run."""
    for target in _NAMES_A_FILE.findall(cell) if links_start else ():
        target = html.unescape(target)
        path = file_of(target, post.path.parent, links_start) if links_start else None
        if path and not (prefix and target.startswith(prefix)) and not path.is_file():
            raise PostError(
                post.label,
                block.line,
                f"this block's output names {target}, and there is no such file",
                "correct the path, or let a block write the file; CACHE=off runs them all again",
            )


def _check_led_to(post: Post, block: Block, cell: str, anchors: set[str]) -> None:
    shown = {html.unescape(name) for name in anchors}
    for load in links(cell) if 'href="#' in cell or "href='#" in cell else ():
        name = unquote(load.address[1:])
        if load.address.startswith("#") and name not in {"", "top", *shown}:
            raise PostError(
                post.label,
                block.line,
                f"this block's output links to #{name}, and nothing on the page has that name",
                "give the place that id",
            )


def _check_fragments(post: Post, anchors: set[str]) -> None:
    for link in post.links:
        if (
            link.target.startswith("#")
            and html.escape(unquote(link.target[1:])) not in anchors
            and unquote(link.target[1:]) not in {"", "top", *anchors}
        ):
            raise PostError(
                post.label,
                link.line,
                f"a link to {link.target}, and nothing on the page has that name",
                "use a block's name= or a heading's id, such as #" + slug("the heading"),
            )
