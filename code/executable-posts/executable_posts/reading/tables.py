"""Tables whose rows have more cells than their head: Markdown drops the rest without a word."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

MEND = r"write \| for a bar that is no border, in code too, or give the head another column"
_BORDER = re.compile(r"(?<!\\)\|")


def lost_cells(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the line, from 1, of every row that would lose a cell, and what is wrong with it. lines: the document's."""
    for rank, token in enumerate(tokens):
        if token.type != "table_open" or not token.map:
            continue
        first, end = token.map
        head = (later.type for later in tokens[rank:])
        columns = sum(
            kind == "th_open" for kind in itertools.takewhile(lambda kind: kind != "thead_close", head)
        )
        for number in range(first + 2, end):
            cells = _cells(lines[number])
            if cells > columns:
                yield (
                    number + 1,
                    f"a row of {cells} cells in a table of {columns} columns: the rest would be lost",
                )


def _cells(line: str) -> int:
    """Count the cells of a table's line, wherever it stands, as the parser does: code has no say in it."""
    inside = re.sub(r"^[\s>]*\|?", "", line.rstrip())
    return len(_BORDER.split(re.sub(r"(?<!\\)\|$", "", inside)))
