"""A notebook's file: what it must be, what a post can hold of it, and how its cells are named to people."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PostError

if TYPE_CHECKING:
    from nbformat import NotebookNode

# What editors leave in a notebook for themselves; a twin does without.
_NOISE = {
    *("jupyter", "collapsed", "scrolled", "trusted", "ExecuteTime", "execution", "editable", "deletable"),
    *("pycharm", "vscode", "lines_to_next_cell", "language_info", "kernelspec", "jupytext"),
    "executable_posts",
}


def read_notebook(path: Path, label: str) -> NotebookNode:
    """Read a notebook, without the empty cells that editors leave at its end; raise PostError when it is not one."""
    import nbformat

    try:
        nb = copy.deepcopy(_valid(Path(path).read_text(encoding="utf-8")))
    except (ValueError, AttributeError, KeyError, TypeError, OSError, nbformat.ValidationError) as error:
        raise PostError(
            label,
            0,
            f"not a notebook: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            "restore it, or delete it and run `executable-posts sync`",
        ) from None
    while nb.cells and not nb.cells[-1].source.strip() and not nb.cells[-1].get("attachments"):
        nb.cells.pop()
    return nb


@functools.lru_cache(maxsize=2)
def _valid(text: str) -> NotebookNode:
    """Read a notebook; raise nbformat's ValidationError when it is none. Kept, since validating takes a while."""
    import nbformat

    nb: NotebookNode = nbformat.reads(text, as_version=4)
    nbformat.validate(nb)
    return nb


def cell_name(label: str, index: int) -> str:
    """Name a notebook's cell as people count: from one, every cell."""
    return f"{label}, cell {index + 1}"


def check_cells(nb: NotebookNode, label: str) -> None:
    """Raise PostError for a cell that no post can hold."""
    for index, cell in enumerate(nb.cells):
        if cell.cell_type == "raw" and (index or not cell.source.startswith("---")):
            raise PostError(
                cell_name(label, index),
                0,
                "a raw cell, which a page does not show",
                "make it Markdown or code",
            )
        if cell.cell_type == "code" and not cell.source.strip():
            raise PostError(
                cell_name(label, index), 0, "an empty code cell", "write something in it or remove it"
            )


def left_out(nb: NotebookNode) -> list[str]:
    """Say what of a notebook its post cannot hold, and so what a written twin is without."""
    found = []
    outputs = sum(bool(c.get("outputs")) for c in nb.cells)
    if outputs:
        found.append(f"the outputs of {outputs} cell{'s' if outputs > 1 else ''}")
    for index, cell in enumerate(nb.cells):
        kept = {"tags", "name", "caption"} if cell.cell_type == "code" else set()
        extra = sorted(set(cell.metadata) - _NOISE - kept)
        if extra:
            found.append(f"the metadata {', '.join(extra)} of cell {index + 1}")
    extra = sorted(key for key in set(nb.metadata) - _NOISE if not key.startswith("toc"))
    if extra:
        found.append(f"the notebook's metadata {', '.join(extra)}")
    return found
