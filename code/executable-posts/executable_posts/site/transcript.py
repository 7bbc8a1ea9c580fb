"""A post's page as Markdown, for whoever reads with tools: what the page shows, values and outputs filled in.

The file lies beside the page's own, so a chart is a picture next to it. What the page hides (a cell that only prepares
or checks, a comment) is left out; what it folds is there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from ..authors.source import MIME as SOURCE
from ..html.cells import HIDDEN
from ..html.forms import file_stem
from ..notebooks.downloads import caption_of, with_values
from ..reading import post as posts
from ..reading.blocks import Block
from ..reading.header_values import filled
from ..running.execute import Executed
from ..running.in_kernel.chartdata import MIME as CHART
from ..running.kernel import Result
from ..running.outputs import visible
from ..running.terminal import spans

WORDS = ("text/markdown", "text/latex", "text/plain")
"""Forms of an output that are text already, the best first."""


def transcript(post: posts.Post, executed: Executed, charts: Collection[str] = ()) -> str:
    """Write an executed post as Markdown. charts: names of the files of the page that are its charts."""
    lines = with_values(post, executed).split("\n")
    for start, end in reversed(post.comments):
        del lines[start - 1 : end - 1]
        lines[start - 1 : start - 1] = [""] * (end - start)  # line numbers stay until the blocks are in
    for block, result in zip(reversed(post.blocks), reversed(executed.results), strict=True):
        after = block.line + block.source.count("\n") + 1
        shown = "\n\n".join(_cell(post, executed, block, result, charts))
        lines[block.fence_line - 1 : after] = shown.split("\n") if shown else []
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines[post.header_lines :]))
    return f"{_head(post, executed)}\n\n{body.strip()}\n"


def _head(post: posts.Post, executed: Executed) -> str:
    header = filled(post.header, post.templates, post.texts(executed.values))
    parts = [f"# {header.get('title', post.path.stem)}", str(header.get("summary") or "")]
    dates = [str(header[key]) for key in ("date", "modified") if header.get(key)]
    return "\n\n".join(part for part in [*parts, ", updated ".join(dates)] if part)


def _cell(
    post: posts.Post, executed: Executed, block: Block, result: Result, charts: Collection[str]
) -> Iterator[str]:
    tags = set(block.info.tags)
    if "remove-cell" in tags:
        return
    if "remove-input" not in tags:
        yield _fence(block.source, block.language)
    if tags & HIDDEN:
        return
    caption = caption_of(post, block, executed) if block.info.caption else ""
    for rank, output in enumerate(result.outputs, 1):
        yield from _output(output, caption, f"{file_stem(block)}-{rank}.svg", charts)
    if caption and result.outputs:
        yield f"*{caption}*"


def _output(output: dict[str, Any], caption: str, chart: str, charts: Collection[str]) -> Iterator[str]:
    if output["output_type"] == "stream":
        yield _fence(_plain(output["text"]), "text")
    elif output["output_type"] == "error":
        yield _fence(f"{output['ename']}: {output['evalue']}", "text")
    else:
        data = output["data"]
        told = data.get(CHART, {})
        if SOURCE in data:
            yield _fence(data[SOURCE]["text"], data[SOURCE]["language"])
        elif chart in charts:
            yield f"![{told.get('description') or caption}]({chart})"
            yield from map(_table, told.get("tables", ()))
        elif any(kind.startswith("image/") for kind in data):  # it is in the page itself, and no file
            yield from filter(None, [told.get("description", "")])
            yield from map(_table, told.get("tables", ()))
        else:
            kind = next((kind for kind in WORDS if kind in data), "")
            text = "".join(data.get(kind, ""))
            if text:
                yield text if kind == "text/markdown" else _fence(_plain(text), "text")


def _plain(text: str) -> str:
    return "".join(part for _, part in spans(text))


def _table(table: dict[str, Any]) -> str:
    rows = [[table["x"], *table["columns"]], ["---"] * (len(table["columns"]) + 1), *table["rows"]]
    told = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    return f"{table['title']}:\n\n{told}" if table["title"] else told


def _fence(text: str, language: str) -> str:
    """Put text into a fence that is longer than any in it."""
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall(r"^`{3,}", text, re.MULTILINE)), 3)
    return f"{ticks}{language}\n{visible(text).rstrip(chr(10))}\n{ticks}"
