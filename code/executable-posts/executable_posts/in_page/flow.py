"""What a statement does to objects, read from its syntax tree: where values go, what is changed, what may be called.

A *node* is a global name, or a variable of a function or a fresh object, which have names that no Python could have.
`effects` puts the readings of all statements together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from .names import assigned

Nodes = frozenset[str]
NONE: Nodes = frozenset()


@dataclass(frozen=True, kw_only=True)
class Call:
    """Hold something that may run code. name: the plain name that is called, "" for anything else; method: the last
    attribute of what is called, ""; callee, arguments: nodes these may share with; result: the node of its result;
    shown: nobody takes the result; takes: it takes elements out of its arguments, which uses an iterator up."""

    name: str = ""
    method: str = ""
    callee: Nodes = NONE
    arguments: Nodes = NONE
    result: str = ""
    shown: bool = False
    takes: bool = False


@dataclass
class Piece:
    """Hold what one piece of code does. flows: (node, nodes whose value it may take); links: nodes that may share from
    then on; changed: nodes whose objects it changes; fresh: nodes that are objects of its own; iterators: those of them that
    can be used up; globals: names it binds by a ``global`` of a function."""

    flows: list[tuple[str, Nodes]] = field(default_factory=list)
    links: list[Nodes] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    iterators: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)


@dataclass
class Function:
    """Hold a function, lambda, generator expression or class. node: of what it stands for; body: what it does when it is
    called; own: the node of its parameters and of what outlives a call; lasting: something does, so that calls are not
    alike; implicit: operators, attributes and the like call it; makes_functions: a call gives functions of its own; is_class: calling it makes an object with its methods; unsure:
    why nobody can tell what a call does."""

    node: str
    body: Piece
    own: str
    lasting: bool = False
    implicit: bool = False
    makes_functions: bool = False
    is_class: bool = False
    unsure: list[str] = field(default_factory=list)


@dataclass
class Flow:
    """Hold the reading of one statement. now: what it does when it runs; functions: what it defines; modules: name -> the
    module it imports or takes the name from; unsure: why nobody can tell what it does now."""

    now: Piece = field(default_factory=Piece)
    functions: list[Function] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)

    def pieces(self) -> list[Piece]:
        return [self.now, *(function.body for function in self.functions)]


# Called under these names, nothing bounds what they read or change.
UNBOUNDED = {
    **dict.fromkeys(("exec", "eval", "compile"), "runs text as code"),
    **dict.fromkeys(("globals", "locals", "vars"), "reaches names by their text"),
    **dict.fromkeys(("setattr", "delattr"), "changes attributes by their text"),
    **dict.fromkeys(("__import__", "import_module", "reload"), "imports by a text"),
    **dict.fromkeys(
        ("Thread", "Process", "Timer", "create_task", "ensure_future", "start_new_thread", "ThreadPoolExecutor",
         "ProcessPoolExecutor", "Popen", "call_soon", "call_later"),
        "starts something that goes on by itself",
    ),
    **dict.fromkeys(("_getframe", "settrace", "setprofile", "get_objects", "get_referrers", "addaudithook"), "reaches into the interpreter"),
    **dict.fromkeys(("get_ipython", "run_line_magic", "run_cell_magic"), "is a command of the notebook"),
}  # fmt: skip


def read(node: ast.stmt, prefix: str) -> Flow:
    """Read a top-level statement. prefix: begins the names of its nodes, and no other statement's."""
    reader = _Reader(prefix)
    reader.statement(node)
    return reader.flow


class _Reader:
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

    # --- Functions ----------------------------------------------------------------------------------------------------
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

    # --- Statements ---------------------------------------------------------------------------------------------------
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
