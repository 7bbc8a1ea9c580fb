"""Small modules made at random, and what a name in them is worth: for checking what an analysis says of them."""

from __future__ import annotations

import copy
import math
import random
import re
import sys
import types

NAMES = ["a", "b", "c", "d"]
FUNCTIONS = ["f", "g", "h"]
CLASSES = ["K", "L"]
IMPORTS = ["import copy", "import math", "import itertools", "import random", "from functools import partial",
           "from collections import deque", "from functools import lru_cache", "import contextlib", "import heapq",
           "from random import random as draw, seed", "from copy import copy as twin, deepcopy"]  # fmt: skip
STEPS = 3000  # lines that a module may run


class Maker:
    """Write statements. pick: chooses one of a list, as ``random.choice`` does."""

    def __init__(self, pick):
        self.pick = pick

    def name(self) -> str:
        return self.pick(NAMES)

    # What is lazy gets a copy: added to itself, it would never end, where no line is counted.
    def expression(self, depth: int = 2, inside: str = "") -> str:
        """Write an expression. inside: a parameter that is in reach."""
        n, m = self.pick([*NAMES, *([inside] * 3 if inside else [])]), self.name()
        if not depth:
            return self.pick([n, n, "1", "'x'", "0", m])
        e = self.expression(depth - 1, inside)
        f, k = self.pick(FUNCTIONS), self.pick(CLASSES)
        return self.pick(
            [
                n, n, e, "2", "'y'", f"[{n}, {e}]", f"[{n}]", f"{{'k': {n}}}", f"({e}, {n})", f"f'{{str({n})}}!'", "[]",
                f"len({n})", f"{n}[0]", f"{n}['k']", f"{n}.v", f"{n}.copy()", f"list({n})", f"dict(k={n})", f"str({e})",
                f"{f}({e})", f"{f}({e})", f"{f}({n}, {m})", f"{k}({e})", f"{k}({n})", f"{n}.put({m})", f"{n}.get('k')",
                f"{n}({m})", f"{n}()", f"lambda q: [q, {m}]", f"lambda: {n}.append({m})", f"[q for q in {n}]",
                f"{{q: {m} for q in range(2)}}", f"({f}(q) for q in {n})", f"[{f}(q) for q in {n}]",
                f"iter(tuple({n}))", f"next({n})", f"next(iter({n}))", f"{n}.pop()", f"{n} if {m} else {e}",
                f"{n} or {e}", f"{n} + {m}", f"not {n}", f"{n} == {m}", f"{n} in {m}", f, k, f"partial({f}, {n})",
                f"max({n}, {m}, key=str)", f"list(map({f}, {n}))", f"map({f}, list({n}))", f"(w := {n})",
                f"[(w := q) for q in {n}]", f"copy.copy({n})", f"twin({n})", f"list(itertools.chain({n}, {m}))",
                f"itertools.chain(tuple({n}), tuple({m}))", f"deque({n})", f"{f}", f"zip(tuple({n}), tuple({m}))", f"list(zip({n}, {n}))",
                f"enumerate(tuple({n}))", f"sum({n})", f"sorted({n}, key={f})", f"sorted({n}, key=str)", f"[*{n}, {m}]",
                f"math.floor({n})", "random.random()", "draw()", f"type({n})()", f"getattr({n}, 'v', {m})",
                f"{n}.__len__()", f"heapq.heappop({n})", f"{{**{n}, 'z': {m}}}", f"{n}.setdefault('k', {m})",
                f"any({n})", f"dict({n})", f"{n}[0][0]", f"print({n})", f"isinstance({n}, {k})", f"{n}.put", f"{n}.append",
                f"bool({n})", f"[{n}][0]", f"({n},)[0]", f"{n}.v[0]", f"repr({n})", f"-{n}", f"{n}.items", f"deepcopy({n})",
                f"[x for q in {n} for x in q]", f"{n}.size", f"abs({n})", f"filter({f}, list({n}))", f"next({n}, {m})",
            ]
        )  # fmt: skip

    def simple(self, inside: str = "") -> str:
        """Write a statement of one line."""
        n, m, o = self.name(), self.pick([*NAMES, *([inside] * 3 if inside else [])]), self.name()
        e, f = self.expression(2, inside), self.pick(FUNCTIONS)
        return self.pick(
            [
                f"{n} = {e}", f"{n} = {e}", f"{n} = {e}", f"{n} = {e}", f"{n} = {m}", f"{n} = {o} = {e}",
                f"{n}, {o} = {e}, {m}", f"{n}, *{o} = {m}", f"{n} += {e}", f"{n} += [{m}]", f"{n}: int = {e}",
                f"{m}[0] = {e}", f"{m}['k'] = {e}", f"{m}.v = {e}", f"{m}.v.append({n})", f"del {m}[0]", f"{m}.append({e})",
                f"{m}.append({e})", f"{m}.update(k={n})", f"{m}.sort(key=str)", f"{m}.clear()", f"{f}({e})", f"{f}({m})", e,
                f"{m}.put({e})", f"{m}({n})", f"{m}()", f"{m}[0].append({n})", f"{m}['k'].append(1)", f"next({m})",
                f"{f}.v = {n}", f"random.seed({n})", "seed(3)", f"{m}.insert(0, {n})", f"{m}.v += 1", f"{m}[0] += 1",
                f"heapq.heappush({m}, {n})", f"for {n} in {m}: pass", f"K.shared = {n}", f"{m}.reverse()",
                f"{m}[:] = {n}", f"with {m} as {n}: pass", f"assert {m} or True", f"{m}.shared.append({n})", f"{m} |= {n}",
            ]
        )  # fmt: skip

    def body(self, inside: str = "", depth: int = 1) -> list[str]:
        lines = [self.simple(inside) for _ in range(self.pick([1, 1, 2]))]
        return [line for text in lines for line in text.split("\n")]

    def block(self, head: str, inside: str = "") -> str:
        return "\n".join([head, *("    " + line for line in self.body(inside))])

    def function(self) -> str:
        f, n, m = self.pick(FUNCTIONS), self.name(), self.name()
        e = self.expression(2, "p")
        body = "\n".join("    " + line for line in self.body("p"))
        other = self.pick(FUNCTIONS)
        return self.pick(
            [
                f"def {f}(p=1, r=2):\n    return {e}",
                f"def {f}(p=1, r=2):\n{body}\n    return p",
                f"def {f}(p=1, r={n}):\n    return r",
                f"def {f}(p=1, r=[]):\n    r.append(p)\n    return r",
                f"def {f}(p=1, r=2):\n    p.append(r)\n    return len(p)",
                f"def {f}(p=1, r=2):\n    {n}.append(p)",
                f"def {f}(p=1, r=2):\n    return {n}",
                f"def {f}(p=1, r=2):\n    global {n}\n    {n} = {e}\n    return {m}",
                f"def {f}(p=1, r=2):\n    global {n}\n    {n} += 1",
                f"def {f}(p=1, r=2):\n    def inner(z=0):\n        nonlocal r\n        r += 1\n        return r\n    return inner",
                f"def {f}(p=1, r=2):\n    kept = [r]\n    def inner(z=0):\n        kept.append(z)\n        return kept\n    return inner",
                f"def {f}(p=1, r=2):\n    yield p\n    yield {e}\n    {n}.append(r)",
                f"def {f}(p=1, r=2):\n    yield from p",
                f"def {f}(p=1, r=2):\n    out = []\n    for q in p:\n        out.append(q)\n    return out",
                f"def {f}(p=1, r=2):\n    return {other}(p)",
                f"def {f}(p=1, r=2):\n    return p(r)",
                f"def {f}(p=1, r=2):\n    p()\n    return {n}",
                f"@lru_cache\ndef {f}(p=1, r=2):\n    return {n}",
                f"@{other}\ndef {f}(p=1, r=2):\n    return {e}",
                f"@contextlib.contextmanager\ndef {f}(p=1, r=2):\n    {n}.append(1)\n    yield p\n    {m}.append(2)",
                f"{f} = lambda p=1, r=2: {e}",
                f"{f} = {other}",
                f"{f} = partial({other}, {n})",
            ]
        )  # fmt: skip

    def klass(self) -> str:
        k, n, m = self.pick(CLASSES), self.name(), self.name()
        e = self.expression(1, "p")
        base = self.pick(["", "", "(K)", "(list)"])
        parts = [
            "    def __init__(self, p=1):\n        self.v = p",
            "    def __init__(self, p=1):\n        self.v = [p]",
            "    shared = []\n    def put(self, p=1):\n        self.shared.append(p)\n        return self",
            "    def put(self, p=1):\n        self.v.append(p)",
            "    def put(self, p=1):\n        self.v = p\n        return self",
            f"    def put(self, p=1):\n        {n}.append(p)",
            f"    def get(self, p=1):\n        return {e}",
            "    def get(self, p=1):\n        return self.v",
            f"    def __add__(self, p):\n        {n}.append(1)\n        return self",
            "    def __iter__(self):\n        return iter([self.v])",
            f"    def __iter__(self):\n        yield {n}",
            f"    def __len__(self):\n        {n}.append(2)\n        return 1",
            "    def __enter__(self):\n        return self.v\n    def __exit__(self, *e):\n        self.v = 9",
            f"    @property\n    def size(self):\n        {n}.append(3)\n        return 1",
            f"    def __call__(self, p=1):\n        {n}.append(p)\n        return self",
            "    def __call__(self, p=1):\n        self.v = p",
            f"    shared = {n}",
            f"    {n} = {m}\n    kept = [{n}]",
            f"    def __eq__(self, p):\n        {n}.append(4)\n        return True\n    __hash__ = None",
            f"    @staticmethod\n    def put(p=1):\n        {n}.append(p)",
            "    @classmethod\n    def put(cls, p=1):\n        cls.last = p",
            f"    def __getitem__(self, p):\n        {n}.append(p)\n        return self.v",
            "    def __setitem__(self, p, r):\n        self.v = r",
            f"    def __bool__(self):\n        {n}.append(5)\n        return False",
            f"    def __repr__(self):\n        {n}.append(6)\n        return 'K'",
            f"    def __getattr__(self, p):\n        {n}.append(7)\n        return 7",
        ]
        return "\n".join([f"class {k}{base}:", *(self.pick(parts) for _ in range(self.pick([1, 2, 3])))])

    def compound(self) -> str:
        n, m = self.name(), self.name()
        e = self.expression(1)
        return self.pick(
            [
                self.block(f"for {n} in {e}:"),
                self.block(f"for {n} in range(2):"),
                self.block(f"for {n} in {m}:") + "\n" + self.block("else:"),
                self.block(f"if {e}:"),
                self.block(f"if {e}:") + "\n" + self.block("else:"),
                self.block("try:") + "\n" + self.block("except Exception:"),
                self.block("try:") + "\n" + self.block(f"except Exception as {n}:"),
                self.block("try:") + "\n" + self.block("finally:"),
                self.block(f"with contextlib.nullcontext({m}) as {n}:"),
                self.block("with contextlib.suppress(Exception):"),
                self.block(f"with {m} as {n}:"),
                self.block(f"with {self.pick(FUNCTIONS)}({m}) as {n}:"),
                f"match {m}:\n    case [{n}, *_]:\n        pass\n    case {{'k': {n}}}:\n        {n} = 3\n    case {n}:\n        pass",
                f"while {m}:\n    {m}.pop()",
                self.block(f"while not {m}:") + "\n    break",
            ]
        )  # fmt: skip

    def unbounded(self) -> str:
        n, m = self.name(), self.name()
        return self.pick(
            [
                f"exec('{n} = {m}')", f"eval('{m}.append(1)')", f"globals()['{n}'] = 5", f"globals().update({n}=6)",
                f"{n} = globals()", f"vars()['{n}'] = 1", f"setattr({m}, 'v', {n})", f"math.pi = {n}", "from string import *",
                f"{n} = math.pi", f"import sys; sys.modules['__main__'].v = {n}", f"def f(p=1, r=2):\n    return eval('{n}')",
                f"def g(p=1, r=2):\n    globals()['{n}'] = p", f"{n} = exec", f"f.__globals__['{n}'] = 3",
                f"{n} = digits", "import builtins; builtins.len = lambda p: 3",
            ]
        )  # fmt: skip

    def statement(self) -> str:
        """Write a statement of any kind."""
        kind = self.pick(
            [self.simple] * 11
            + [self.function] * 4
            + [self.klass] * 2
            + [self.compound] * 4
            + [self.unbounded]
        )
        return kind()

    def module(self, size: int) -> list[str]:
        """Write the statements of a module that runs: what would raise is left out."""
        start = self.pick(["a = []", "a = [1, [2]]"]), self.pick(["b = a", "b = {'k': [1]}", "b = 1"])
        kept = [*IMPORTS, *start, "c = [a]", "d = iter([1, 2, 3])", self.function(), self.klass()]
        kept = [text for at, text in enumerate(kept) if run(kept[: at + 1]) is not None]
        for _ in range(size):
            text = self.statement()
            if runs([*kept, text]):
                kept.append(text)
        return kept


