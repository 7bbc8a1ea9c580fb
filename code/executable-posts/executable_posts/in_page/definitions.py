"""Reading functions and classes: what they do when they are called, and what they keep."""

from __future__ import annotations

import ast
from abc import abstractmethod

from .flow import NONE, Call, Function, Nodes, Piece
from .names import assigned
from .values import Values


class Definitions(Values):
    """Read functions and classes."""

    @abstractmethod
    def statement(self, node: ast.stmt) -> None: ...

    def _define(self, node, name: str, decorators: list[ast.expr], first: Nodes = NONE) -> Nodes:
        """Read a function, lambda, generator expression or class; give the nodes of what it makes."""
        wrapped = [self.value(d) for d in decorators]
        kept = NONE
        if hasattr(node, "args"):
            kept = NONE.union(*(self.value(d) for d in [*node.args.defaults, *node.args.kw_defaults] if d))
        made = frozenset([self._new(name or "function")])
        outermost = self._function is None
        before = self._piece, self._function
        if outermost:
            own = self._new("own")
            self._function = Function(node=next(iter(made)), body=Piece(), own=own)
            self._function.body.fresh.add(own)
            self.flow.functions.append(self._function)
        else:
            self._function.makes_functions = True
        function = self._function
        function.lasting |= bool(kept)
        self._piece.fresh |= made
        self._piece.links.append(kept | made)
        if not isinstance(node, ast.ClassDef):
            if outermost:
                self._piece = function.body
            self._inside(node, function, kept, first)
        else:
            self._class(node, made, outermost)
        self._piece, self._function = before
        for nodes in reversed(wrapped):  # the last one first
            function.lasting = True
            made = frozenset([self._call(callee=nodes, arguments=made, method="decorator"), *made])
        return made

    def _inside(self, node, function: Function, kept: Nodes, first: Nodes) -> None:
        body = node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
        scope: dict[str, str] = {}
        if isinstance(node, ast.GeneratorExp):
            function.lasting = function.makes_functions = True
            self._piece.iterators.add(function.own)
            self._piece.links.append(first | {function.own})
            self._piece.links.append(self._comprehension(node, first | {function.own}) | {function.own})
            return
        a = node.args
        names = [x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if x]
        declared = [n for part in body for n in ast.walk(part) if isinstance(n, (ast.Global, ast.Nonlocal))]
        shared = {n for d in declared if isinstance(d, ast.Global) for n in d.names}
        outer = {n for d in declared if isinstance(d, ast.Nonlocal) for n in d.names}
        scope.update({n: self._new(n) for n in (assigned(body) - shared - outer)})
        for name in names:
            scope[name] = self._new(name)
            self._piece.flows.append((scope[name], kept | {function.own}))
            self._piece.links.append(kept | {scope[name], function.own})
        for name in outer:
            function.lasting = True
            self._piece.links.append(frozenset([self._node(name), function.own]))
        self._piece.globals |= shared & assigned(body)
        self._enter(scope, shared)
        if outer:  # rebinding it changes what other calls see
            self._piece.changed.add(function.own)
        for part in body:
            self.statement(part)
        if isinstance(node, ast.Lambda):
            self._piece.links.append(self.value(node.body) | {function.own})
        self._leave()

    def _class(self, node: ast.ClassDef, made: Nodes, outermost: bool) -> None:
        function = self._function
        function.is_class |= outermost
        function.makes_functions |= not outermost
        function.implicit |= not outermost
        bases = NONE.union(*(self.value(b) for b in [*node.bases, *(k.value for k in node.keywords)]))
        self._piece.links.append(bases | made)
        if any(isinstance(part, ast.expr) for part in node.keywords):
            function.lasting = True
        scope = {n: self._new(n) for n in assigned(node.body)}
        self._of_classes |= set(scope.values())
        methods = [n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        # Its own names are no names of its methods.
        self._enter(scope)
        for part in node.body:
            if part not in methods:
                function.lasting |= isinstance(part, (ast.Assign, ast.AnnAssign, ast.For, ast.With))
                self.statement(part)
        self._piece.links.append(frozenset(scope.values()) | made)
        kept: dict[ast.stmt, Nodes] = {}
        for method in methods:
            for decorator in method.decorator_list:
                self.value(decorator)
            defaults = [d for d in [*method.args.defaults, *method.args.kw_defaults] if d]
            kept[method] = NONE.union(*(self.value(d) for d in defaults))
            self._piece.links.append(kept[method] | made)
        self._leave()
        piece = self._piece
        if outermost:
            self._piece = function.body
        for method in methods:
            self._inside(method, function, kept[method], NONE)
        if bases:
            self._piece.calls.append(
                Call(callee=bases, arguments=frozenset([function.own]), method="__init__")
            )
        special = [m for m in methods if m.decorator_list or (m.name[:2] == "__" and m.name != "__init__")]
        if outermost and special:
            own = self._new("own")
            silent = Function(node=function.node, body=Piece(), own=own, lasting=True, implicit=True)
            silent.body.fresh.add(own)
            silent.body.links.append(frozenset([own, function.own]))
            self.flow.functions.append(silent)
            self._piece, self._function = silent.body, silent
            for method in special:
                self._inside(method, silent, kept[method], NONE)
        self._piece, self._function = piece, function
