"""The one kind of error an author sees: where, what was found, how to mend it."""

from __future__ import annotations

from collections.abc import Callable


class PostError(Exception):
    """Report a fault in a post at ``path:line``.

    path: path as the author knows it (relative to the site root). line: 1-based, 0 when the whole file is meant.
    found: what is wrong, one sentence. mend: what to do, one sentence. detail: longer text shown below (a block's
    source, a traceback); may be empty.
    """

    def __init__(self, path, line: int, found: str, mend: str = "", detail: str = ""):
        self.path, self.line, self.found, self.mend, self.detail = str(path), line, found, mend, detail
        super().__init__(str(self))

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}"
        if self.mend:
            text += f"\n  mend: {self.mend}"
        if self.detail:
            text += "\n\n" + "\n".join("  " + line for line in self.detail.rstrip().splitlines()) + "\n"
        return text


Report = Callable[[PostError], None]


def stop(error: PostError) -> None:
    """Hear of a fault by raising it: the build ends at the first one. A list's ``append`` hears of all of them."""
    raise error
