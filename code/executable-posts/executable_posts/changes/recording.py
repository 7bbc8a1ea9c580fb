"""Make the record of an executed post: what its page shows, as little of it as a comparison needs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..authors import explorable, source
from ..html.cells import HIDDEN
from ..html.forms import file_stem
from ..html.images import pixel_size
from ..html.mimes import PICTURES, PRIORITY
from ..reading import blocks as reading
from ..reading.post import Post
from ..running.execute import Executed
from ..running.in_kernel.chartdata import MIME as CHART
from ..running.outputs import whole_characters
from ..running.terminal import ESCAPE
from . import SUFFIX
from .numbers import skeleton
from .record import EXPLORABLE, SOURCE, Block, Output, Record, Value, written
from .words import words

LONG = 8_000  # characters of one output that are kept; of the rest a digest tells whether it is the same
MOST_CELLS = 5_000  # of one table, for the same reason
SVG = "image/svg+xml"
_BOX = re.compile(r"<svg\b[^>]*?\bviewBox=[\"'][-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)")
_NAMED = re.compile(r"<(title|desc)\b[^>]*>.*?</\1\s*>", re.DOTALL)


def files(post: Post, executed: Executed, beside: Mapping[str, str]) -> dict[str, str]:
    """Give the file that holds a post's record, by name. beside: the other files of its page, name -> content."""
    stem = str(post.header.get("slug") or post.path.stem)
    return {f"{stem}{SUFFIX}": written(recorded(post, executed, beside))}


def recorded(post: Post, executed: Executed, beside: Mapping[str, str]) -> Record:
    """Record what a page shows of a run. beside: the page's files with its charts, and the data of what is played with."""
    blocks = tuple(
        Block(
            name=block.name,
            line=block.line,
            language=block.language,
            code=_digest(f"{block.info.magic_args}\n{block.source}"),
            varies="output-varies" in block.info.tags,
            tolerance=block.info.tolerance,
            outputs=tuple(_outputs(block, [_without_lines(o, post.label) for o in result.outputs], beside)),
        )
        for block, result in zip(post.blocks, executed.results, strict=True)
    )
    # The page's order, not the one in which they were evaluated: that of the header's values, which come last, is not.
    texts = post.texts(executed.values)
    values = tuple(
        Value(
            expression=value.expression,
            line=value.line,
            after=value.after,
            text=_kept(whole_characters(texts[value.rank])),
        )
        for value in sorted(post.values, key=lambda value: (value.line, value.rank))
        if value.table_of < 0  # what would be elsewhere on a number's range is not what the page says
    )
    return Record(post=post.label, blocks=blocks, values=values)


def _without_lines(output: dict[str, Any], label: str) -> dict[str, Any]:
    """Leave the post's own line numbers out of what was printed: they move with every line of prose above."""
    own = re.compile(rf"({re.escape(label)}(?::|\"?, line ))\d+")
    for key in ("text", "traceback"):
        said = output.get(key)
        if isinstance(said, str) and label in said:
            output = {**output, key: own.sub(r"\1…", said)}
        elif isinstance(said, list):
            output = {**output, key: [own.sub(r"\1…", line) for line in said]}
    return output


def _outputs(
    block: reading.Block, outputs: Iterable[dict[str, Any]], beside: Mapping[str, str]
) -> Iterable[Output]:
    if HIDDEN & set(block.info.tags):
        return
    varies = "output-varies" in block.info.tags
    for rank, output in enumerate(outputs, 1):
        kind = output["output_type"]
        if kind == "stream":
            yield _readable(str(output["name"]), output["text"], varies)
        elif kind == "error":
            yield _readable("error", "\n".join(output["traceback"]), varies)
        else:
            yield _shown(block, output["data"], rank, beside, varies)


def _shown(
    block: reading.Block, data: Mapping[str, Any], rank: int, beside: Mapping[str, str], varies: bool
) -> Output:
    """Record the form that the page shows."""
    form = next((kind for kind in PRIORITY if data.get(kind) not in ("", None)), "text/plain")
    given = data.get(form, "")
    if form == explorable.MIME:
        return _readable(EXPLORABLE, words(given["fallback"]), varies, _played(block, given, beside))
    if form == source.MIME:
        return _readable(SOURCE, str(given["text"]), varies)
    if form.endswith("json"):
        text = json.dumps(given, indent=1, ensure_ascii=False, sort_keys=True)
        return _readable(form, text, varies)
    text = "".join(map(str, given)) if isinstance(given, list) else str(given)
    if form == SVG:
        return _drawing(block, text, rank, beside, data.get(CHART, {}))
    if form == "text/html":
        return _readable(form, words(text), varies, text)
    if form.startswith(("image/", "audio/", "video/")):
        raw = base64.b64decode(text)
        size = pixel_size(raw) if form in PICTURES else None
        pixels = f"{size[0]} × {size[1]}" if size else ""
        return Output(form=form, digest=_digest(raw), size=len(raw), pixels=pixels)
    return _readable(form, text, varies)


def _played(block: reading.Block, given: Mapping[str, Any], beside: Mapping[str, str]) -> str:
    """Give all that an explorable is made of; its data as the page's files have it, since writing it takes long."""
    data = {
        name.removeprefix(block.name): _digest(text)
        for name, text in beside.items()
        if name.startswith(f"{block.name}.") and name.endswith(".json")
    }
    return repr((given["component"], given["fallback"], sorted(data.items())))


def _drawing(
    block: reading.Block, svg: str, rank: int, beside: Mapping[str, str], told: Mapping[str, Any]
) -> Output:
    """Record an SVG, and its numbers where it has some: as the page has it, but for its names and its caption."""
    drawn = beside.get(f"{file_stem(block)}-{rank}.svg", svg)
    # A line of prose above moves the block, and with it the ids that are made of its line.
    drawn = drawn.replace(f"{block.name or f'L{block.fence_line}'}-{rank}", "")
    tables = [_rows(table) for table in told.get("tables", ())]
    box = _BOX.search(drawn)
    return Output(
        form=SVG,
        digest=_digest(_NAMED.sub("", drawn, count=2)),
        size=len(drawn.encode()),
        pixels=f"{box[1]} × {box[2]}" if box else "",
        tables=tuple(tables),
    )


def _rows(table: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Give a chart's table as rows of text, its heading first."""
    heading = (str(table.get("x", "")), *map(str, table.get("columns", ())))
    rows = [heading, *(tuple(map(str, row)) for row in table.get("rows", ()))]
    return tuple(rows[: max(2, MOST_CELLS // max(1, len(heading)))])


def _readable(form: str, text: str, varies: bool, whole: str = "") -> Output:
    """Record what can be read; of what is left out, a digest. whole: what the text was taken from."""
    text = whole_characters(text)
    left_out = whole or (text if len(text) > LONG else "")
    if not left_out:
        return Output(form=form, text=text)
    kept = text[:LONG]
    return Output(
        form=form,
        text=kept,
        digest=_digest(skeleton(ESCAPE.sub("", left_out)) if varies else left_out),
        size=len(whole or text),
    )


def _kept(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}… {_digest(text)}"


def _digest(content: str | bytes) -> str:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()[:16]
