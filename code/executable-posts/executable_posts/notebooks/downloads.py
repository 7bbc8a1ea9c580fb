"""What readers take home: the executed notebook of a post, and a plain script."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from ..authors import explorable
from ..reading import post as posts
from ..reading.prose import Value
from ..running.execute import Executed
from .pairing import notebook_from_post


def downloads(post: posts.Post, executed: Executed) -> dict[str, str]:
    """Make the executed notebook and the plain script of a post; return file name -> content."""
    import jupytext
    import nbformat

    # A reader without the MyST extension sees the numbers, not the expressions.
    nb = notebook_from_post(replace(post, text=_with_values(post, executed)))
    script = jupytext.writes(nb, fmt="py:percent")
    cells = [c for c in nb.cells if c.cell_type == "code"]
    for number, (cell, result) in enumerate(zip(cells, executed.results, strict=True), 1):
        cell.outputs = [
            nbformat.from_dict(_numbered(explorable.without_data(o), number)) for o in result.outputs
        ]
        cell.execution_count = number
    nb.metadata.pop("jupytext", None)
    stem = str(post.header.get("slug") or post.path.stem)
    return {f"{stem}.ipynb": json.dumps(nb, indent=1, ensure_ascii=False) + "\n", f"{stem}.py": script}


def _with_values(post: posts.Post, executed: Executed) -> str:
    """Give the post's text with every inline value in the place of its expression."""
    lines = post.text.split("\n")
    waiting: dict[int, list[tuple[Value, str]]] = {}
    for value, text in sorted(zip(post.values, executed.values, strict=True), key=lambda pair: pair[0].rank):
        waiting.setdefault(value.line, []).append((value, text))
    for line, values in waiting.items():

        def put(match, values=values):
            # What looks like a role inside code or a comment is no value of the parser's, and stays.
            if values and match[2].strip() == values[0][0].expression:
                return values.pop(0)[1]
            return match[0]

        lines[line - 1] = re.sub(r"\{eval\}(`+)(.+?)\1", put, lines[line - 1])
    return "\n".join(lines)


def _numbered(output: dict, number: int) -> dict:
    return (
        {**output, "execution_count": number} if output["output_type"] == "execute_result" else dict(output)
    )
