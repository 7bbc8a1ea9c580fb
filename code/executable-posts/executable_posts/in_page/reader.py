"""Reading statements: where values go, and what is changed."""

from __future__ import annotations

import ast

from .definitions import Definitions
from .flow import UNBOUNDED, Call, Flow, Nodes
from .names import assigned


def read(node: ast.stmt, prefix: str) -> Flow:
    """Read a top-level statement. prefix: begins the names of its nodes, and no other statement's."""
    reader = _Reader(prefix)
    reader.statement(node)
    return reader.flow


class _Reader(Definitions):
    def bind(self, target: ast.expr, roots: Nodes) -> None:
        match target:
            case ast.Name():
                node = self._node(target.id)
                self._piece.flows.append((node, roots))
                self._piece.links.append(roots | {node})
            case ast.Tuple() | ast.List():
                self._take(roots)
                for part in target.elts:
                    self.bind(part, roots)
            case ast.Starred():
                self.bind(target.value, roots | {self._fresh()})
            case ast.Attribute() | ast.Subscript():
                held = self.value(target)
                self._piece.changed |= held
                self._piece.links.append(held | roots)
                self._piece.calls.append(Call(method="__setitem__", callee=held, arguments=roots))

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=given)) if len(
                names
            ) == len(given) and not any(isinstance(part, ast.Starred) for part in [*names, *given]):
                found = [self.value(part) for part in given]
                for target, roots in zip(names, found, strict=True):
                    self.bind(target, roots)
            case ast.Assign():
                roots = self.value(node.value)
                for target in node.targets:
                    self.bind(target, roots)
            case ast.AnnAssign():
                if node.value:
                    self.bind(node.target, self.value(node.value))
            case ast.AugAssign():
                held = self.value(node.target)
                given = self.value(node.value)
                self._piece.changed |= held
                self._take(given)  # a list takes what an iterator gives
                result = self._call(name="operator", arguments=held | given)
                self.bind(node.target, held | given | {result})
            case ast.For() | ast.AsyncFor():
                source = self.value(node.iter)
                self._take(source)
                self.bind(node.target, source | self._elements(node.iter))
                self._block([*node.body, *node.orelse])
            case ast.While() | ast.If():
                self._looked_at(self.value(node.test))
                self._block([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    held = self.value(item.context_expr)
                    entered = self._call(method="__enter__", callee=held, shown=True)
                    if item.optional_vars:
                        self.bind(item.optional_vars, held | {entered})
                self._block(node.body)
            case ast.Try() | ast.TryStar():
                self._block([*node.body, *node.orelse, *node.finalbody])
                used = {n.id for part in node.body for n in ast.walk(part) if isinstance(n, ast.Name)}
                for handler in node.handlers:
                    self.value(handler.type)
                    if handler.name:
                        caught = frozenset(self._node(n) for n in used) | {self._fresh()}
                        self.bind(ast.Name(handler.name, ast.Store()), caught)
                    self._block(handler.body)
            case ast.Match():
                subject = self.value(node.subject)
                for case in node.cases:
                    for name in assigned([case.pattern]):
                        self.bind(ast.Name(name, ast.Store()), subject | {self._fresh()})
                    self.value(case.guard)
                    self._block(case.body)
            case ast.Delete():
                for target in node.targets:
                    if not isinstance(target, ast.Name):
                        self._piece.changed |= self.value(target)
            case ast.Return():
                given = self.value(node.value)
                if self._function:
                    self._piece.links.append(given | {self._function.own} if given else given)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                made = self._define(node, node.name, node.decorator_list)
                self.bind(ast.Name(node.name, ast.Store()), made)
            case ast.Import():
                for alias in node.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    self._import(bound, alias.name if alias.asname else bound)
            case ast.ImportFrom():
                for alias in node.names:
                    if alias.name == "*":
                        self._doubt(f"a star takes names from {node.module or '.'} that nobody lists")
                    else:
                        self._import(alias.asname or alias.name, node.module or ".", alias.name)
            case ast.Expr():
                self.value(node.value, shown=True)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)

    def _block(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            self.statement(node)

    def _import(self, name: str, module: str, taken: str = "") -> None:
        # Under its own name it is seen where it is used.
        if taken in UNBOUNDED and module != "re" and name != taken:
            self._doubt(f"{taken} {UNBOUNDED[taken]}")
        if (module == "sys" and name != "sys" and not taken) or (module == "sys" and taken == "modules"):
            self._doubt("sys.modules reaches names by their text")
        node = self._node(name)
        if node == name:
            self.flow.modules[name] = module
        self._piece.flows.append((node, frozenset([self._fresh()])))
