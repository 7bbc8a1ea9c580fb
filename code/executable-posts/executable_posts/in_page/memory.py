"""What is up to date: which statement gave each name of a page's namespace its present value.

Needs nothing but the standard library: it runs in a reader's page.
"""

from __future__ import annotations

import hashlib

from .slices import Statement, module_names


class Memory:
    """Remember which statement gave each name its present value, so that what is up to date is not run again.

    A statement's key is a hash of its text, its block's generation and the keys of what it builds on: edit one, or run
    it again, and all that follows from it has another key.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.bound: dict[str, int] = {}  # name -> the block that bound it last, as it was then
        self.generations: dict[int, int] = {}

    def plan(self, slice_: list[Statement], target: list[Statement]) -> list[Statement]:
        """Choose the statements of a slice that have to run before ``target``, in order."""
        modules = module_names([*slice_, *target])
        keys, given = self._keys(slice_, modules)
        wanted: set[str] = set()
        for statement in reversed(target):
            wanted = (wanted - statement.certain) | statement.wants()
        for statement in target:  # a function of the target may be called by its last line
            wanted |= statement.later
        wanted = wanted.union(*(s.later for s in slice_))
        dirty = {n for n in wanted if n in given and self.values.get(n) != given[n]}
        run: set[int] = set()
        while True:
            chosen = {at for at, s in enumerate(slice_) if s.touches(modules) & dirty}
            if chosen == run:
                return [slice_[at] for at in sorted(run)]
            run = chosen
            for at in run:
                dirty |= slice_[at].touches(modules)
                dirty |= {n for n, key in keys[at][1].items() if self.values.get(n) != key}

    def take_back(self, index: int, statements: list[Statement], namespace: dict[str, object]) -> None:
        """Remove what a block or one above it had bound before it was edited: a clean run would not find it.

        index: the block's; statements: its own and all above it, as they are now.
        """
        now = frozenset[str]().union(*(statement.binds for statement in statements))
        if "*" not in now:  # which may bind anything
            for name in [n for n, block in self.bound.items() if block <= index and n not in now]:
                for known in (self.bound, self.values, namespace):
                    known.pop(name, None)

    def begin(self, statement: Statement, modules: frozenset[str]) -> None:
        """Forget the names a statement touches: should it fail, their values are unknown."""
        for name in statement.touches(modules):
            self.values.pop(name, None)
        self.bound |= dict.fromkeys(statement.binds, statement.block)

    def record(self, ordered: list[Statement], modules: frozenset[str], rank: int) -> None:
        """Note that a statement ran. ordered: the whole slice and then the target; rank: its place in there."""
        key = self._keys(ordered[: rank + 1], modules)[0][-1][0]
        for name in ordered[rank].touches(modules):
            self.values[name] = key

    def _keys(
        self, ordered: list[Statement], modules: frozenset[str]
    ) -> tuple[list[tuple[str, dict[str, str]]], dict[str, str]]:
        """Give (key, keys of the names it builds on) a statement, and the last key of each name."""
        last: dict[str, str] = {}
        keys = []
        for s in ordered:
            builds_on = {n: last[n] for n in sorted(s.wants()) if n in last}
            generation = self.generations.get(s.block, 0)
            key = hashlib.sha256(repr((s.block, generation, s.line, s.text, builds_on)).encode()).hexdigest()
            keys.append((key, builds_on))
            for name in s.touches(modules):
                last[name] = key
        return keys, last
