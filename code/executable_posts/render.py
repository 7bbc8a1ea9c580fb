"""Turn an executed post into an HTML fragment: prose by markdown-it, cells by nbconvert with our template.

The prose is rendered in one pass over the whole post, so that footnotes and link references work across blocks; where
a block stands, the cell's HTML from nbconvert is put.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from .cells import Listing, render_cells
from .errors import PostError
from .execute import Executed
from .fences import parse_info
from .highlight import highlight
from .place import Place
from .policy import inline_hashes
from .post import Post, info_string
from .prose import markdown

RESERVED = ("content", "theme-switch", "footnotes")


@dataclass(frozen=True)
class Fragment:
    """Hold a rendered post. html: its body; toc: nested list of headings as HTML, "" if none; anchors: every id;
    hashes: what a content security policy must name for its inline styles and scripts, by directive; listings: sources
    that its frames show."""

    html: str
    toc: str
    anchors: tuple[str, ...]
    hashes: dict[str, str]
    listings: tuple[Listing, ...]


def render(
    post: Post,
    executed: Executed,
    data_languages,
    places: dict[int, Place] | None = None,
    run_command: str = "",
) -> Fragment:
    """Render an executed post. places: where each block runs, when pages can run any; run_command: how to run one on
    one's own machine. Raise PostError for a link to a missing anchor of the post itself."""
    pieces, listings = render_cells(post, executed, places or {}, run_command)
    cells = iter(pieces)
    texts = {v.rank: text for v, text in zip(post.values, executed.values, strict=True)}
    values = iter([texts[rank] for rank in sorted(texts)])
    md = markdown()
    lines = post.text.split("\n")
    headings: list[tuple[int, str, str]] = []

    def fence(_self, tokens, index, _options, _env):
        token = tokens[index]
        info = parse_info(info_string(token, lines), data_languages)
        if info.kind == "cell":
            return next(cells)
        code = highlight(token.content.removesuffix("\n"), info.language, f"data-{info.language}")
        if info.kind == "data":
            return code
        return f'<div class="noeval"><p class="noeval-reason">Not run here: {html.escape(info.reason)}</p>{code}</div>\n'

    def role(_self, tokens, index, _options, _env):
        return f'<span class="eval" title="{html.escape(tokens[index].content)}">{html.escape(next(values))}</span>'

    md.add_render_rule("fence", fence)
    md.add_render_rule("myst_role", role)
    md.add_render_rule("table_open", lambda *_: '<div class="table-wrap" tabindex="0"><table>\n')
    md.add_render_rule("table_close", lambda *_: "</table></div>\n")
    for tag in ("th", "td"):
        md.add_render_rule(f"{tag}_open", _aligned)
    body = "\n".join([""] * post.header_lines + lines[post.header_lines :])
    env: dict = {}
    tokens = md.parse(body, env)
    _anchor_headings(tokens, headings, taken=[b.name for b in post.blocks if b.name])
    text = _figures(md.renderer.render(tokens, md.options, env))
    anchors = tuple(re.findall(r'\bid="([^"]+)"', text))
    _check_fragments(post, anchors)
    return Fragment(text, _toc(headings), anchors, inline_hashes(text), listings)


def _aligned(renderer, tokens, index, options, env):
    """Render a table's cell; its alignment is a class, since a strict page ignores inline style."""
    token = tokens[index]
    align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
    if align:
        token.attrSet("class", f"align-{align}")
    return renderer.renderToken(tokens, index, options, env)


def slug(text: str) -> str:
    """Make a heading's id as public forges do: lower case, words joined by hyphens, punctuation dropped."""
    text = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", text).strip()) or "section"


def _anchor_headings(tokens, headings: list, taken: list[str]) -> None:
    # A block's name is its id; a heading of the same words gets a number. So does one that would take a theme's id.
    taken = {*taken, *RESERVED}
    for token, inline in itertools.pairwise(tokens):
        if token.type != "heading_open":
            continue
        words = "".join(
            c.content for c in inline.children if c.type in ("text", "code_inline", "text_special")
        )
        base = slug(words)
        if re.match(r"fn(ref)?\d", base):  # the footnotes' ids
            base = f"section-{base}"
        names = itertools.chain([base], (f"{base}-{n}" for n in itertools.count(1)))
        anchor = next(name for name in names if name not in taken)
        taken.add(anchor)
        token.attrSet("id", anchor)
        link = type(token)("html_inline", "", 0)
        link.content = f' <a class="anchor" href="#{anchor}" aria-label="Link to this section">#</a>'
        inline.children.append(link)
        headings.append((int(token.tag[1]), anchor, words))


def _figures(text: str) -> str:
    """Make a paragraph that holds nothing but an image with a title a figure with that caption."""
    image = r'<p>(<img [^>]*?) title="([^"]*)"([^>]*>)</p>'
    return re.sub(image, r"<figure>\1\3<figcaption>\2</figcaption></figure>", text)


def _toc(headings: list) -> str:
    headings = [h for h in headings if h[0] in (2, 3)]
    out, depth = [], 1
    for level, anchor, words in headings:
        while depth < level:
            out.append("<ol>")
            depth += 1
        while depth > level:
            out.append("</li></ol>")
            depth -= 1
        if out and out[-1] != "<ol>":
            out.append("</li>")
        out.append(f'<li><a href="#{anchor}">{html.escape(words)}</a>')
    out.extend("</li></ol>" for _ in range(depth - 1))
    return "".join(out)


def _check_fragments(post: Post, anchors: tuple[str, ...]) -> None:
    for link in post.links:
        if link.target.startswith("#") and unquote(link.target[1:]) not in anchors:
            raise PostError(
                post.label,
                link.line,
                f"a link to {link.target}, and nothing on the page has that name",
                "use a block's name= or a heading's id, such as #" + slug("the heading"),
            )
