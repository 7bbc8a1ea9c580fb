"""What a statement does to objects, read from its syntax tree: where values go, what is changed, what may be called.

A *node* is a global name, or a variable of a function or a fresh object, which have names that no Python could have.
`effects` puts the readings of all statements together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
