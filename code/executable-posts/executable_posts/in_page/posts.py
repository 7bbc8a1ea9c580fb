"""A post in a reader's page: its blocks, what the reader made of them, and the names that they share.

Needs nothing but the standard library: it runs in a reader's page.
"""

from __future__ import annotations

import ast
import builtins
import re
from typing import Any

from . import slices
from .memory import Memory


class Post:
    """Hold one post's blocks, the reader's edits, and the namespace they share."""

    def __init__(self, label: str, blocks: list[dict[str, Any]]):
        self.label = label
        self.blocks = {b["index"]: b for b in blocks}
        self.edits: dict[int, str] = {}
        self.broken: list[int] = []  # lines of earlier blocks that are no Python
        self.memory = Memory()
        self.namespace = namespace()
        self._cut: dict[int, tuple[str, list[slices.Statement], list[ast.stmt]]] = {}

    def source(self, index: int) -> str:
        """Give a block's source, the reader's if there is one."""
        return self.edits.get(index, str(self.blocks[index]["source"]))

    def cut(self, index: int) -> list[slices.Statement]:
        """Cut a block into statements; raise SyntaxError."""
        source = self.source(index)
        known = self._cut.get(index)
        if known is None or known[0] != source:
            block = self.blocks[index]
            cut = slices.statements(source, index, block["line"], block.get("figure", False), self.label)
            nodes = slices.parse(source, self.label, block["line"]).body
            known = self._cut[index] = (source, cut, nodes)
        return known[1]

    def before(self, index: int) -> list[slices.Statement]:
        """Cut every earlier block; one that the reader left broken defines nothing."""
        found, self.broken = [], []
        for other, block in self.blocks.items():
            if other < index:
                try:
                    found += self.cut(other)
                except SyntaxError:
                    self.broken.append(block["line"])
        return found

    def blame(self, index: int, error: str) -> str:
        """Say which edits of earlier blocks a block that failed builds on, or would have built on; "" for none."""
        if self.broken and "NameError" in error:
            unread = " and ".join(str(line) for line in self.broken)
            return f"\n(Python cannot read the block at line {unread} as it is now edited.)"
        try:
            target, earlier = self.cut(index), self.before(index)
            taken = {statement.block for statement in slices.needed(earlier, target)}
        except SyntaxError:
            return ""
        missing = re.search(r"NameError: name '(\w+)' is not defined", error)
        lines = []
        for at, block in self.blocks.items():
            if at >= index or self.source(at) == block["source"]:
                continue
            had = slices.statements(
                str(block["source"]), at, block["line"], block.get("figure", False), self.label
            )
            if at in taken or (missing and any(missing[1] in statement.binds for statement in had)):
                lines.append(str(block["line"]))
        return (
            f"\n(It builds on what you have edited: the block at line {' and '.join(lines)}.)"
            if lines
            else ""
        )

    def node(self, statement: slices.Statement) -> ast.stmt:
        """Give the syntax tree of a statement."""
        _, cut, nodes = self._cut[statement.block]
        return nodes[next(at for at, s in enumerate(cut) if s is statement)]


def namespace() -> dict[str, Any]:
    """Make a namespace for blocks to run in."""
    return {"__name__": "__main__", "__builtins__": builtins}
