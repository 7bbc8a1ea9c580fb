"""Which statements of a post does a block need? Blocks cut into top-level statements, and backward slices of them.

A statement *binds* names, *changes* what names refer to, and *uses* names. A block needs those earlier statements that
bind or change what it uses, and what these need in turn; nothing else has to run. The analysis reads names only, so it
is a careful guess; a site's tests run every block by it and compare the outputs.

The same code decides at build time where a block can run and, in a reader's page, what to run first. It needs nothing
but the standard library.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field

from . import trees
from .names import assigned
from .names import names as names_of

# A method called for its effect changes its object; these are called for what they return or show.
HARMLESS = frozenset(["print", "display", "show", "plot", "sleep", "len", "next", "iter"])
# Called for a value, and changing the object all the same.
CHANGING = frozenset(
    ["pop", "popitem", "popleft", "setdefault", "append", "appendleft", "extend", "add", "remove", "discard",
     "insert", "update", "clear", "sort", "reverse", "send"]
)  # fmt: skip
# Functions of a module that change how the module behaves from then on.
CONFIGURING = frozenset(
    ["seed", "filterwarnings", "simplefilter", "basicConfig", "setrecursionlimit", "setlocale", "setrlimit"]
)
_MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Hold a top-level statement of a block. block: its rank; line, end: its lines in the post; later: names that the
    bodies of its functions use, whenever these are called; calls: names whose methods it calls for their effect;
    certain: names it binds on every path, as long as no context manager swallows an error; swallowed: those that one
    may keep from being bound; imports: it is an import; node: its tree."""

    block: int
    line: int
    end: int
    text: str
    binds: frozenset[str]
    changes: frozenset[str]
    calls: frozenset[str]
    uses: frozenset[str]
    later: frozenset[str]
    certain: frozenset[str]
    swallowed: frozenset[str]
    imports: bool
    node: ast.stmt = field(compare=False, repr=False)

    def touches(self, modules: frozenset[str]) -> frozenset[str]:
        """Give the names it binds or changes; a module does not change because a function of it is called."""
        return self.binds | self.changes | (self.calls - modules)

    def wants(self) -> frozenset[str]:
        """Give the names that must have their values when it runs."""
        return self.uses | self.later | self.changes | self.calls


def parse(source: str, name: str, line: int = 1) -> ast.Module:
    """Parse a block whose first line stands at ``line`` of a file; lines of IPython magic count as empty.

    Raise SyntaxError, with the file's line.
    """
    padded = "\n" * (line - 1) + source
    try:
        return trees.module(padded, name)
    except SyntaxError:
        if not _MAGIC.search(source):
            raise
        return trees.module(_MAGIC.sub("", padded), name)


def has_magic(source: str) -> bool:
    """Tell whether a block gives commands that only IPython understands."""
    try:
        trees.module(source)
    except SyntaxError:
        return bool(_MAGIC.search(source))
    return False


def statements(
    source: str, block: int = 0, line: int = 1, shows_last: bool = False, name: str = "block"
) -> list[Statement]:
    """Cut a block into its top-level statements; shows_last: its last expression is only displayed.

    Raise SyntaxError for what is no Python, in the file ``name``.
    """
    nodes = parse(source, name, line).body
    lines = source.split("\n")
    found = []
    for node in nodes:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - line : _end(node) - line + 1])
        displayed = shows_last and node is nodes[-1] and isinstance(node, ast.Expr)
        found.append(_statement(node, text, block, first, displayed))
    return found


def _statement(node: ast.stmt, text: str, block: int, line: int, displayed: bool) -> Statement:
    effects = _Effects()
    if not displayed:
        effects.visit(node)
    names = names_of(node)
    if isinstance(node, ast.AugAssign):
        effects.changes |= names.binds
    uses, certain = _flow([node])
    return Statement(
        block=block,
        line=line,
        end=_end(node),
        text=text,
        binds=frozenset(names.binds),
        changes=frozenset(effects.changes),
        calls=frozenset(effects.calls & uses),
        uses=frozenset(uses - _BUILTINS),
        later=frozenset(names.later - _BUILTINS),
        certain=frozenset(certain),
        swallowed=_swallowed(node),
        imports=isinstance(node, (ast.Import, ast.ImportFrom)),
        node=node,
    )


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _swallowed(node: ast.stmt) -> frozenset[str]:
    """List the names that are bound below a context manager, which may swallow an error before they are."""
    found: set[str] = set()
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for part in ast.walk(node):
            if isinstance(part, (ast.With, ast.AsyncWith)):
                found |= assigned([*part.body, *(i.optional_vars for i in part.items if i.optional_vars)])
    return frozenset(found)


