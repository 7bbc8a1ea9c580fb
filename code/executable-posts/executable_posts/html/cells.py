"""Turn the cells of an executed post into HTML: by nbconvert, which chooses among an output's forms, with our template."""

from __future__ import annotations

import html
import re
from dataclasses import asdict, dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from ..authors import explorable
from ..authors.highlight import highlight
from ..authors.source import MIME as SOURCE
from ..authors.source import source_html
from ..browser.place import Place
from ..charts.svg import chart_file, drawn_by_matplotlib, inline_svg
from ..errors import PostError
from ..reading.post import Block, Post
from ..running.execute import Executed
from ..running.in_kernel.chartdata import MIME
from .outputs_markdown import output_markdown

TEMPLATES = Path(__file__).parent / "templates"
BOUNDARY = "<!--cell-boundary-->"
LONG = 12  # lines from which folded code stands in a file of its own


@dataclass(frozen=True)
class Listing:
    """Hold a long source that the page shows in a frame, when a reader unfolds it. name: of the file beside the page;
    title: where the source stands; html: the code; lines: how many."""

    name: str
    title: str
    html: str
    lines: int


def render_cells(
    post: Post, executed: Executed, places: dict[int, Place], run_command: str, captions: dict[int, str]
) -> tuple[list[str], tuple[Listing, ...], dict[str, str]]:
    """Render every block's cell by nbconvert, in one run; return one HTML string a block, the long listings, and the
    charts as files: name -> SVG.

    places: where each block runs, empty when pages run none; run_command: how to run one on one's own machine;
    captions: block index -> HTML.
    Raise PostError for an output that would break the page.
    """
    if not post.blocks:
        return [], (), {}
    from nbconvert.exporters import TemplateExporter
    from nbconvert.filters import strip_ansi
    from nbformat.v4 import new_code_cell, new_notebook
    from traitlets.config import Config as Traits

    nb = new_notebook()
    _refuse_broken_html(post, executed)
    listings: list[Listing] = []
    charts: dict[str, str] = {}
    for block, result in zip(post.blocks, executed.results, strict=True):
        cell = new_code_cell(block.source, outputs=[_output(o) for o in result.outputs])
        cell.metadata = {
            "tags": list(block.info.tags),
            "post": _cell_facts(post, block, result.outputs, captions),
        }
        cell.metadata["run"] = _run_facts(post, block, places, run_command)
        for key, listing in (
            ("listing", _listing(block, result.outputs)),
            ("code", _long_code(post, block, cell.metadata["run"])),
        ):
            if listing:
                listings.append(listing)
                cell.metadata["post"][key] = asdict(listing)
        nb.cells.append(_node(cell))
    priority = [
        explorable.MIME,
        SOURCE,
        "image/svg+xml",
        "image/png",
        "image/jpeg",
        "text/html",
        "text/markdown",
        "text/plain",
    ]
    traits = Traits({"NbConvertBase": {"display_data_priority": priority}})
    exporter = TemplateExporter(
        config=traits,
        template_name="post",
        extra_template_basedirs=[str(TEMPLATES)],
        template_file="index.html.j2",
    )
    exporter.register_filter("highlight_block", highlight)
    exporter.register_filter("explorable", partial(_explorable, charts))
    exporter.register_filter("picture_of", partial(_picture, charts))
    exporter.register_filter("source_of", lambda source: source_html(**source))
    exporter.register_filter("strip_ansi", strip_ansi)
    exporter.register_filter(
        "post_markdown", lambda text, facts: output_markdown(text, post.label, facts["line"], post.extensions)
    )
    text, _ = exporter.from_notebook_node(nb)
    pieces = text.split(BOUNDARY)
    if len(pieces) != len(post.blocks) + 1:
        raise AssertionError(f"{post.label}: {len(post.blocks)} blocks gave {len(pieces) - 1} rendered cells")
    cells = [piece.strip() + "\n" if piece.strip() else "" for piece in pieces[:-1]]
    return cells, tuple(listings), charts


def _listing(block: Block, outputs: list[dict]) -> Listing | None:
    """Make a listing of a block that shows nothing but one long source, folded."""
    if not {"hide-output", "remove-input"} <= set(block.info.tags) or len(outputs) != 1:
        return None
    source = outputs[0].get("data", {}).get(SOURCE)
    if not source or source["text"].count("\n") + 1 < LONG:
        return None
    name = f"{block.name or f'L{block.fence_line}'}.html"
    return Listing(name, source["where"], source_html(**source), source["text"].count("\n") + 1)


