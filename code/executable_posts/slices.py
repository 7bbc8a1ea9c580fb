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
import hashlib
import re
import symtable
from dataclasses import dataclass

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
COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
_MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class Statement:
    """Hold a top-level statement of a block. block: its rank; line, end: its lines in the post; later: names that the
    bodies of its functions use, whenever these are called; calls: names whose methods it calls for their effect;
    certain: it binds on every path; imports: it is an import."""

    block: int
    line: int
    end: int
    text: str
    binds: frozenset[str]
    changes: frozenset[str]
    calls: frozenset[str]
    uses: frozenset[str]
    later: frozenset[str]
    certain: bool
    imports: bool

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
        return ast.parse(padded, name)
    except SyntaxError:
        if not _MAGIC.search(source):
            raise
        return ast.parse(_MAGIC.sub("", padded), name)


def has_magic(source: str) -> bool:
    """Tell whether a block gives commands that only IPython understands."""
    try:
        ast.parse(source)
    except SyntaxError:
        return bool(_MAGIC.search(source))
    return False


def statements(source: str, block: int = 0, line: int = 1, shows_last: bool = False) -> list[Statement]:
    """Cut a block into its top-level statements; shows_last: its last expression is only displayed.

    Raise SyntaxError for what is no Python.
    """
    nodes = parse(source, "block", line).body
    lines = source.split("\n")
    found = []
    for node in nodes:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = "\n".join(lines[first - line : node.end_lineno - line + 1])
        displayed = shows_last and node is nodes[-1] and isinstance(node, ast.Expr)
        found.append(_statement(node, text, block, first, displayed))
    return found


def _statement(node: ast.stmt, text: str, block: int, line: int, displayed: bool) -> Statement:
    effects = _Effects()
    if not displayed:
        effects.visit(node)
    table = symtable.symtable(ast.unparse(node), "statement", "exec")
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    uses = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    later: set[str] = set()
    for child in table.get_children():
        _collect(child, uses, later, binds)
    simple = not isinstance(
        node, (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match, ast.AugAssign)
    )
    if isinstance(node, ast.AugAssign):
        effects.changes |= binds
    return Statement(
        block,
        line,
        node.end_lineno,
        text,
        frozenset(binds),
        frozenset(effects.changes),
        frozenset(effects.calls),
        frozenset(uses - _BUILTINS),
        frozenset(later - _BUILTINS),
        simple,
        isinstance(node, (ast.Import, ast.ImportFrom)),
    )


def _collect(table: symtable.SymbolTable, uses: set, later: set, binds: set) -> None:
    """Add the global names of an inner scope: of a function's body to ``later``, of what runs at once to ``uses``."""
    at_once = table.get_type() == "class" or table.get_name().strip("<>") in COMPREHENSIONS
    for symbol in table.get_symbols():
        if not symbol.is_global():
            continue
        if symbol.is_referenced():
            (uses if at_once else later).add(symbol.get_name())
        if symbol.is_declared_global() and symbol.is_assigned():
            binds.add(symbol.get_name())
    for child in table.get_children():
        _collect(child, uses if at_once else later, later, binds)


class _Effects(ast.NodeVisitor):
    """Find the names that a statement changes when it runs; function bodies run later and count when called."""

    def __init__(self):
        self.changes: set[str] = set()
        self.calls: set[str] = set()

    def visit_FunctionDef(self, node):
        for part in [*node.decorator_list, *node.args.defaults]:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        pass

    def visit_Attribute(self, node):
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            self._change(node)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Expr(self, node):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not self._harmless(call.func):
            if isinstance(call.func, ast.Attribute):
                configures = call.func.attr in CONFIGURING
                (self.changes if configures else self.calls).update(_root(call.func))
            for argument in call.args:
                self.calls.update(_root(argument) if isinstance(argument, ast.Name) else ())
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            self.calls.update(_root(node.func))
        self.generic_visit(node)

    def _harmless(self, function) -> bool:
        name = getattr(function, "id", None) or getattr(function, "attr", "")
        return name in HARMLESS

    def _change(self, node):
        self.changes.update(_root(node))


def _root(node: ast.AST) -> set[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def needed(before: list[Statement], target: list[Statement]) -> list[Statement]:
    """Find the statements among ``before`` (in the post's order) that ``target`` needs, in that order."""
    modules = module_names([*before, *target])
    deferred: frozenset[str] = frozenset()
    while True:
        live = set(deferred)
        for statement in reversed(target):
            live -= statement.binds if statement.certain else frozenset()
            live |= statement.wants()
        found = []
        for statement in reversed(before):
            if not live & statement.touches(modules):
                continue
            found.append(statement)
            # What only changes a name needs it, and so does what may not bind it after all.
            live -= statement.binds - statement.changes if statement.certain else frozenset()
            live |= statement.wants()
        more = deferred.union(*(s.later for s in [*found, *target]))
        if more == deferred:
            return found[::-1]
        deferred = more


def module_names(all_statements: list[Statement]) -> frozenset[str]:
    """List the names that imports bind."""
    return frozenset().union(*(s.binds for s in all_statements if s.imports))


class Memory:
    """Remember which statement gave each name its present value, so that what is up to date is not run again.

    A statement's key is a hash of its text, its block's generation and the keys of what it builds on: edit one, or run
    it again, and all that follows from it has another key.
    """

    def __init__(self):
        self.values: dict[str, str] = {}
        self.generations: dict[int, int] = {}

    def plan(self, slice_: list[Statement], target: list[Statement]) -> list[Statement]:
        """Choose the statements of a slice that have to run before ``target``, in order."""
        modules = module_names([*slice_, *target])
        keys, given = self._keys(slice_, modules)
        wanted: set[str] = set()
        for statement in reversed(target):
            wanted -= statement.binds if statement.certain else frozenset()
            wanted |= statement.wants()
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

    def begin(self, statement: Statement, modules: frozenset[str]) -> None:
        """Forget the names a statement touches: should it fail, their values are unknown."""
        for name in statement.touches(modules):
            self.values.pop(name, None)

    def record(self, ordered: list[Statement], modules: frozenset[str], rank: int) -> None:
        """Note that a statement ran. ordered: the whole slice and then the target; rank: its place in there."""
        key = self._keys(ordered[: rank + 1], modules)[0][-1][0]
        for name in ordered[rank].touches(modules):
            self.values[name] = key

    def _keys(self, ordered: list[Statement], modules: frozenset[str]):
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
