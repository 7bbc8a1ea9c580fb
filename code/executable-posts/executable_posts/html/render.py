"""Turn an executed post into an HTML fragment: prose by markdown-it, cells by our template.

The prose is rendered in one pass over the whole post, so that footnotes and link references work across blocks; where
a block stands, the cell's HTML is put.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ..authors.highlight import highlight
from ..browser.place import Place
from ..errors import PostError
from ..reading.fences import parse_info
from ..reading.post import Post, info_string
from ..reading.prose import markdown
from ..running.execute import Executed
from ..running.outputs import visible
from . import notes
from .cells import Listing, render_cells
from .images import pixel_size
from .policy import Policy

MANY_COLUMNS = 5  # from which a table does not fit the page's column
RESERVED = ("content", "theme-switch", "footnotes", "search", "search-words", "search-found")


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """Hold a rendered post. html: its body; toc: nested list of headings as HTML, "" if none; hashes: what a content
    security policy must name for it beyond a strict one, by directive; listings: sources that its frames show; charts:
    file name -> SVG, of the page's files."""

    html: str
    toc: str
    hashes: dict[str, str]
    listings: tuple[Listing, ...]
    charts: dict[str, str]


def render(
    post: Post,
    executed: Executed,
    data_languages,
    places: dict[int, Place] | None = None,
    run_command: str = "",
    root: Path | None = None,
    policy: Policy | None = None,
    prefix: str = "",
) -> Fragment:
    """Render an executed post. places: where each block runs, when pages can run any; run_command: how to run one on
    one's own machine; root: the site's folder, where its images are measured; policy: what the page may load; prefix:
    begins the addresses of its files. Raise PostError for a link to a missing anchor of the post itself."""
    policy = policy or Policy()
    pieces, listings, charts = render_cells(post, executed, places or {}, run_command, policy, prefix)
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

    def role(_self, _tokens, _index, _options, _env):
        return f'<span class="eval">{html.escape(next(values))}</span>'

    md.add_render_rule("fence", fence)
    md.add_render_rule("myst_role", role)
    md.add_render_rule("image", _image)
    md.add_render_rule("table_open", _table)
    md.add_render_rule("table_close", lambda *_: "</table></div>\n")
    for tag in ("th", "td"):
        md.add_render_rule(f"{tag}_open", _aligned)
    body = "\n".join([""] * post.header_lines + lines[post.header_lines :])
    env: dict = {"folder": post.path.parent, "root": root}
    tokens = md.parse(body, env)
    policy.refuse_prose(post.label, tokens)
    _anchor_headings(tokens, headings, taken=[b.name for b in post.blocks if b.name])
    text = visible(notes.beside(_figures(md.renderer.render(tokens, md.options, env))))
    _check_fragments(post, set(re.findall(r'\bid="([^"]+)"', text)))
    return Fragment(
        html=text,
        toc=visible(_toc(headings)),
        hashes=policy.sources(text),
        listings=listings,
        charts=charts,
    )


def _image(renderer, tokens, index, options, env):
    """Render an image; it keeps its place before it is there, and loads when the reader comes near."""
    token = tokens[index]
    match = re.fullmatch(r"[{|]static[}|]([^?#]*)[^\n]*", token.attrs["src"])
    if match and env["root"]:
        base = env["root"] if match[1].startswith("/") else env["folder"]
        size = pixel_size(base / unquote(match[1].lstrip("/")))
        if size:
            token.attrSet("width", str(size[0]))
            token.attrSet("height", str(size[1]))
    token.attrSet("loading", "lazy")
    token.attrSet("decoding", "async")
    return type(renderer).image(renderer, tokens, index, options, env)


def _table(_self, tokens, index, _options, env):
    """Open a table. Cells of one with many columns carry their column's name: on a phone, each row is a card."""
    head = tokens[index : next(i for i in range(index, len(tokens)) if tokens[i].type == "thead_close")]
    names = [token.content for token in head if token.type == "inline"]
    env["columns"] = dict(enumerate(names)) if len(names) >= MANY_COLUMNS else {}
    return f'<div class="table-wrap{" many" if env["columns"] else ""}" tabindex="0"><table>\n'


def _column(tokens, index: int) -> int:
    row = next(i for i in range(index, -1, -1) if tokens[i].type == "tr_open")
    return sum(1 for token in tokens[row:index] if token.type == "td_open")


def _aligned(renderer, tokens, index, options, env):
    """Render a table's cell; its alignment is a class, since a strict page ignores inline style."""
    token = tokens[index]
    if token.tag == "td" and (label := env.get("columns", {}).get(_column(tokens, index))):
        token.attrSet("data-label", label)
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
        link.content = f' <a class="anchor" href="#{anchor}" aria-label="Link to this section"></a>'
        inline.children.append(link)
        headings.append((int(token.tag[1]), anchor, words))


def _figures(text: str) -> str:
    """Make a paragraph that holds nothing but an image a figure; the image's title is its caption."""
    text = re.sub(r"<p>(<img [^>]*>)</p>", r"<figure>\1</figure>", text)
    titled = r'<figure>(<img [^>]*?) title="([^"]*)"([^>]*>)</figure>'
    return re.sub(titled, r"<figure>\1\3<figcaption>\2</figcaption></figure>", text)


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


def _check_fragments(post: Post, anchors: set[str]) -> None:
    for link in post.links:
        if link.target.startswith("#") and unquote(link.target[1:]) not in anchors:
            raise PostError(
                post.label,
                link.line,
                f"a link to {link.target}, and nothing on the page has that name",
                "use a block's name= or a heading's id, such as #" + slug("the heading"),
            )
