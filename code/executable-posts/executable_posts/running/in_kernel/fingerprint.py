"""What a value is, as a hash, and what it leads to: a bounded walk that calls nothing of the post's own code.

The walk sees containers, instances, functions and classes of the post, closures, generators, iterators, arrays and random
generators. Whatever it cannot see into makes the value not `exact`: who may reach it counts as having changed it.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import types
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from .kinds import IMMUTABLE, ITERATORS, NAMED, PLAIN, is_array
from .values import FLAT, Print, array_of, attributes, flat, names_of_code, only_python

MOST = 6_000  # parts of one value that are looked at
DEEPEST = 400  # parts within parts


def fingerprint(value: object, namespace: Mapping[str, Any], most: int = MOST) -> Print:
    """Walk a value. namespace: the post's global names; most: parts that are looked at."""
    walk = _Walk(namespace, most)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # iterators tell what they hold by a method that is on its way out
        walk.value(value, 0)
    walk.print.digest = walk.hash.hexdigest()
    return walk.print


class _Walk:
    def __init__(self, namespace: Mapping[str, Any], most: int):
        self.namespace, self.left = namespace, most
        self.print = Print()
        self.hash = hashlib.blake2b(digest_size=12)
        self.ranks: dict[int, int] = {}
        self.kept: list[object] = []  # what was made for the walk must not give its address to another

    def say(self, *parts: object) -> None:
        self.hash.update("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass") + b"\x1e")

    def opaque(self, value: object) -> None:
        self.say("?", type(value).__qualname__)
        self.print.exact = False

    def value(self, value: object, depth: int) -> None:
        kind = type(value)
        if kind in PLAIN:
            self.say(kind.__name__, repr(value) if kind is not str else value)
            self.left -= 1
            return
        self.left -= 1
        if self.left < 0 or depth > DEEPEST:
            self.opaque(value)
            return
        rank = self.ranks.get(id(value))
        if rank is not None:
            self.say("@", rank)
            return
        self.ranks[id(value)] = len(self.ranks)
        if kind in IMMUTABLE:
            self.module_of(kind)
            self.say(kind.__qualname__, repr(value))
        elif kind is tuple or kind is frozenset:
            self.parts(value, depth)
        elif look := _LOOKS.get(kind):
            look(self, value, depth)
        elif isinstance(value, type):
            self.klass(value, depth)
        else:
            self.instance(value, depth)

    def parts(self, value: Any, depth: int) -> None:
        """Walk what a container holds; a set's order says nothing."""
        kind = type(value)
        self.say(kind.__qualname__, len(value))
        if kind in FLAT and (whole := flat(value)) is not None:
            self.hash.update(whole)
            return
        if isinstance(value, (set, frozenset)):
            inner = []
            for part in set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value):
                outer, self.hash = self.hash, hashlib.blake2b(digest_size=12)
                self.value(part, depth + 1)
                inner.append(self.hash.hexdigest())
                self.hash = outer
            self.say(*sorted(inner))
        elif isinstance(value, dict):
            for name, part in list(dict.items(value)):
                self.value(name, depth + 1)
                self.value(part, depth + 1)
        else:
            base = next(b for b in (list, tuple, deque) if isinstance(value, b))
            for part in list(base.__iter__(value)):
                if self.left < 0:
                    self.print.exact = False
                    return
                self.value(part, depth + 1)

    def container(self, value: object, depth: int) -> None:
        self.print.shared.add(id(value))
        self.parts(value, depth)

    def bytes(self, value: bytearray, depth: int) -> None:
        self.print.shared.add(id(value))
        self.say("bytes", hashlib.blake2b(value).hexdigest())

    def module_of(self, thing: Any) -> None:
        name = getattr(thing, "__module__", None)
        if isinstance(name, str) and name not in ("builtins", "__main__"):
            self.print.modules.add(name)

    def module(self, value: types.ModuleType, depth: int) -> None:
        self.print.modules.add(value.__name__)
        self.say("module", value.__name__)

    def code(self, code: types.CodeType) -> None:
        """Hash what a function does, wherever it stands; note the global names it uses."""
        uses, imports = names_of_code(code)
        self.print.uses |= uses
        self.print.modules |= imports
        self.say("code", code.co_name, code.co_code.hex(), code.co_varnames, code.co_names, code.co_freevars)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self.code(constant)
            else:
                self.value(constant, 0)

    def function(self, value: types.FunctionType, depth: int) -> None:
        own = value.__globals__ is self.namespace
        self.say("function", value.__qualname__)
        if own:
            self.print.shared.add(id(value))
            self.code(value.__code__)
        else:
            self.module_of(value)
        for cell in value.__closure__ or ():
            self.cell(cell, depth)
        for more in (value.__defaults__, value.__kwdefaults__):
            self.value(more, depth + 1)
        if own or value.__closure__:
            for name, part in list(value.__dict__.items()):
                self.say(name)
                self.value(part, depth + 1)

    def bound(self, value: Any, depth: int) -> None:
        inside = getattr(value, "__self__", None)
        self.say("method", value.__name__)
        if isinstance(inside, types.ModuleType) or inside is None:
            self.print.modules.update([value.__module__] if isinstance(value.__module__, str) else [])
            return
        self.value(inside, depth + 1)
        if isinstance(value, types.MethodType):
            self.value(value.__func__, depth + 1)

    def partial(self, value: functools.partial[Any], depth: int) -> None:
        self.print.shared.add(id(value))
        for part in (value.func, value.args, value.keywords):
            self.value(part, depth + 1)

    def wrapper(self, value: Any, depth: int) -> None:
        """Walk a property or a method of a class by what it wraps."""
        self.say(type(value).__name__)
        names = ("fget", "fset", "fdel") if isinstance(value, property) else ("__func__",)
        for name in names:
            self.value(getattr(value, name, None), depth + 1)

    def proxy(self, value: types.MappingProxyType[Any, Any], depth: int) -> None:
        self.print.shared.add(id(value))
        self.parts(dict(value), depth)

    def view(self, value: Any, depth: int) -> None:
        self.value(value.obj if isinstance(value, memoryview) else value.mapping, depth + 1)

    def generator(self, value: Any, depth: int) -> None:
        """Walk a generator or a coroutine by where it stands and what it holds."""
        self.print.shared.add(id(value))
        prefix = {"generator": "gi", "coroutine": "cr", "async_generator": "ag"}[type(value).__name__]
        frame = getattr(value, f"{prefix}_frame")
        code: types.CodeType = getattr(value, f"{prefix}_code")
        if frame is None:
            self.say("ended", code.co_qualname if sys.version_info >= (3, 11) else code.co_name)
            return
        if frame.f_globals is self.namespace:
            self.code(code)
        else:
            self.print.modules.add(str(frame.f_globals.get("__name__", "?")))
        self.say(frame.f_lasti)
        if getattr(value, f"{prefix}_running"):
            self.print.exact = False
            return
        inside = getattr(value, "gi_yieldfrom", None) or getattr(value, "cr_await", None)
        for part in (dict(frame.f_locals), inside):
            self.kept.append(part)
            self.value(part, depth + 1)

    def iterator(self, value: Any, depth: int) -> None:
        self.print.shared.add(id(value))
        try:
            reduced = value.__reduce__()
        except Exception:
            self.opaque(value)
            return
        self.say(type(value).__qualname__)
        for part in reduced[1:]:
            self.kept.append(part)
            self.value(part, depth + 1)

    def cell(self, value: types.CellType, depth: int) -> None:
        self.print.shared.add(id(value))
        try:
            self.value(value.cell_contents, depth + 1)
        except ValueError:
            self.say("empty")

    def klass(self, value: type, depth: int) -> None:
        if value.__module__ != "__main__" and value.__module__ != self.namespace.get("__name__"):
            self.module_of(value)
            self.say("class", value.__module__, value.__qualname__)
            return
        self.print.shared.add(id(value))
        self.say("class", value.__qualname__)
        for base in value.__bases__:
            self.value(base, depth + 1)
        for name, part in list(value.__dict__.items()):
            if name not in (
                "__dict__",
                "__weakref__",
                "__module__",
                "__firstlineno__",
                "__abstractmethods__",
                "_abc_impl",
            ):
                self.say(name)
                self.value(part, depth + 1)

    def instance(self, value: object, depth: int) -> None:
        """Walk an object by its attributes, and by what it holds when it is a container besides."""
        kind = type(value)
        self.klass(kind, depth) if id(kind) not in self.ranks else self.say("@", self.ranks[id(kind)])
        self.ranks.setdefault(id(kind), len(self.ranks))
        self.print.shared.add(id(value))
        seen = False
        if isinstance(value, (list, dict, set, frozenset, tuple, deque)):
            self.parts(value, depth)
            seen = True
        elif isinstance(value, (str, bytes, int, float, complex)):
            self.say(
                next(b for b in (str, bytes, int, float, complex) if isinstance(value, b)).__repr__(value)
            )
            seen = True
        elif state := NAMED.get((kind.__module__, kind.__qualname__)):
            part = state(value)
            self.kept.append(part)
            self.value(part, depth + 1)
            return
        elif is_array(value):
            self.array(value, depth)
            return
        own = attributes(value)
        for name, part in own:
            self.say(name)
            self.value(part, depth + 1)
        if isinstance(value, BaseException):
            self.value(value.args, depth + 1)
        elif not seen and not own and not only_python(kind):
            self.opaque(value)

    def array(self, value: Any, depth: int) -> None:
        base, content = array_of(value)
        self.print.shared.update([id(value), id(base)])
        self.kept.append(content)
        self.say(value.shape, value.dtype)
        self.value(content, depth + 1)


_Look = Callable[[_Walk, Any, int], None]
_LOOKS: dict[type, _Look] = {
    **dict.fromkeys((list, dict, set, deque), _Walk.container),
    bytearray: _Walk.bytes,
    types.ModuleType: _Walk.module,
    types.FunctionType: _Walk.function,
    types.MethodType: _Walk.bound,
    types.BuiltinFunctionType: _Walk.bound,
    types.MethodWrapperType: _Walk.bound,
    functools.partial: _Walk.partial,
    property: _Walk.wrapper,
    classmethod: _Walk.wrapper,
    staticmethod: _Walk.wrapper,
    types.MappingProxyType: _Walk.proxy,
    **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), _Walk.view),
    memoryview: _Walk.view,
    types.CellType: _Walk.cell,
    **dict.fromkeys((types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType), _Walk.generator),
    **dict.fromkeys(ITERATORS, _Walk.iterator),
}
