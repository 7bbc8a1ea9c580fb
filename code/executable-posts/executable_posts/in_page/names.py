"""Which global names does a piece of Python bind, use at once, and use later, when its functions are called?

By the syntax tree alone, the same on every version: symbol tables have counted the variables of comprehensions among
the names around them since Python 3.12.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Names:
    """Hold global names: bound, used at once, and used in the bodies of functions."""

    binds: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)


def names(*nodes: ast.AST) -> Names:
    """Find the global names of pieces of code at the top level."""
    found = Names()
    for node in nodes:
        found.binds |= assigned([node])
        _walk(node, frozenset(), False, found)
    return found


def assigned(nodes: Sequence[ast.AST]) -> set[str]:
    """List the names that code binds in its own scope."""
    found: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in nodes]
    while waiting:
        node, inner = waiting.pop()  # inner: within a comprehension, whose variables are its own
        match node:
            case ast.Name(ctx=ast.Store()) | ast.Name(ctx=ast.Del()):
                found |= set() if inner else {node.id}
            case ast.NamedExpr():
                found.add(node.target.id)
                waiting.append((node.value, inner))
                continue
            case ast.Import() | ast.ImportFrom():
                found |= {a.asname or a.name.partition(".")[0] for a in node.names}
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
                waiting += [(n, inner) for n in _header(node)]
                continue
            case ast.Lambda():
                waiting += [(n, inner) for n in _header(node)]
                continue
        inner = inner or isinstance(node, COMPREHENSIONS)
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return found


def _header(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef) -> list[ast.AST]:
    """List what runs when a function or class is defined: decorators, defaults, annotations, bases."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    arguments: list[ast.AST] = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    if isinstance(node, ast.Lambda):
        return arguments
    every = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    hints = [a.annotation for a in every if a and a.annotation]
    return [*node.decorator_list, *arguments, *hints, *([node.returns] if node.returns else [])]


def _walk(node: ast.AST, local: frozenset[str], deferred: bool, found: Names) -> None:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, (ast.Load, ast.Del)) and node.id not in local:
            (found.later if deferred else found.uses).add(node.id)
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id not in local:
        (found.later if deferred else found.uses).add(node.target.id)
    if isinstance(node, FUNCTIONS):
        for part in _header(node):
            _walk(part, local, deferred, found)
        body: Sequence[ast.AST] = node.body if isinstance(node.body, list) else [node.body]
        shared = {n for part in body for g in ast.walk(part) if isinstance(g, ast.Global) for n in g.names}
        found.binds |= shared & assigned(body)
        a = node.args
        own = {x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if x}
        own = (own | assigned(body)) - shared
        for part in body:
            _walk(part, local - shared | own, True, found)
        return
    if isinstance(node, ast.ClassDef):
        for part in _header(node):
            _walk(part, local, deferred, found)
        bound: set[str] = set()
        for part in node.body:
            # A class's names are no names of its methods, and before they are bound they are those around it.
            _walk(part, local if isinstance(part, FUNCTIONS) else local | bound, deferred, found)
            if isinstance(
                part, (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, *FUNCTIONS, ast.ClassDef)
            ):
                bound |= assigned([part]) if getattr(part, "value", part) is not None else set()
        return
    if isinstance(node, COMPREHENSIONS):
        inside = local
        for generator in node.generators:
            _walk(generator.iter, inside, deferred, found)
            inside = inside | assigned([generator.target])
            for condition in generator.ifs:
                _walk(condition, inside, deferred, found)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            _walk(part, inside, deferred, found)
        return
    for child in ast.iter_child_nodes(node):
        _walk(child, local, deferred, found)
