"""What a value is, as a hash, and what it leads to: a bounded walk that calls nothing of the post's own code.

The walk sees containers, instances, functions and classes of the post, closures, generators, iterators, arrays and random
generators. Whatever it cannot see into makes the value not `exact`: who may reach it counts as having changed it.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import types
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from . import holding
from .kinds import IMMUTABLE, ITERATORS, PLAIN, is_array, state_of
from .temporary import Temporary
from .values import FLAT, Print, array_of, attributes, flat, only_python
from .walk import Walk

MOST = 6_000  # parts of one value that are looked at
DEEPEST = 400  # parts within parts
_NONE = Temporary()


def fingerprint(
    value: object, namespace: Mapping[str, Any], most: int = MOST, temporary: Temporary = _NONE
) -> Print:
    """Walk a value. namespace: the post's global names; most: parts that are looked at; temporary: the folder that is
    another in every run."""
    walk = _Walk(namespace, most, temporary)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # iterators tell what they hold by a method that is on its way out
        try:
            walk.value(value, 0)
        except Exception:  # a class may answer whatever it likes, even when it is only asked for its name
            walk.say("?")
            walk.print.exact = False
    walk.print.digest = walk.hash.hexdigest()
    return walk.print


class _Walk(Walk):
    def value(self, value: object, depth: int) -> None:
        kind = type(value)
        if kind in PLAIN:
            self.say(kind.__name__, self.text(repr(value) if kind is not str else str(value)))
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
            self.say(kind.__qualname__, self.text(repr(value)))
        elif kind is tuple or kind is frozenset:
            self.parts(value, depth)
        elif look := _LOOKS.get(kind):
            look(self, value, depth)
        elif issubclass(kind, type):
            self.klass(value, depth)
        else:
            self.instance(value, depth)

    def parts(self, value: Any, depth: int) -> None:
        """Walk what a container holds; a set's order says nothing."""
        kind = type(value)
        self.say(kind.__qualname__, len(value))
        whole = flat(value) if kind in FLAT else None
        if whole is not None and not (self.temporary.path and self.temporary.bytes in whole):
            self.hash.update(whole)
            return
        if issubclass(kind, (set, frozenset)):
            inner = []
            for part in set.__iter__(value) if issubclass(kind, set) else frozenset.__iter__(value):
                outer, self.hash = self.hash, hashlib.blake2b(digest_size=12)
                self.value(part, depth + 1)
                inner.append(self.hash.hexdigest())
                self.hash = outer
            self.say(*sorted(inner))
        elif issubclass(kind, dict):
            for name, part in list(dict.items(value)):
                self.value(name, depth + 1)
                self.value(part, depth + 1)
        else:
            base = next(b for b in (list, tuple, deque) if issubclass(kind, b))
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

    def module(self, value: types.ModuleType, depth: int) -> None:
        self.print.modules.add(value.__name__)
        self.say("module", value.__name__)

    def view(self, value: Any, depth: int) -> None:
        """Walk what a view shows: the very dictionary, which a dictionary's views and proxies only wrap."""
        self.say(type(value).__name__)
        for part in [value.obj] if type(value) is memoryview else gc.get_referents(value):
            self.value(part, depth + 1)

    def klass(self, value: Any, depth: int) -> None:
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
        said = "" if str(kind.__module__).startswith(holding.TOO_MUCH) else holding.state(value)
        if said is not None:
            self.print.shared.add(id(value))
            if said:
                self.say(kind.__qualname__, said)
            else:
                self.opaque(value)
            return
        self.klass(kind, depth) if id(kind) not in self.ranks else self.say("@", self.ranks[id(kind)])
        self.ranks.setdefault(id(kind), len(self.ranks))
        self.print.shared.add(id(value))
        seen = False
        if issubclass(kind, (list, dict, set, frozenset, tuple, deque)):
            self.parts(value, depth)
            seen = True
        elif issubclass(kind, (str, bytes, int, float, complex)):
            self.say(
                next(b for b in (str, bytes, int, float, complex) if issubclass(kind, b)).__repr__(value)
            )
            seen = True
        elif state := state_of(kind):
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
        if issubclass(kind, BaseException):
            self.value(vars(BaseException)["args"].__get__(value), depth + 1)
        elif not seen and not only_python(kind):
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
    **dict.fromkeys(
        (types.MappingProxyType, type({}.keys()), type({}.values()), type({}.items()), memoryview), _Walk.view
    ),
    types.CellType: _Walk.cell,
    **dict.fromkeys((types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType), _Walk.generator),
    **dict.fromkeys(ITERATORS, _Walk.iterator),
}
