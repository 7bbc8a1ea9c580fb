"""Any text in a line that nothing obeys: neither a terminal, nor the page of a pull request."""

from __future__ import annotations

import re

from ..running.outputs import visible
from ..running.terminal import ESCAPE
from .change import Change
from .record import EXPLORABLE, SOURCE

LONGEST = 60  # characters of a text that is told
MOST_NUMBERS = 3
FORMS = {
    "stderr": "stderr",
    "error": "error",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/latex": "formula",
    "application/json": "JSON",
    EXPLORABLE: "explorable",
    SOURCE: "source",
}
# What turns the direction of a text or has no width would show another text than there is.
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SIGNS = str.maketrans({"\n": " ⏎ ", "\t": " ", "\r": "␍"})


def short(text: str, most: int = LONGEST) -> str:
    """Give text as one line of printable characters, its beginning where it is long."""
    # Cut first: an output may be long, and a sequence of colours is rarely longer than what it colours.
    text = visible(ESCAPE.sub("", text[: 20 * most])).strip("\n").translate(_SIGNS)
    text = _UNSEEN.sub("\ufffd", text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(count: int, what: str) -> str:
    """Write a number of things: ``1 line``, ``2 lines``."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def heading(changes: list[Change]) -> str:
    """Count changes and the posts that they are in."""
    posts = len({change.file for change in changes})
    return f"{counted(len(changes), 'change')} in {counted(posts, 'post')}"
