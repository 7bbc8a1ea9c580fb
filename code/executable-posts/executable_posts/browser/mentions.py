"""What a statement mentions: imports, dotted names, and what its functions only attempt."""

from __future__ import annotations

import ast
import functools

from ..in_page import slices, trees
from ..reading.imports import Import, expects_failure, scan


@functools.lru_cache(maxsize=4096)
def _tree(text: str) -> ast.Module:
    return ast.Module([], []) if slices.has_magic(text) else trees.module(text)


@functools.lru_cache(maxsize=4096)
def imports_of(text: str, module: str, package: bool) -> tuple[Import, ...]:
    """List the imports of a statement. One inside a function counts; one inside the class of a package is for those
    who call that method."""
    found = scan(_tree(text), module, package)
    lazy = module and any(isinstance(n, ast.ClassDef) for n in _tree(text).body)
    return tuple(f for f in found if not (lazy and f.deferred))


@functools.lru_cache(maxsize=4096)
def chains(text: str) -> frozenset[str]:
    """List the dotted names that a statement uses, such as ``asyncio.to_thread``, each from its first name on."""
    found = set()
    inner = set()
    for node in ast.walk(_tree(text)):
        parts, at = [], node
        while isinstance(at, ast.Attribute):
            parts.append(at.attr)
            inner.add(id(at.value))
            at = at.value
        if isinstance(at, ast.Name) and not isinstance(at.ctx, ast.Store) and id(node) not in inner:
            found.add(".".join([at.id, *reversed(parts)]))
    return frozenset(found)


@functools.lru_cache(maxsize=4096)
def taken_out(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the attempts out of the functions of a statement: the bodies of ``try`` that go on when an import fails.

    Return what is left, and the attempts. What stands in a handler takes the place of what it stands in for.
    """
    if "except" not in text or "def " not in text:
        return text, ()
    try:
        tree = trees.module(text)
    except SyntaxError:  # magic
        return text, ()
    taker = _Taker()
    tree = ast.fix_missing_locations(taker.visit(tree))
    if not taker.taken:
        return text, ()
    return ast.unparse(tree), tuple(taker.taken)


def without_annotations(source: str) -> str:
    """Give a module's source without its annotations: they name types, and use nothing of them."""
    return ast.unparse(_Unannotated().visit(trees.module(source)))


_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Unannotated(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: _Function) -> _Function:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> _Function:
        return self.visit_FunctionDef(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node


class _Taker(ast.NodeTransformer):
    def __init__(self) -> None:
        self.taken: list[str] = []
        self._depth = 0

    def visit_FunctionDef(self, node: _Function) -> _Function:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> _Function:
        return self.visit_FunctionDef(node)

    def visit_Try(self, node: ast.Try) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        if not self._depth or not expects_failure(node):
            return node
        body = ast.Module([*node.body, *node.orelse], [])
        # In a function of its own: a return may stand in it, and its names are no globals.
        name = ast.arguments([], [], None, [], [], None, [])
        function = ast.AsyncFunctionDef("_attempt", name, body.body, [], None, None, lineno=1, col_offset=0)
        self.taken.append(ast.unparse(ast.fix_missing_locations(ast.Module([function], []))))
        return [*(s for handler in node.handlers for s in handler.body), *node.finalbody] or ast.Pass()
