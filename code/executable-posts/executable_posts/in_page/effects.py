"""What statements do to each other's names: which may share objects, what each changes, which functions each may call.

Readings of single statements (`flow`) are put together without regard to their order: names that share an object
anywhere share it everywhere. That is more than happens, never less, as far as the following holds, which nothing in the
source can show: imported code keeps no references to what it is given except in its own module and in what it returns;
operators, iteration and attributes of objects of imported classes change nothing else; nobody looks at ``id``, at weak
references or at when objects die.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence

from .flow import NONE, Call, Flow, Nodes, Piece

BUILTINS = frozenset(dir(builtins))
# A method called for its effect changes its object; these are called for what they return or show.
HARMLESS = frozenset(["print", "display", "show", "plot", "sleep", "len", "next", "iter"])
# Called for a value, and changing the object all the same.
CHANGING = frozenset(
    ["pop", "popitem", "popleft", "setdefault", "append", "appendleft", "extend", "add", "remove", "discard",
     "insert", "update", "clear", "sort", "reverse", "send"]
)  # fmt: skip
# Built-in functions whose result is a number, a text or nothing.
PLAIN = frozenset(
    ["len", "int", "float", "str", "bool", "complex", "bytes", "repr", "ascii", "format", "ord", "chr", "hex", "oct", "bin",
     "hash", "id", "isinstance", "issubclass", "callable", "hasattr", "any", "all", "print", "range", "input"]
)  # fmt: skip
CONTAINERS = frozenset(
    ["list", "tuple", "set", "frozenset", "dict", "sorted", "bytearray", "slice", "divmod"]
)
# Built-in functions that take nothing out of their arguments.
LOOKING = frozenset(
    ["len", "print", "repr", "isinstance", "issubclass", "callable", "hasattr", "getattr", "id", "hash", "type", "format",
     "str", "ascii", "range", "object", "property", "super", "staticmethod", "classmethod", "iter", "enumerate", "zip", "map",
     "filter", "reversed"]
)  # fmt: skip
# Methods of built-in containers and texts that change nothing.
READING = frozenset(
    ["items", "keys", "values", "get", "copy", "count", "index", "union", "intersection", "difference", "issubset",
     "symmetric_difference", "issuperset", "isdisjoint", "join", "split", "strip", "format", "startswith", "endswith"]
)  # fmt: skip
# Modules without a state of their own; the first kind changes nothing that it is given either.
PURE = frozenset(
    ["__future__", "abc", "base64", "cmath", "collections", "collections.abc", "copy", "dataclasses", "enum", "fractions",
     "hashlib", "html", "itertools", "json", "math", "re", "statistics", "string", "struct", "textwrap", "types", "typing"]
)  # fmt: skip
STATELESS = PURE | {"bisect", "contextlib", "functools", "heapq", "operator"}


class Effects:
    """Put the readings of statements together. For each, by its rank: changed: the global names whose objects it may
    change, or that a function it calls may bind; calls: ranks of the statements whose functions it may call; runs: these functions."""

    def __init__(self, flows: Sequence[Flow], trusting: bool = False):
        self._flows, self._trusting = flows, trusting
        self.modules = {name: module for flow in flows for name, module in flow.modules.items()}
        self._functions = [(rank, f) for rank, flow in enumerate(flows) for f in flow.functions]
        self._pieces = [flow.now for flow in flows] + [f.body for _, f in self._functions]
        self._bound = {name for flow in flows for piece in flow.pieces() for name, _ in piece.flows}
        self._parent: dict[str, str] = {}
        self._able: dict[str, frozenset[int]] = {}  # root -> functions that can be called through it
        self._foreign: set[str] = set()  # roots with an object that nothing is known about
        self._iterators: set[str] = set()  # roots with an iterator
        self._called: dict[int, set[int]] = {id(p): set() for p in self._pieces}
        self._bindings = {id(p): set(p.globals) for p in self._pieces}
        self._mutable = self._find_mutable()
        self._global = [n for n in sorted(self._bound) if "#" not in n and n in self._mutable]
        self._changed = {id(p): p.changed & self._mutable for p in self._pieces}
        self._moved = True
        self._begin()
        while self._moved:
            self._moved = False
            self._look()
            for piece in self._pieces:
                for call in piece.calls:
                    self._resolve(piece, call)
        self.changed = [self._names(flow.now) for flow in flows]
        self.calls = [frozenset(self._functions[f][0] for f in self._called[id(flow.now)]) for flow in flows]
        self.runs = [[self._functions[f][1] for f in sorted(self._called[id(flow.now)])] for flow in flows]

    # --- Which nodes can share at all ---------------------------------------------------------------------------------
    def _find_mutable(self) -> set[str]:
        """Find the nodes that may be more than numbers and texts."""
        found = set().union(*(p.fresh for p in self._pieces)) if self._pieces else set()
        inert = {name for name, module in self.modules.items() if self._trusting or module in STATELESS}
        sources: list[tuple[str, Nodes]] = [flow for p in self._pieces for flow in p.flows]
        for piece in self._pieces:
            for call in piece.calls:
                if not call.result or (self._builtin(call) and call.name in PLAIN):
                    continue
                if call.name == "operator":
                    sources.append((call.result, call.arguments))
                else:
                    found.add(call.result)
        imported: dict[str, int] = {}
        for flow in self._flows:
            for name in flow.modules:
                imported[name] = imported.get(name, 0) + 1
        bindings: dict[str, int] = {}
        for node, _ in sources:
            bindings[node] = bindings.get(node, 0) + 1
        inert = {name for name in inert if bindings.get(name, 0) == imported.get(name, 0)}
        self._inert = frozenset(inert)
        more = True
        while more:
            grown = {n for n, roots in sources if n not in found and n not in inert and roots & found}
            found |= grown
            more = bool(grown)
        return found - inert

    def _builtin(self, call: Call) -> bool:
        return bool(call.name) and call.name in BUILTINS and call.name not in self._bound

    # --- Regions ------------------------------------------------------------------------------------------------------
    def _root(self, node: str) -> str:
        path = []
        while (above := self._parent.get(node, node)) != node:
            path.append(node)
            node = above
        for step in path:
            self._parent[step] = node
        return node

    def _link(self, nodes: Iterable[str]) -> None:
        roots = {self._root(n) for n in nodes if n in self._mutable}
        if len(roots) < 2:
            return
        first, *rest = sorted(roots)
        for other in rest:
            self._parent[other] = first
            self._able[first] = self._able.get(first, frozenset()) | self._able.pop(other, frozenset())
            for marked in (self._foreign, self._iterators):
                if other in marked:
                    marked.add(first)
        self._moved = True

    def _mark(self, marked: set[str], node: str) -> None:
        if node in self._mutable and self._root(node) not in marked:
            marked.add(self._root(node))
            self._moved = True

    def _enable(self, node: str, functions: frozenset[int]) -> None:
        root = self._root(node)
        have = self._able.get(root, frozenset())
        if node in self._mutable and not functions <= have:
            self._able[root] = have | functions
            self._moved = True

    def _able_of(self, nodes: Nodes) -> frozenset[int]:
        return frozenset().union(*(self._able.get(self._root(n), frozenset()) for n in nodes))

    def _begin(self) -> None:
        for at, (_, function) in enumerate(self._functions):
            self._enable(function.node, frozenset([at]))
            self._mark(self._foreign, function.own)
            self._mark(self._iterators, function.own)
        by_module: dict[str, set[str]] = {}
        for name, module in self.modules.items():
            self._mark(self._foreign, name)  # an inert one is no node
            by_module.setdefault(module.partition(".")[0], set()).add(name)
        for names in by_module.values():
            self._link(names)
        for piece in self._pieces:
            for nodes in piece.links:
                self._link(nodes)
            for node in piece.iterators:
                self._mark(self._iterators, node)

    def _look(self) -> None:
        """Note what holds of every function for one round; what changes meanwhile counts in the next."""
        self._changed = {at: {self._root(n) for n in nodes} for at, nodes in self._changed.items()}
        by_root: dict[str, list[str]] = {}
        for name in self._global:
            by_root.setdefault(self._root(name), []).append(name)
        self._own_changed = [self._root(f.own) in self._changed[id(f.body)] for _, f in self._functions]
        # One name of a region stands for all.
        self._kept = [by_root.get(self._root(f.own), [])[:1] for _, f in self._functions]

    # --- Calls --------------------------------------------------------------------------------------------------------
    def _resolve(self, piece: Piece, call: Call) -> None:
        given, callee = call.arguments & self._mutable, call.callee & self._mutable
        passed = self._able_of(given)
        if call.takes:
            self._run(piece, passed, given, NONE, call)
            self._change(piece, {n for n in given if self._root(n) in self._iterators})
        elif call.name in ("operator", "format") or not (call.name or call.method or call.callee):
            self._run(
                piece, frozenset(f for f in passed if self._functions[f][1].implicit), given, NONE, call
            )
            if call.name == "operator":
                self._link([call.result, *given])
        elif self._builtin(call):
            self._resolve_builtin(piece, call, given, passed)
        else:
            self._resolve_other(piece, call, given, callee, passed)

    def _resolve_builtin(self, piece: Piece, call: Call, given: Nodes, passed: frozenset[int]) -> None:
        self._run(piece, passed, given, NONE, call)
        if call.name not in LOOKING:
            self._change(piece, {n for n in given if call.name == "next" or self._root(n) in self._iterators})
        if call.name not in PLAIN:
            self._link([call.result, *given])
            if call.name not in CONTAINERS:
                self._mark(self._iterators, call.result)
        if call.name in ("open", "__build_class__"):
            self._mark(self._foreign, call.result)

    def _resolve_other(
        self, piece: Piece, call: Call, given: Nodes, callee: Nodes, passed: frozenset[int]
    ) -> None:
        able = self._able_of(callee)
        foreign = any(self._root(n) in self._foreign for n in callee)
        self._run(piece, able | passed, given, callee, call)
        modules = {self.modules[n] for n in call.callee if n in self._inert}
        if call.method == "__setitem__":
            return
        if call.method == "decorator":
            if not modules or not modules <= PURE:  # who knows what a wrapper remembers
                for at in passed:
                    self._change(self._functions[at][1].body, {self._functions[at][1].own})
            self._enable(call.result, passed)
        known = modules <= STATELESS
        if self._trusting and not (known and (modules or not foreign)):
            if (call.shown or call.method in CHANGING) and (call.method or call.name) not in HARMLESS:
                self._change(piece, given | callee)
                if call.method in CHANGING:
                    self._link([*callee, *given])
            if not modules:
                self._link([call.result, *callee])
            self._mark(self._foreign, call.result)
            return
        self._link([call.result, *given])
        if call.callee and not callee:  # a function of a module without state, or a method of a text
            pure = modules <= PURE
            self._change(piece, {n for n in given if not pure or self._root(n) in self._iterators})
            self._mark(self._iterators, call.result)
            if modules - {"math", "cmath", "statistics", "string", "textwrap"}:
                self._mark(self._foreign, call.result)
            return
        if call.method and callee:
            self._link([call.result, *callee])
        if not foreign and call.method and callee:  # a built-in container, perhaps among objects of classes
            if call.method not in READING:
                self._change(piece, callee)
                self._link([*callee, *given])
            self._change(piece, {n for n in given if self._root(n) in self._iterators})
            self._mark(self._iterators, call.result)
        elif not callee and not call.callee and call.method:  # a method of a text
            self._change(piece, {n for n in given if self._root(n) in self._iterators})
        elif foreign or not able:
            self._change(piece, given | callee)
            self._link([*callee, *given, call.result])
            self._mark(self._foreign, call.result)
            self._mark(self._iterators, call.result)

    def _run(self, piece: Piece, functions: frozenset[int], given: Nodes, callee: Nodes, call: Call) -> None:
        """Functions may be called: what they change, they change here."""
        for at in functions:
            function = self._functions[at][1]
            body = id(function.body)
            self._add(self._called[id(piece)], {at} | self._called[body])
            self._add(self._bindings[id(piece)], self._bindings[body])
            self._add(self._changed[id(piece)], self._changed[body])
            if self._own_changed[at]:
                self._change(piece, given)
                if function.lasting or function.is_class or call.method or not call.name:
                    self._change(piece, callee)
            self._link([*given, call.result, *self._kept[at]])
            if function.is_class or function.makes_functions or function.implicit:
                self._enable(call.result, frozenset([at]))
                if function.lasting:
                    self._link([call.result, *callee])

    def _add(self, to: set, more: set) -> None:
        if not more <= to:
            to |= more
            self._moved = True

    def _change(self, piece: Piece, nodes: Iterable[str]) -> None:
        self._add(self._changed[id(piece)], {self._root(n) for n in nodes if n in self._mutable})

    def _names(self, piece: Piece) -> frozenset[str]:
        roots = {self._root(n) for n in self._changed[id(piece)]}
        changed = {n for n in self._global if self._root(n) in roots}
        return frozenset(changed | self._bindings[id(piece)] | (piece.changed & set(self.modules)))
