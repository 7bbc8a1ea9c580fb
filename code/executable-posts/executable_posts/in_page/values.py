"""Reading expressions: give the nodes that a value may share with, and note what is called on the way."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable

from .flow import NONE, UNBOUNDED, Call, Flow, Function, Nodes
from .names import assigned


class Values(ABC):
    """Read expressions. prefix: begins the names of the nodes that it makes."""

    def __init__(self, prefix: str):
        self.flow = Flow()
        self._piece = self.flow.now
        self._function: Function | None = None  # the outermost one that we are in
        self._prefix, self._count = prefix, 0
        self._scopes: list[dict[str, str]] = []
        self._of_classes: set[str] = set()  # nodes
        self._globals: list[set[str]] = []

    # --- Nodes --------------------------------------------------------------------------------------------------------
    def _new(self, what: str = "") -> str:
        self._count += 1
        return f"{what}#{self._prefix}.{self._count}"

    def _fresh(self, iterator: bool = False) -> str:
        node = self._new()
        self._piece.fresh.add(node)
        if iterator:
            self._piece.iterators.add(node)
        return node

    def _node(self, name: str) -> str:
        for scope, shared in zip(reversed(self._scopes), reversed(self._globals), strict=True):
            if name in shared:
                return name
            if name in scope:
                return scope[name]
        return name

    def _nodes(self, name: str) -> Nodes:
        """Give what a name may stand for where it is used; in a class, what is around it as long as it is not bound."""
        node = self._node(name)
        if node in self._of_classes:
            return frozenset([node, name])
        return frozenset([node])

    def _call(self, **what) -> str:
        result = self._new()
        self._piece.calls.append(Call(result=result, **what))
        return result

    def _take(self, nodes: Nodes) -> None:
        """Elements are taken out of something."""
        if nodes:
            self._call(arguments=nodes, takes=True)

    # --- Expressions: give the nodes that a value may share with; none for what cannot change -------------------------
    def value(self, node: ast.expr | None, shown: bool = False) -> Nodes:
        match node:
            case None | ast.Constant():
                return NONE
            case ast.Name():
                if node.id in UNBOUNDED and self._node(node.id) == node.id:
                    self._doubt(f"{node.id} {UNBOUNDED[node.id]}")
                return self._nodes(node.id)
            case ast.Attribute():
                if node.attr in UNBOUNDED and node.attr not in (
                    "compile",
                    "eval",
                ):  # re.compile, a frame's eval
                    self._doubt(f"{node.attr} {UNBOUNDED[node.attr]}")
                if node.attr in ("__dict__", "__globals__", "__builtins__", "__class__", "f_globals") or (
                    node.attr == "modules" and getattr(node.value, "id", "") == "sys"
                ):
                    self._doubt(f"{node.attr} reaches names by their text")
                return self._looked_at(self.value(node.value))
            case ast.Subscript():
                return self._looked_at(self.value(node.value), self.value(node.slice))
            case ast.BoolOp() | ast.IfExp():
                parts = self._parts(node)
                self._looked_at(NONE.union(*parts))
                return NONE.union(*parts)
            case ast.UnaryOp(op=ast.Not()):
                self._looked_at(self.value(node.operand))
                return NONE
            case ast.NamedExpr():
                roots = self.value(node.value)
                self.bind(node.target, roots)
                return roots
            case ast.Compare():
                # A look at which modules there are tells nothing of any name.
                sides = [
                    self.value(side.value if getattr(side, "attr", "") == "modules" else side)
                    for side in [node.left, *node.comparators]
                ]
                for operator, side in zip(node.ops, sides[1:], strict=True):
                    if isinstance(operator, (ast.In, ast.NotIn)):
                        self._take(side)
                self._call(arguments=NONE.union(*sides))
                return NONE
            case ast.JoinedStr() | ast.FormattedValue():
                used = NONE.union(
                    *(self.value(c) for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr))
                )
                self._call(name="format", arguments=used)
                return NONE
            case ast.Lambda():
                return self._define(node, "", [])
            case ast.GeneratorExp():
                first = self.value(node.generators[0].iter)
                self._take(first)
                return self._define(node, "", [], first) | first
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return self._comprehension(node, None) | {self._fresh()}
            case ast.Call():
                return self._called(node, shown)
            case ast.Await():
                coroutine = self.value(node.value)
                return coroutine | {self._call(method="__await__", callee=coroutine)}
            case ast.Yield() | ast.YieldFrom():
                given = self.value(node.value)
                if isinstance(node, ast.YieldFrom):
                    self._take(given)
                if self._function:
                    self._function.makes_functions = self._function.lasting = True
                    self._piece.links.append(given | {self._function.own})
                    return frozenset([self._function.own])
                return given
            case ast.Starred():
                inner = self.value(node.value)
                self._take(inner)
                return inner
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                return NONE.union(*self._parts(node)) | {self._fresh()}
        roots = NONE.union(*self._parts(node))
        if isinstance(node, (ast.BinOp, ast.UnaryOp)) and roots:
            self._call(arguments=roots, name="operator")
        return roots

    def _doubt(self, reason: str) -> None:
        (self._function or self.flow).unsure.append(reason)

    def _looked_at(self, nodes: Nodes, more: Nodes = NONE) -> Nodes:
        """A method of a class may be called without being named."""
        if nodes | more:
            self._call(arguments=nodes | more)
        return nodes

    def _parts(self, node: ast.AST) -> list[Nodes]:
        return [self.value(c) for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]

    def _called(self, node: ast.Call, shown: bool) -> Nodes:
        callee = self.value(node.func)
        given = NONE.union(*(self.value(a) for a in [*node.args, *(k.value for k in node.keywords)]))
        name = (
            node.func.id
            if isinstance(node.func, ast.Name) and self._node(node.func.id) == node.func.id
            else ""
        )
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name == "super" and self._function:
            return frozenset([self._function.own])
        return frozenset([self._call(name=name, method=method, callee=callee, arguments=given, shown=shown)])

    def _comprehension(self, node, first: Nodes | None) -> Nodes:
        scope: dict[str, str] = {}
        found = NONE
        for at, generator in enumerate(node.generators):
            if at or first is None:
                source = self.value(generator.iter)
                self._take(source)
            else:
                source = first
            if not at:
                self._enter(scope)
            scope.update({n: self._new(n) for n in assigned([generator.target])})
            self.bind(generator.target, source | self._elements(generator.iter))
            for condition in generator.ifs:
                self.value(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            found |= self.value(part)
        self._leave()
        return found

    def _elements(self, node: ast.expr) -> Nodes:
        """Give the node of what a loop takes out of something: numbers out of a range, else who knows."""
        ranged = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
        return NONE if ranged or isinstance(node, ast.Constant) else frozenset([self._fresh()])

    def _enter(self, scope: dict[str, str], shared: Iterable[str] = ()) -> None:
        self._scopes.append(scope)
        self._globals.append(set(shared))

    def _leave(self) -> None:
        self._scopes.pop()
        self._globals.pop()

    @abstractmethod
    def _define(self, node: ast.AST, name: str, decorators: list[ast.expr], first: Nodes = NONE) -> Nodes: ...

    @abstractmethod
    def bind(self, target: ast.expr, roots: Nodes) -> None: ...
