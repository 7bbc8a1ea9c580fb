"""What readers take home: the executed notebook of a post, and a plain script."""

from __future__ import annotations

import bisect
import itertools
import json
import re
from dataclasses import replace
from typing import Any

from ..authors import explorable
from ..in_page import trees
from ..reading import post as posts
from ..reading.blocks import Block
from ..reading.prose import Value
from ..running.execute import Executed
from .convert import notebook_from_post

_ROLE = re.compile(r"\{(?P<role>eval|scrub)\}(?P<ticks>`+)(?P<expression>.+?)(?P=ticks)", re.DOTALL)


def downloads(post: posts.Post, executed: Executed) -> dict[str, str]:
    """Make the executed notebook and the plain script of a post; return file name -> content."""
    import jupytext
    import nbformat

    # A reader without the MyST extension sees the numbers, not the expressions.
    nb = notebook_from_post(replace(post, text=with_values(post, executed)))
    with trees.ALONE:
        script = jupytext.writes(nb, fmt="py:percent")
    cells = [c for c in nb.cells if c.cell_type == "code"]
    for block, cell in zip(post.blocks, cells, strict=True):
        if "caption" in cell.metadata:
            cell.metadata["caption"] = caption_of(post, block, executed)
    for number, (cell, result) in enumerate(zip(cells, executed.results, strict=True), 1):
        cell.outputs = [
            nbformat.from_dict(_numbered(explorable.without_data(o), number)) for o in result.outputs
        ]
        cell.execution_count = number
    nb.metadata.pop("jupytext", None)
    stem = str(post.header.get("slug") or post.path.stem)
    return {f"{stem}.ipynb": json.dumps(nb, indent=1, ensure_ascii=False) + "\n", f"{stem}.py": script}


def with_values(post: posts.Post, executed: Executed) -> str:
    """Give the post's text with every inline value in the place of its expression."""
    lines = post.text.split("\n")
    waiting: dict[int, list[tuple[Value, str]]] = {}
    for value, text in sorted(zip(post.values, executed.values, strict=True), key=lambda pair: pair[0].rank):
        if value.table_of >= 0:
            continue  # it stands nowhere
        waiting.setdefault(value.line, []).append((value, text))
    text = "\n".join(lines)
    starts = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    pieces, at = [], 0
    for match in _ROLE.finditer(text):
        line = bisect.bisect_right(starts, match.start())
        expression = " ".join(match["expression"].split())
        if match["role"] == "scrub":
            expression = expression.partition(" ")[0]
        # What looks like a role inside code or a comment is no value of the parser's, and stays.
        found = next(
            (p for p in waiting.get(line, ()) if " ".join(p[0].expression.split()) == expression), None
        )
        if found is None:
            continue
        waiting[line].remove(found)
        # As many lines as before: what stands below keeps its place.
        pieces += [text[at : match.start()], " ".join(found[1].split("\n")), "\n" * match[0].count("\n")]
        at = match.end()
    return "".join([*pieces, text[at:]])


def caption_of(post: posts.Post, block: Block, executed: Executed) -> str:
    """Give a block's caption with its values in their places."""
    said = [
        (value.expression, text)
        for value, text in zip(post.values, executed.values, strict=True)
        if value.line == block.fence_line
    ]
    return _ROLE.sub(
        lambda m: next((text for expression, text in said if expression == m["expression"].strip()), m[0]),
        block.info.caption,
    )


def _numbered(output: dict[str, Any], number: int) -> dict[str, Any]:
    return (
        {**output, "execution_count": number} if output["output_type"] == "execute_result" else dict(output)
    )
