"""What a fingerprint is, and what its walk asks of single values: plain containers, the names of code, attributes."""

from __future__ import annotations

import dis
import functools
import hashlib
import itertools
import marshal
import struct
import types
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .kinds import PLAIN

_POINTER = struct.calcsize("P")  # bytes
FLAT = frozenset([list, tuple, dict, set, frozenset, deque])
_GLOBAL = frozenset(
    ["LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "STORE_NAME", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"]
)


@dataclass
class Print:
    """Hold a value's fingerprint. digest: of its content; exact: all of it was seen; shared: addresses of all that is
    mutable in it; uses: global names of the post that its functions use; modules: names of the modules that it leads to;
    files: parts of the folder of temporary files that it names."""

    digest: str = ""
    exact: bool = True
    shared: set[int] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def flat(value: Any) -> bytes | None:
    """Write a container of nothing but plain values, or tuples of them, in one go; None for any other."""
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    kinds = set(map(type, parts))
    if kinds == {tuple}:
        kinds = set(map(type, itertools.chain.from_iterable(parts)))
    if not kinds <= PLAIN or type(...) in kinds or type(NotImplemented) in kinds:
        return None
    ordered = sorted(map(repr, value)) if isinstance(value, (set, frozenset)) else value
    # Version 2 knows no references: equal values give equal bytes.
    return marshal.dumps(list(ordered) if isinstance(value, deque) else ordered, 2)


def array_of(value: Any) -> tuple[object, object]:
    """Give the array that holds an array's data, and what is in it."""
    base = value
    while getattr(base, "base", None) is not None:
        base = base.base
    return base, value.tolist() if value.dtype.hasobject else hashlib.blake2b(value.tobytes()).hexdigest()


@functools.lru_cache(maxsize=20_000)
def names_of_code(code: types.CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """List the global names that a function uses, and the modules that it imports when it is called."""
    uses, imports = set(), set()
    for step in dis.get_instructions(code):
        if step.opname in _GLOBAL:
            uses.add(str(step.argval))
        elif step.opname == "IMPORT_NAME":
            imports.add(str(step.argval))
    return frozenset(uses), frozenset(imports)


def attributes(value: object) -> list[tuple[str, object]]:
    """List an object's attributes, without calling anything of its class."""
    found: list[tuple[str, object]] = []
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        own = None
    if isinstance(own, dict):
        found += [(str(name), part) for name, part in list(own.items())]
    for kind in type(value).__mro__:
        for name, member in _slots(kind).items():
            try:
                found.append((name, member.__get__(value)))
            except AttributeError:
                found.append((name, None))
    return found


def only_python(kind: type) -> bool:
    """Tell whether objects of a class have nothing but attributes: no class that it is made of keeps more in them."""
    return all(base is object or not _keeps_more(base) for base in kind.__mro__)


def _keeps_more(kind: type) -> bool:
    # By size, since many classes written in C are made as those of a `class` statement are.
    named, base = kind.__dict__, kind.__base__
    room = kind.__basicsize__ - (base.__basicsize__ if base else 0)
    return room > _POINTER * (len(_slots(kind)) + ("__dict__" in named) + ("__weakref__" in named))


def _slots(kind: type) -> dict[str, types.MemberDescriptorType]:
    """Give the slots of a class by their names, those of private ones as Python changes them."""
    if "__slots__" not in kind.__dict__:
        return {}
    return {n: m for n, m in kind.__dict__.items() if isinstance(m, types.MemberDescriptorType)}