def _flow(nodes: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """Follow statements in order; return what they use before binding it themselves, and what they bind for certain."""
    uses: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        before, surely = _flow_one(node)
        uses |= before - bound
        bound |= surely
    return uses, bound


def _flow_one(node: ast.stmt) -> tuple[set[str], set[str]]:
    match node:
        case ast.If() | ast.While():
            body, otherwise = _flow(node.body), _flow(node.orelse)
            both = body[1] & otherwise[1] if isinstance(node, ast.If) else set()
            return names_of(node.test).uses | body[0] | otherwise[0], both
        case ast.For() | ast.AsyncFor():
            target = names_of(ast.Assign([node.target], ast.Constant(0), lineno=1))
            body, otherwise = _flow(node.body), _flow(node.orelse)
            inside = (target.uses | body[0]) - target.binds
            return names_of(node.iter).uses | inside | otherwise[0], set()
        case ast.With() | ast.AsyncWith():
            parts = [
                ast.Assign([item.optional_vars], item.context_expr, lineno=1)
                if item.optional_vars
                else ast.Expr(item.context_expr)
                for item in node.items
            ]
            return _flow([*parts, *node.body])
        case ast.Try() | ast.TryStar() | ast.Match():
            return names_of(node).uses, set()
        case ast.AugAssign():
            names = names_of(node)
            return names.uses | names.binds, names.binds
        case ast.Delete():
            names = names_of(node)
            return names.uses | names.binds, set()
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return names_of(node).uses, {
                node.name
            }  # a global of its body is bound when it is called, if ever
        case _:
            names = names_of(node)
            perhaps = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
            return names.uses, names.binds - perhaps


class _Effects(ast.NodeVisitor):
    """Find the names that a statement changes when it runs; function bodies run later and count when called."""

    def __init__(self) -> None:
        self.changes: set[str] = set()
        self.calls: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in [*node.decorator_list, *node.args.defaults]:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self._change(node)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not self._harmless(call.func):
            if isinstance(call.func, ast.Attribute):
                configures = call.func.attr in CONFIGURING
                (self.changes if configures else self.calls).update(_root(call.func))
            for argument in call.args:
                self.calls.update(_root(argument) if isinstance(argument, ast.Name) else ())
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            self.calls.update(_root(node.func))
        self.generic_visit(node)

    def _harmless(self, function: ast.expr) -> bool:
        name = getattr(function, "id", None) or getattr(function, "attr", "")
        return name in HARMLESS

    def _change(self, node: ast.AST) -> None:
        self.changes.update(_root(node))


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def needed(before: list[Statement], target: list[Statement]) -> list[Statement]:
    """Find the statements among ``before`` (in the post's order) that ``target`` needs, in that order."""
    modules = module_names([*before, *target])
    bound = frozenset().union(*(s.binds for s in before))
    deferred: frozenset[str] = frozenset()
    while True:
        live = set(deferred)
        for statement in reversed(target):
            live = (live - statement.certain) | statement.wants()
        found = []
        for statement in reversed(before):
            # Whatever nobody binds by its name may come from a star.
            star = "*" in statement.binds and live - bound
            if not star and not live & statement.touches(modules):
                continue
            found.append(statement)
            # What only changes a name needs it, and so does what may not bind it after all.
            live = (live - (statement.certain - statement.changes)) | statement.wants()
        more = deferred.union(*(s.later for s in [*found, *target]))
        if more == deferred:
            return found[::-1]
        deferred = more


def wanting(name: str) -> Statement:
    """Make a statement that does nothing but use a name, to ask what that needs."""
    (made,) = statements(name, -1)
    return made


def module_names(all_statements: list[Statement]) -> frozenset[str]:
    """List the names that imports bind."""
    return frozenset().union(*(s.binds for s in all_statements if s.imports))
