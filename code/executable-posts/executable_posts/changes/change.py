"""One thing that differs between two published sites, and how it is given to programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from .numbers import Pair


@dataclass(frozen=True, kw_only=True)
class Change:
    """Hold one difference. what: "post", "block", "output", "chart", "picture" or "value"; kind: "new", "removed",
    "renamed", "moved" or "changed"; file: the post, as an author knows it; line: in the new post, 0 where it is not in
    it; old_line: in the old one; name: of the block, or the value's expression; form: of an output; old, new: what was
    published, and what is now; note: what the two do not say; numbers: those that differ, where nothing else does;
    diff: lines that differ, each after ``- `` or ``+ ``; more: how many further ones there are."""

    what: str
    kind: str
    file: str
    line: int = 0
    old_line: int = 0
    name: str = ""
    form: str = ""
    old: str = ""
    new: str = ""
    note: str = ""
    numbers: tuple[Pair, ...] = ()
    diff: tuple[str, ...] = ()
    more: int = 0

    @property
    def where(self) -> str:
        """Give the place as editors open it; of what is gone, where it was."""
        line = self.line or self.old_line
        return f"{self.file}:{line}" if line else self.file

    @property
    def ranked(self) -> list[Pair]:
        """Give the numbers, those that went furthest first."""
        return sorted(self.numbers, key=lambda pair: -abs(pair.relative or 0))


def as_json(changes: Iterable[Change]) -> str:
    """Write changes as a list of objects, each with every field."""
    return json.dumps([asdict(change) for change in changes], ensure_ascii=False, indent=1) + "\n"
