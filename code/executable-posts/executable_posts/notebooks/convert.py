"""From a post to its notebook's cells and back, by jupytext, byte for byte."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from ..errors import PostError
from ..in_page import trees
from ..languages import plug_ins_among
from ..reading.post import Post

if TYPE_CHECKING:
    from nbformat import NotebookNode

FILTERS = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "tags,name,caption,-all"}
# Named only where a block has one, so that a notebook without is as it was.
TOLERANT = {**FILTERS, "cell_metadata_filter": "tags,name,caption,tolerance,-all"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without a kernel named, jupytext takes a post of mostly C++ blocks for a C++ notebook.
_JUPYTER_HEADER = (
    "---\njupyter:\n  kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
)
_WORDS = re.compile(r"^(?:%%|```)([^\s%`{]+)", re.MULTILINE)  # of magics and fences
# A number that a reader moves is to JupyterLab a value with a remark: `{scrub}` is no role of MyST's.
_SCRUB = re.compile(
    r"\{scrub\}`(?P<name>[^\s`]+)[ \n]+(?P<range>[^`]+)`|(?P<code>`+)(?!`).+?(?<!`)(?P=code)(?!`)", re.DOTALL
)
_REMARK = re.compile(r"\{eval\}`(?P<name>\w+)  # (?P<range>[^`\n]*\.\.[^`]*)`")
_ESCAPES = re.compile(r"(?:\\u[0-9a-f]{4})+")


def _format(words: Iterable[str]) -> dict[str, str]:
    """Give jupytext's format for a text. words: that may name a language that jupytext does not know."""
    brought = ",".join(plug_ins_among(words))
    # It guesses among three kinds of Markdown, and a line of colons would make it Pandoc's.
    plain = {"extension": ".md", "format_name": "markdown"}
    return {**plain, **({"custom_language_magics": brought} if brought else {})}


def notebook_from_post(post: Post) -> NotebookNode:
    """Make the notebook of a post: cells only, with ids that depend on nothing but their place and text."""
    from nbformat.v4 import new_raw_cell

    body, hidden = _without_comments(post)
    nb = copy.deepcopy(_read(body, tuple(sorted({b.language for b in post.blocks}))))
    if _fenced_lines(post):
        nb.cells.insert(0, new_raw_cell("\n".join(post.text.split("\n")[: _fenced_lines(post)])))
    give_ids(nb.cells)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            for stand_in, comment in hidden.items():
                cell.source = cell.source.replace(stand_in, comment)
            cell.source = _SCRUB.sub(_as_value, cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nb.nbformat, nb.nbformat_minor = 4, 5
    filters = TOLERANT if any(block.info.tolerance for block in post.blocks) else FILTERS
    nb.metadata = type(nb.metadata)({"kernelspec": KERNEL, "jupytext": {"formats": "md,ipynb", **filters}})
    sources = [c.source for c in nb.cells if c.cell_type == "code"]
    if sources != [b.cell_source for b in post.blocks]:
        _explain_difference(post, sources)
    return nb


def give_ids(cells: Iterable[MutableMapping[str, Any]]) -> None:
    """Name a notebook's cells: by what they are called, or else by their text, and by the place among those that are alike."""
    seen: dict[str, int] = {}
    for cell in cells:
        stem = cell["metadata"].get("name") or hashlib.sha256(cell["source"].encode()).hexdigest()[:12]
        count = seen[stem] = seen.get(stem, -1) + 1
        cell["id"] = (f"{stem}-{count}" if count else stem)[:64]


@functools.lru_cache(maxsize=2)
def _read(body: str, words: tuple[str, ...]) -> NotebookNode:
    """Have jupytext read a text. A post's tests and its page need the same one, and validating its cells takes a while."""
    import jupytext

    with trees.ALONE:
        nb: NotebookNode = jupytext.reads(_JUPYTER_HEADER + body, fmt=_format(words))
    return nb


def post_from_notebook(nb: NotebookNode) -> str:
    """Write a notebook's cells as the text of a post."""
    import jupytext
    from nbformat.v4 import new_notebook

    cells = []
    form = _format(_WORDS.findall("\n".join(cell.source for cell in nb.cells)))
    for cell in nb.cells:
        if cell.cell_type == "markdown" and "{eval}`" in cell.source:
            cell = type(cell)({**cell, "source": _REMARK.sub(r"{scrub}`\g<name> \g<range>`", cell.source)})
        if cell.cell_type == "markdown" and "```" in cell.source:
            # A markdown cell that holds fences must be cut where jupytext would cut it, or it adds region markers.
            with trees.ALONE:
                read = jupytext.reads(_JUPYTER_HEADER + cell.source, fmt=form)
            cells.extend(_recut(cell, read.cells))
        else:
            cells.append(cell)
    copied = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "jupytext": dict(TOLERANT)})
    for cell in copied.cells:
        cell.metadata = {
            k: v for k, v in cell.metadata.items() if k not in ("jupyter", "editable", "slideshow")
        }
    with trees.ALONE:
        text = jupytext.writes(copied, fmt=form)
    return re.sub(r"^```.*$", _attributes_as_written, text, flags=re.MULTILINE)


