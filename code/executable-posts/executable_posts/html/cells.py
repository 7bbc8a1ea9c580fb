"""Turn the cells of an executed post into HTML: our template around the block, `forms` for what its outputs show."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..authors.highlight import highlight
from ..authors.source import MIME as SOURCE
from ..authors.source import source_html
from ..browser.place import Place
from ..reading.blocks import Block
from ..reading.post import Post
from ..running.execute import Executed
from ..running.in_kernel.chartdata import MIME as CHART
from ..running.pieces import Pieces
from .forms import Forms, file_stem, program_file
from .policy import Policy

TEMPLATES = Path(__file__).parent / "templates"
HIDDEN = {"remove-cell", "remove-output"}  # tags of blocks whose outputs nobody sees
LONG = 12  # lines from which folded code stands in a file of its own


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Hold a long source that the page shows in a frame, when a reader unfolds it. name: of its file, among those of the
    page; address: as the page writes it; title: where the source stands; html: the code; lines: how many."""

    name: str
    address: str
    title: str
    html: str
    lines: int


@functools.cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Nothing is escaped by itself: most of what a cell holds is HTML already, and the template says what is not.
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False)
    return environment.get_template("cells.html.j2").module


def render_cells(
    post: Post,
    executed: Executed,
    places: dict[int, Place],
    run_command: str,
    policy: Policy | None = None,
    prefix: str = "",
    captions: dict[int, str] | None = None,
    pieces: Pieces | None = None,
) -> tuple[list[str], tuple[Listing, ...], dict[str, str]]:
    """Render every block's cell; return one HTML string a block, the long listings, and the charts as files: name -> SVG.

    places: where each block runs, empty when pages run none; run_command: how to run one on one's own machine;
    captions: block index -> HTML, without which they are shown as written; policy: what the page may load; prefix: begins the addresses of its files; pieces: what earlier renderings
    of the post have left of coloured code and outputs. Raise PostError for an output that the page cannot show, or that would break it.
    """
    pieces = pieces or Pieces()
    if captions is None:
        captions = {b.index: html.escape(b.info.caption) for b in post.blocks if b.info.caption}
    policy = policy or Policy()
    forms = Forms(post=post, policy=policy, prefix=prefix)
    whole_page = (policy.strict, policy.allowed, prefix, post.extensions)
    cells: list[str] = []
    listings: list[Listing] = []
    for block, result in zip(post.blocks, executed.results, strict=True):
        tags, run = block.info.tags, _run_facts(post, block, places, run_command, prefix)
        listing = _listing(block, result.outputs, prefix, pieces)
        coloured = functools.partial(_coloured, block, pieces)
        code = _long_code(post, block, run, prefix, coloured)
        facts = {**_cell_facts(post, block, result.outputs, captions), "listing": listing, "code": code}
        facts["coloured"] = coloured
        listings += [one for one in (listing, code) if one]
        outputs, tables = [], []
        if not listing and not HIDDEN & set(tags):
            outputs = [
                _shown(forms, block, output, facts["alt"], rank, pieces, whole_page)
                for rank, output in enumerate(result.outputs, 1)
            ]
            tables = [o["data"][CHART] for o in result.outputs if CHART in o.get("data", {})]
        shown = str(_template().cell(facts, tags, run, outputs or result.outputs, tables)).strip()
        cells.append(shown + "\n" if shown else "")
    return cells, tuple(listings), forms.files


def _coloured(block: Block, pieces: Pieces) -> str:
    key = ("code", block.language, block.source)
    text: str = pieces.of(key, lambda: highlight(block.source, block.language))
    return text


def _shown(
    forms: Forms,
    block: Block,
    output: dict[str, Any],
    alt: str,
    rank: int,
    pieces: Pieces,
    whole_page: tuple[object, ...],
) -> str:
    """Write an output, or find it written. whole_page: what outputs depend on besides themselves and their block's names."""

    def make() -> tuple[str, dict[str, str]]:
        own = replace(forms, files={})
        return own.html(block, output, alt, rank), own.files

    names = (block.name, "" if block.name else block.fence_line)
    text: str
    text, files = pieces.of(("output", output, names, alt, rank, whole_page), make)
    forms.files.update(files)
    return text


def _listing(block: Block, outputs: Sequence[dict[str, Any]], prefix: str, pieces: Pieces) -> Listing | None:
    """Make a listing of a block that shows nothing but one long source, folded."""
    tags = set(block.info.tags)
    if not {"hide-output", "remove-input"} <= tags or tags & HIDDEN or len(outputs) != 1:
        return None
    source = outputs[0].get("data", {}).get(SOURCE)
    if not source or source["text"].count("\n") + 1 < LONG:
        return None
    name = f"{file_stem(block)}.source.html"
    lines = source["text"].count("\n") + 1
    shown = pieces.of(("source", source), lambda: source_html(**source))
    return Listing(name=name, address=prefix + name, title=source["where"], html=shown, lines=lines)


def _long_code(
    post: Post, block: Block, run: dict[str, Any], prefix: str, coloured: Callable[[], str]
) -> Listing | None:
    """Make a listing of a long folded block, unless the page itself runs it."""
    lines = block.source.count("\n") + 1
    if (
        "hide-input" not in block.info.tags
        or "remove-cell" in block.info.tags
        or lines < LONG
        or run["kind"] in ("here", "emulated")
    ):
        return None
    name, where = f"{file_stem(block)}.code.html", f"{post.label}:{block.line}"
    label = f'<div class="cell-label"><span>{html.escape(where)}</span></div>'
    code = f'<div class="cell-source">{label}{coloured()}</div>'
    return Listing(name=name, address=prefix + name, title=where, html=code, lines=lines)


def _run_facts(
    post: Post, block: Block, places: dict[int, Place], run_command: str, prefix: str
) -> dict[str, Any]:
    place = places.get(block.index)
    if place is None or {"remove-cell", "remove-input"} & set(block.info.tags):
        return {"kind": "", "reason": ""}
    command = run_command.replace("{item}", f"{post.label}::{block.id}")
    program = "" if block.speaks.shares_state else prefix + program_file(block)
    return {
        "kind": place.kind,
        "reason": place.reason,
        "index": block.index,
        "command": command,
        "program": program,
    }


def _cell_facts(
    post: Post, block: Block, outputs: Sequence[dict[str, Any]], captions: dict[int, str]
) -> dict[str, Any]:
    figure = bool(block.info.caption) and any(
        o["output_type"] in ("display_data", "execute_result") for o in outputs
    )
    caption = captions.get(block.index, "")
    return {
        "language": block.language,
        "language_label": block.speaks.shown_as(block.info.magic_args),
        "anchor": block.name if block.name and not figure else f"L{block.fence_line}",
        "where": f"{post.label}:{block.line}",
        "name": block.name,
        "source": block.source,
        "count": block.source.count("\n") + 1,
        "figure": figure,
        "caption_html": caption,
        "alt": html.unescape(re.sub(r"<[^>]+>", "", caption)) or block.name,
    }