class _Endless(BaseException):
    pass


def run(statements: list[str]) -> dict | None:
    """Run statements in a fresh namespace; give it, None if one raises or there is no end."""
    namespace = {"__name__": "__main__", "__builtins__": _builtins()}
    steps = 0

    def count(_frame, _event, _argument):
        nonlocal steps
        steps += 1
        if steps > STEPS:
            raise _Endless
        return count

    random.seed(7)
    pi, before = math.pi, sys.gettrace()
    real = {name: sys.modules[name] for name in ("__main__", "builtins")}
    sys.modules.update(__main__=types.ModuleType("__main__"), builtins=namespace["__builtins__"])
    try:
        code = [compile(text, "module", "exec") for text in statements]
        sys.settrace(count)
        for piece in code:
            exec(piece, namespace)
    except (Exception, _Endless):
        return None
    finally:
        sys.settrace(before)
        math.pi = pi
        sys.modules.update(real)
    return namespace


def runs(statements: list[str]) -> bool:
    return run(statements) is not None


def _builtins() -> types.ModuleType:
    """Give builtins of its own: a module may change them; nothing is printed."""
    import builtins

    own = types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    own.print = lambda *values: [str(value) for value in values] and None
    own.str = own.repr = _text
    return own


def _text(value: object = "") -> str:
    """Write a value without the addresses of objects, which differ from run to run."""
    return re.sub(" at 0x[0-9a-f]+", "", str(value))


