"""What a piece of Python imports: read from its syntax tree, named as Python's own import machinery would name it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..in_page import trees

MISSING = frozenset(["ImportError", "ModuleNotFoundError"])
ANYTHING = frozenset(["Exception", "BaseException"])


@dataclass(frozen=True, kw_only=True)
class Import:
    """Hold one name of an import statement. module: the full name of the module that is asked for; name: what is taken
    out of it, "" for a plain import, "*" for all; binds: the name it gives, "" with a star; target: the full name that
    this stands for; deferred: it stands in a function, and is done when that is called; guarded: it stands in a ``try``
    that goes on when it fails."""

    module: str
    name: str
    binds: str
    target: str
    deferred: bool = False
    guarded: bool = False

    def candidates(self) -> tuple[str, ...]:
        """List the full names of modules it may load, besides the packages they are in."""
        taken = self.name and self.name != "*"
        return (self.module, f"{self.module}.{self.name}") if taken else (self.module,)


def scan(tree: ast.AST, module: str = "", is_package: bool = False) -> tuple[Import, ...]:
    """List the imports of a tree in order, without those that only a type checker follows.

    module: the full name of the module the tree is of, "" for a script or a block; is_package: it is an
    ``__init__.py``. A relative import that leaves the outermost package fails in Python, and is left out.
    """
    package = module if is_package else module.rpartition(".")[0]
    return tuple(_scan(tree, package, False, False))


@functools.lru_cache(maxsize=4096)
def of_source(source: str, module: str = "", is_package: bool = False) -> tuple[Import, ...]:
    """List the imports of a module's source; none for what is no Python, which fails before it imports anything."""
    try:
        return scan(trees.module(source), module, is_package)
    except (SyntaxError, ValueError):
        return ()


def _scan(node: ast.AST, package: str, deferred: bool, guarded: bool) -> Iterator[Import]:
    match node:
        case ast.Import() | ast.ImportFrom():
            for found in _of_statement(node, package):
                yield replace(found, deferred=deferred, guarded=guarded)
            return
        case ast.If() if (typing := _asks_for_typing(node.test)) is not None:
            for statement in node.orelse if typing else node.body:
                yield from _scan(statement, package, deferred, guarded)
            return
        case ast.Try() if expects_failure(node):
            for statement in node.body:
                yield from _scan(statement, package, deferred, True)
            for part in [*node.handlers, *node.orelse, *node.finalbody]:
                yield from _scan(part, package, deferred, guarded)
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            deferred = True
    for child in ast.iter_child_nodes(node):
        yield from _scan(child, package, deferred, guarded)


def _of_statement(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            binds = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else binds
            yield Import(module=alias.name, name="", binds=binds, target=target)
        return
    base = resolve(node.module or "", node.level, package)
    if base is None:
        return
    for alias in node.names:
        binds = "" if alias.name == "*" else alias.asname or alias.name
        yield Import(module=base, name=alias.name, binds=binds, target=f"{base}.{alias.name}")


def resolve(name: str, level: int, package: str) -> str | None:
    """Give the full name of what follows ``from``; None for a relative one that leaves the outermost package.

    level: its leading dots; package: the one that holds the module it stands in.
    """
    if not level:
        return name
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def expects_failure(node: ast.Try) -> bool:
    """Tell whether a ``try`` goes on when an import in it fails."""
    imports = any(isinstance(part, (ast.Import, ast.ImportFrom)) for part in node.body)
    for handler in node.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = {getattr(kind, "id", getattr(kind, "attr", "")) for kind in kinds if kind is not None}
        if names & MISSING or (imports and (handler.type is None or names & ANYTHING)):
            return not any(isinstance(part, ast.Raise) for part in handler.body)
    return False


def _asks_for_typing(test: ast.expr) -> bool | None:
    """Tell whether a condition is TYPE_CHECKING (True) or its opposite (False); None for any other."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _asks_for_typing(test.operand)
        return None if inner is None else not inner
    return True if getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING" else None