def _as_value(match: re.Match[str]) -> str:
    """Write a number that a reader moves as a value; the range stays as a remark, on the same lines."""
    if match["code"]:
        return match[0]
    return f"{{eval}}`{match['name']}  # {match['range']}`"


def _attributes_as_written(match: re.Match[str]) -> str:
    """Undo what jupytext escapes in a fence's attributes, and escape what would end the fence: a backtick."""
    text = _ESCAPES.sub(lambda e: json.loads(f'"{e[0]}"'), match[0])
    opened = re.match(r"```(?=[^`\s])", text)
    return "```" + text[3:].replace("`", "\\u0060") if opened else text


def check_round_trip(post: Post) -> None:
    """Raise PostError at the first line that would not come back from the notebook as it is written."""
    text = post_from_notebook(notebook_from_post(post))
    if alike(text, post.text):
        return
    ours, theirs = post.text.split("\n"), text.split("\n")
    line = next(
        (n for n, pair in enumerate(zip(ours, theirs, strict=False), 1) if pair[0] != pair[1]), len(ours)
    )
    back = theirs[line - 1] if line <= len(theirs) else ""
    raise PostError(
        post.label,
        line,
        "this line would come back from the notebook in another form",
        f"write it as: {back!r}"
        if back.strip()
        else "one blank line around blocks, none with spaces, a newline at the end",
    )


def alike(ours: str, theirs: str) -> bool:
    """Tell whether two texts are the same, but for line ends after the last line, which editors add and leave out."""
    return ours.rstrip("\n") == theirs.rstrip("\n")


def _recut(cell: NotebookNode, parts: list[NotebookNode]) -> list[NotebookNode]:
    if parts and "lines_to_next_cell" in cell.metadata:
        parts[-1].metadata["lines_to_next_cell"] = cell.metadata["lines_to_next_cell"]
    return parts


def _without_comments(post: Post) -> tuple[str, dict[str, str]]:
    """Put a one-line stand-in for every HTML comment, so that jupytext finds no cell in one."""
    lines, hidden = post.text.split("\n"), {}
    for start, end in reversed(post.comments):
        block = lines[start - 1 : end - 1]
        while block and not block[-1].strip():
            block.pop()
        stand_in = f"<!--{hashlib.sha256(repr((start, block)).encode()).hexdigest()}-->"
        hidden[stand_in] = "\n".join(block)
        lines[start - 1 : start - 1 + len(block)] = [stand_in]
    return "\n".join(lines[_fenced_lines(post) :]), hidden


def _fenced_lines(post: Post) -> int:
    """Count the header's lines that are a cell of their own; a header in Pelican's style is the beginning of the first text."""
    return post.header_lines if post.text.startswith("---") else 0


def _explain_difference(post: Post, sources: list[str]) -> None:
    for block, source in zip(post.blocks, sources, strict=False):
        if block.cell_source != source:
            raise PostError(
                post.label,
                block.fence_line,
                f"jupytext reads this block differently: {source.splitlines()[0]!r} ...",
                "keep fences at the left margin, three backticks, a blank line around them",
            )
    raise PostError(
        post.label,
        0,
        f"the post has {len(post.blocks)} blocks and jupytext finds {len(sources)} cells",
        "look for a fence inside text that is not a block",
    )