def worth(value: object, seen: tuple[int, ...] = ()) -> object:
    """Describe a value by what it holds, so that two of different runs can be compared; it stays as it is."""
    if id(value) in seen:
        return ("again", seen[::-1].index(id(value)))
    inner = (*seen, id(value))
    if len(inner) > 12:
        return "deep"
    kind = type(value).__name__
    if isinstance(value, str):
        return kind, re.sub(" at 0x[0-9a-f]+", "", value)
    if isinstance(value, (int, float, bytes, type(None))):
        return kind, value
    if isinstance(value, dict):
        return kind, [(worth(k, inner), worth(v, inner)) for k, v in dict.items(value) if k != "__builtins__"]
    if isinstance(value, (list, tuple)):
        held = [worth(v, inner) for v in type(value).__mro__[-2].__iter__(value)]
        return (
            kind,
            held,
            worth(vars(value), inner) if hasattr(type(value), "__dict__") and _plain(value) else None,
        )
    if isinstance(value, types.FunctionType):
        cells = [worth(c.cell_contents, inner) for c in value.__closure__ or () if _filled(c)]
        return (
            kind,
            value.__code__.co_code,
            worth(value.__defaults__, inner),
            cells,
            worth(vars(value), inner),
        )
    if isinstance(value, type) and value.__module__ == "__main__":
        return kind, [(k, worth(v, inner)) for k, v in sorted(vars(value).items()) if not k.startswith("__")]
    if type(value).__module__ == "__main__":
        return kind, [
            (k, worth(v, inner)) for k, v in sorted(object.__getattribute__(value, "__dict__").items())
        ]
    if kind in ("list_iterator", "tuple_iterator", "deque", "count"):
        return kind, [worth(v, inner) for v in list(copy.copy(value))[:20]]
    return kind


def _plain(value: object) -> bool:
    return type(value).__module__ == "__main__"


def _filled(cell) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
