"""The walk through a value, as far as it meets code: functions, methods, closures, generators, iterators."""

from __future__ import annotations

import functools
import hashlib
import sys
import types
from collections.abc import Mapping
from typing import Any

from .temporary import Temporary
from .values import Print, names_of_code


class Walk:
    """Hash parts of a value. namespace: the post's global names; most: parts that are looked at; temporary: see there."""

    def __init__(self, namespace: Mapping[str, Any], most: int, temporary: Temporary):
        self.namespace, self.left, self.temporary = namespace, most, temporary
        self.print = Print()
        self.hash = hashlib.blake2b(digest_size=12)
        self.ranks: dict[int, int] = {}
        self.kept: list[object] = []  # what was made for the walk must not give its address to another

    def say(self, *parts: object) -> None:
        """Put something into the hash."""
        self.hash.update("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass") + b"\x1e")

    def text(self, text: str) -> str:
        """Note the temporary files that a text names; give it as it is in every run."""
        said, named = self.temporary.within(text)
        self.print.files |= named
        return said

    def opaque(self, value: object) -> None:
        """Note that a part cannot be looked into."""
        self.say("?", type(value).__qualname__)
        self.print.exact = False

    def value(self, value: object, depth: int) -> None:
        """Walk a part."""
        raise NotImplementedError

    def module_of(self, thing: Any) -> None:
        """Note the module that something is of."""
        name = getattr(thing, "__module__", None)
        if isinstance(name, str) and name not in ("builtins", "__main__"):
            self.print.modules.add(name)

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
        """Walk a function: its code if it is the post's, and what it holds."""
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
        """Walk a method by what it is bound to."""
        inside = getattr(value, "__self__", None)
        self.say("method", value.__name__)
        if isinstance(inside, types.ModuleType) or inside is None:
            self.print.modules.update([value.__module__] if isinstance(value.__module__, str) else [])
            return
        self.value(inside, depth + 1)
        if isinstance(value, types.MethodType):
            self.value(value.__func__, depth + 1)

    def partial(self, value: functools.partial[Any], depth: int) -> None:
        """Walk a `functools.partial`."""
        self.print.shared.add(id(value))
        for part in (value.func, value.args, value.keywords):
            self.value(part, depth + 1)

    def wrapper(self, value: Any, depth: int) -> None:
        """Walk a property or a method of a class by what it wraps."""
        self.say(type(value).__name__)
        names = ("fget", "fset", "fdel") if isinstance(value, property) else ("__func__",)
        for name in names:
            self.value(getattr(value, name, None), depth + 1)

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
        """Walk an iterator by what is left of it."""
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
        """Walk a variable of a closure."""
        self.print.shared.add(id(value))
        try:
            self.value(value.cell_contents, depth + 1)
        except ValueError:
            self.say("empty")
