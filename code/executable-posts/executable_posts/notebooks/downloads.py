"""What readers take home: the executed notebook of a post, and a plain script."""

from __future__ import annotations

import bisect
import copy
import hashlib
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
from ..running.pieces import Kept, made_anew
from .convert import give_ids, notebook_from_post

_ROLE = re.compile(r"\{(?P<role>eval|scrub)\}(?P<ticks>`+)(?P<expression>.+?)(?P=ticks)", re.DOTALL)
_STAND_IN = re.compile(r"zw(\d+)wz")
# Words, after what begins a list, a quotation or a table's row, without what a fence, a comment or a moving number is made of.
_ORDINARY = re.compile(
    r"( *(?:[-*+>|] |\d+\. )?)((?!.*(?:```|~~~|<!--|-->|\{scrub\}|%%))(?:[^\W_]|[\"“‘'(*_]|\[(?!.*\]:))(?:.*\S)?)"
)


def downloads(post: posts.Post, executed: Executed, kept: Kept = made_anew) -> dict[str, str]:
    """Make the executed notebook and the plain script of a post; return file name -> content.

    kept: gives what was made of the same post before; the words of its prose may be others by now.
    """
    # A reader without the MyST extension sees the numbers, not the expressions.
    text, words = without_words(post, with_values(post, executed))
    captions = [caption_of(post, block, executed) for block in post.blocks]
    outputs = [explorable.without_data(output) for result in executed.results for output in result.outputs]
    key = hashlib.sha256(
        repr((text, captions, outputs, post.comments)).encode("utf-8", "surrogatepass")
    ).hexdigest()
    made = kept(("downloads", key), lambda: _made(replace(post, text=text), executed, captions))

    def filled(source: str) -> str:
        return _STAND_IN.sub(lambda match: words[int(match[1])], source) if words else source

    notebook, script = copy.deepcopy(made["notebook"]), filled(made["script"])
    for cell in notebook["cells"]:
        cell["source"] = filled(cell["source"])
    give_ids(notebook["cells"])
    stem = str(post.header.get("slug") or post.path.stem)
    return {f"{stem}.ipynb": json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", f"{stem}.py": script}


def _made(post: posts.Post, executed: Executed, captions: list[str]) -> dict[str, Any]:
    """Have jupytext make the notebook and the script, which takes half a second: a third of it is its import."""
    import jupytext
    import nbformat

    nb = notebook_from_post(post)
    with trees.ALONE:
        script = jupytext.writes(nb, fmt="py:percent")
    cells = [c for c in nb.cells if c.cell_type == "code"]
    for caption, cell in zip(captions, cells, strict=True):
        if "caption" in cell.metadata:
            cell.metadata["caption"] = caption
    for number, (cell, result) in enumerate(zip(cells, executed.results, strict=True), 1):
        cell.outputs = [
            nbformat.from_dict(_numbered(explorable.without_data(o), number)) for o in result.outputs
        ]
        cell.execution_count = number
    nb.metadata.pop("jupytext", None)
    return {"notebook": json.loads(json.dumps(nb)), "script": script}


def without_words(post: posts.Post, text: str) -> tuple[str, list[str]]:
    """Put a stand-in for the words of every ordinary line of prose; give the text and the words, by the stand-ins' numbers.

    jupytext cuts a text where fences, comments and empty lines are, and looks at no other line. text: the post's, line by line.
    """
    if _STAND_IN.search(text):
        return text, []
    taken = set(range(1, post.header_lines + 1))
    for block in post.blocks:
        taken.update(range(block.fence_line, block.line + block.source.count("\n") + 2))
    for start, end in post.comments:
        taken.update(range(start, end + 1))
    lines, words = text.split("\n"), list[str]()
    for number, line in enumerate(lines, 1):
        if number not in taken and (ordinary := _ORDINARY.fullmatch(line)):
            lines[number - 1] = f"{ordinary[1]}zw{len(words)}wz"
            words.append(ordinary[2])
    return "\n".join(lines), words


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