def _long_code(post: Post, block: Block, run: dict) -> Listing | None:
    """Make a listing of a long folded block, unless the page itself runs it."""
    lines = block.source.count("\n") + 1
    if "hide-input" not in block.info.tags or lines < LONG or run.get("kind") in ("here", "emulated"):
        return None
    name, where = f"{block.name or f'L{block.fence_line}'}-code.html", f"{post.label}:{block.line}"
    label = f'<div class="cell-label"><span>{html.escape(where)}</span></div>'
    code = highlight(block.source, block.language)
    return Listing(name, where, f'<div class="cell-source">{label}{code}</div>', lines)


def _explorable(charts: dict[str, str], data: dict, name: str) -> str:
    """Write an explorable into the page, its still picture as a file of its own."""

    def to_file(match) -> str:
        # Painted like a chart: by hue, since a file knows no theme.
        svg = re.sub(r"var\(--[\w-]+,\s*(#\w{6})\)", r"\1", match[0])
        title = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
        label = title or re.match(r"<svg\b[^>]*?\saria-label=[\"'](.*?)[\"']", svg)
        return _chart(charts, svg, f"{name}-still", html.unescape(label[1]) if label else name)

    return explorable.element(
        {**data, "fallback": re.sub(r"<svg\b.*?</svg>", to_file, data["fallback"], flags=re.DOTALL)}, name
    )


def _chart(charts: dict[str, str], svg: str, prefix: str, title: str, description: str = "") -> str:
    name = f"{prefix}.svg"
    charts[name], width, height = chart_file(svg, prefix, title, description)
    alt = html.escape(title)  # what the chart says is in the file, and its numbers are in the table
    size = f'width="{width}" height="{height}"'
    return f'<img class="chart" src="{name}" alt="{alt}" {size} loading="lazy" decoding="async">'


def _picture(charts: dict[str, str], data: dict, facts: dict, rank: int) -> str:
    """Write an SVG output into the page; a chart becomes a file, which loads when the reader comes near."""
    svg, description = data["image/svg+xml"], data.get(MIME, {}).get("description", "")
    prefix = f"{facts['name'] or facts['anchor']}-{rank}"
    if not drawn_by_matplotlib(svg):
        return inline_svg(svg, prefix, facts["alt"], description)
    return _chart(charts, svg, prefix, facts["alt"], description)


class _Balance(HTMLParser):
    """Follow the open elements of a piece of HTML; `wrong` names the first that is closed or left open wrongly."""

    VOID = frozenset(
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
    )
    LOOSE = frozenset(
        ["p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot", "colgroup"]
    )  # may be closed by what follows

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], ""

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID | self.LOOSE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID | self.LOOSE:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong = self.wrong or f"</{tag}>"


def _refuse_broken_html(post: Post, executed: Executed) -> None:
    for block, result in zip(post.blocks, executed.results, strict=True):
        for output in result.outputs:
            data = output.get("data", {})
            balance = _Balance()
            balance.feed(data.get("text/html", ""))
            wrong = balance.wrong or "".join(f"<{tag}>" for tag in balance.open[:1])
            if wrong:
                found = f"the HTML this block shows would break the page: {wrong} has no partner"
                raise PostError(post.label, block.line, found, "open and close every element in one output")
            if "image/svg+xml" in data:
                try:
                    inline_svg(data["image/svg+xml"], "x", "")
                except ValueError as error:
                    found = f"the SVG this block shows cannot be read: {error}"
                    raise PostError(post.label, block.line, found, "show well-formed SVG") from None


def _output(output: dict):
    output = dict(output)
    if output["output_type"] == "execute_result":
        output["execution_count"] = None
    return _node(output)


def _node(value):
    from nbformat.notebooknode import from_dict

    return from_dict(value)


def _run_facts(post: Post, block: Block, places: dict[int, Place], run_command: str) -> dict:
    place = places.get(block.index)
    if place is None or {"remove-cell", "remove-input"} & set(block.info.tags):
        return {}
    command = run_command.replace("{item}", f"{post.label}::{block.id}")
    return {"kind": place.kind, "reason": place.reason, "index": block.index, "command": command}


def _cell_facts(post: Post, block: Block, outputs: list[dict], captions: dict[int, str]) -> dict:
    figure = bool(block.info.caption) and any(
        o["output_type"] in ("display_data", "execute_result") for o in outputs
    )
    caption = captions.get(block.index, "")
    standard = re.search(r"-std=c\+\+(\w+)", block.info.magic_args)
    return {
        "language": block.language,
        "language_label": f"C++{standard[1]}"
        if standard
        else {"c++": "C++17", "python": "Python"}.get(block.language, block.language),
        "anchor": block.name if block.name and not figure else f"L{block.fence_line}",
        "where": f"{post.label}:{block.line}",
        "line": block.line,
        "name": block.name,
        "source": block.source,
        "count": block.source.count("\n") + 1,
        "figure": figure,
        "caption_html": caption,
        "alt": html.unescape(re.sub(r"<[^>]+>", "", caption)) or block.name,
    }
