"""Where can a block run: in the reader's page, there on emulated networks, or only on the reader's machine?

Decided from what a block's slice (`slices`) reaches: the names it takes from the standard library and, followed through
the packages that are in the page name by name, what those take. An author overrules it by the tags ``in-the-page`` and
``on-your-machine``; the site's tests run every block that is said to run in the page there, and compare.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..in_page import slices
from ..reading import imports
from ..reading.blocks import Block
from ..reading.post import Post
from ..running.in_kernel.chartdata import MIME as CHART
from .absent import begins, not_there, what_lacks
from .contents import Contents
from .mentions import chains, imports_of, taken_out, without_annotations
from .packing import find_module

SUFFIX = "_blocks.json"  # of the page's file that holds its blocks; no block's own file has an underscore


@dataclass(frozen=True)
class Place:
    """Hold where a block runs. kind: "here", "emulated" or "machine"; reason: what it lacks, or what is emulated."""

    kind: str
    reason: str = ""


class Places:
    """Decide for the blocks of one post. page: what its page has."""

    def __init__(self, post: Post, page: Contents):
        self.post = post
        self._emulated = page.packages
        self._modules = page.modules()
        self._roots = {module.root for module in self._modules.values()}
        self._own = {name.partition(".")[0] for name in self._modules}
        self._statements: dict[str, list[slices.Statement]] = {}
        self._attempts: dict[str, set[str]] = {}  # text of a statement -> what it only attempts
        self._blocks: dict[int, list[slices.Statement]] = {}
        for block in post.blocks:
            if block.speaks.shares_state:
                try:
                    cut = self._cut(block.source, block.index, block.line, bool(block.info.caption))
                except SyntaxError:
                    cut = []  # the run will say so, if it has not
                self._blocks[block.index] = cut

    def of(self, block: Block, outputs: Sequence[dict[str, Any]] = ()) -> Place:
        """Decide where a block runs. outputs: what it gave in the kernel."""
        tags = block.info.tags
        if not block.speaks.shares_state:
            return Place("machine", block.speaks.needs)
        if "on-your-machine" in tags:
            return Place("machine")
        target = self._blocks[block.index]
        forced = "in-the-page" in tags
        if slices.has_magic(block.source) and not forced:
            return Place("machine", "a notebook")
        if not forced and any(CHART in o.get("data", ()) for o in outputs):
            return Place("machine", "the package matplotlib")  # whoever called it
        earlier = [s for at, cut in self._blocks.items() if at < block.index for s in cut]
        outside: set[str] = set()
        self._reach([*slices.needed(earlier, target), *target], [*earlier, *target], "", outside, set())
        lacks = [] if forced else sorted({why for name in outside if (why := self._lack(name))})
        if lacks:
            return Place("machine", _listed(lacks))
        emulated = sorted(
            {what for name in outside for start, what in self._emulated.items() if begins(name, start)}
        )
        return Place("emulated", _listed(emulated)) if emulated else Place("here")

    def _lack(self, name: str) -> str:
        """Say what a page lacks for a used name, "" if nothing."""
        if any(begins(name, start) for start in self._emulated):
            return ""
        return what_lacks(name) or self._missing(name)

    def _missing(self, name: str) -> str:
        """Name the module of a used name if the page has it not, "" if it has."""
        top = name.partition(".")[0]
        if not_there(name):
            return f"the module {top}"
        if top in sys.stdlib_module_names or top in self._emulated:
            return ""
        if top == "executable_posts":
            return "the engine that made this page"
        return f"the package {'.'.join(name.split('.')[:2]) if top in self._own else top}"

    def _reach(
        self,
        statements: list[slices.Statement],
        whole: list[slices.Statement],
        module: str,
        outside: set[str],
        seen: set[tuple[str, ...]],
        wanted: str = "",
        rest: str = "",
    ) -> None:
        """Collect the full names outside our packages that statements use, following names into our packages.

        whole: all statements they stand among; module: the one these are of, "" for blocks; wanted: the name that is
        asked of it; rest: what is asked of that.
        """
        package = module in self._modules and self._modules[module].is_package
        scope: dict[str, str] = {}
        for s in statements:
            for found in imports_of(s.text, module, package):
                scope.update(self._gives(found, outside))
        if wanted in scope:  # a package that passes on what a module of it defines
            self._follow(_dotted(scope[wanted], rest), outside, seen)
        for s in statements:
            for found in imports_of(s.text, module, package):
                if not found.deferred and not found.guarded:
                    self._import(found.candidates()[-1], outside, seen)
            if s.imports:
                continue
            for chain in chains(s.text):
                root, _, of_it = chain.partition(".")
                if root in scope:
                    self._follow(_dotted(scope[root], of_it), outside, seen)
            for attempt in self._attempts.get(s.text, ()):
                inner: set[str] = set()
                cut = slices.statements(attempt)
                self._reach([*slices.needed(whole, cut), *cut], whole, module, inner, set(seen))
                # Its author goes on without a module that is not there, not without what fails when it is used.
                outside |= {name for name in inner if what_lacks(name) or not self._missing(name)}

    def _gives(self, found: imports.Import, outside: set[str]) -> dict[str, str]:
        """Tell what an import binds: name -> the full name it stands for."""
        if found.name != "*":
            return {found.binds: found.target}
        if found.module not in self._modules:
            outside.add(found.module)
            return {}
        bound = {name for s in self._whole(found.module) for name in s.binds}
        return {name: f"{found.module}.{name}" for name in bound if not name.startswith("_")}

    def _follow(self, name: str, outside: set[str], seen: set[tuple[str, ...]]) -> None:
        if what_lacks(name):
            outside.add(name)
            return
        parts = name.split(".")
        for size in range(len(parts), 0, -1):
            module = ".".join(parts[:size])
            if module in self._modules:
                if size < len(parts):
                    self._enter(module, parts[size], ".".join(parts[size + 1 :]), outside, seen)
                return
        outside.add(name)

    def _enter(
        self, module: str, name: str, rest: str, outside: set[str], seen: set[tuple[str, ...]]
    ) -> None:
        if (module, name, rest) in seen or (name.startswith("__") and name.endswith("__")):
            return
        seen.add((module, name, rest))
        whole = self._whole(module)
        if not any(name in s.binds for s in whole):
            for found in self._modules[module].imports():
                if found.name == "*" and name in self._gives(found, outside):
                    self._enter(found.module, name, rest, outside, seen)
                    return
            if f"{module}.{name}" not in self._modules:
                outside.add(f"{module}.{name}")  # made when asked for: nobody can tell what it needs
            return
        needs = slices.needed(whole, [slices.wanting(name)])
        self._reach(needs, whole, module, outside, seen, name, rest)

    def _whole(self, module: str) -> list[slices.Statement]:
        if module not in self._statements:
            self._statements[module] = self._cut(without_annotations(self._modules[module].text))
        return self._statements[module]

    def _cut(self, source: str, *at: Any) -> list[slices.Statement]:
        """Cut source into statements, without what they only attempt in functions."""
        found = []
        for s in slices.statements(source, *at):
            text, attempts = taken_out(s.text)
            if attempts:
                self._attempts.setdefault(text, set()).update(attempts)
                (left,) = slices.statements(text, s.block, s.line)
                s = replace(left, line=s.line, end=s.end)
            found.append(s)
        return found

    def _import(self, name: str, outside: set[str], seen: set[tuple[str, ...]]) -> None:
        """Check that what an import loads can be loaded: every module on the way, and what it imports when it loads."""
        if ("import", name) in seen:
            return
        seen.add(("import", name))
        parts = name.split(".")
        steps = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        ours = [step for step in steps if step in self._modules]
        exist = [step for step in steps if any(_exists(step, root) for root in self._roots)]
        if len(exist) > len(ours):
            outside.add(exist[-1])  # of our own, and not among what comes along
        if not ours:
            if parts[0] not in sys.stdlib_module_names or not_there(name):
                outside.add(name)
            return
        for module in ours:
            for found in self._modules[module].imports():
                if not found.deferred and not found.guarded:
                    self._import(found.candidates()[-1], outside, seen)


def describe(post: Post, places: dict[int, Place], more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Make the file that a page fetches before its first Run: file name -> JSON; nothing if no block runs there.

    It holds every Python block, shown or hidden, since any may be needed by one that runs. more: of other languages'.
    """
    if not any(runs_in_page(block, places) for block in post.blocks):
        return {}
    blocks = [
        {"index": b.index, "line": b.line, "source": b.source, "figure": bool(b.info.caption)}
        for b in post.blocks
        if b.speaks.shares_state
    ]
    stem = str(post.header.get("slug") or post.path.stem)
    return {
        f"{stem}{SUFFIX}": json.dumps(
            {"label": post.label, "blocks": blocks, **(more or {})}, ensure_ascii=False
        )
    }


def runs_in_page(block: Block, places: dict[int, Place]) -> bool:
    """Tell whether a block gets a Run button: it runs in the page, and its code is shown."""
    place = places.get(block.index)
    shown = not {"remove-cell", "remove-input"} & set(block.info.tags)
    return place is not None and place.kind != "machine" and shown


def _dotted(name: str, rest: str) -> str:
    return f"{name}.{rest}" if rest else name


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " * bool(words[:-1]) + words[-1]


@functools.cache
def _exists(module: str, root: Path) -> bool:
    return find_module(module, root) is not None
