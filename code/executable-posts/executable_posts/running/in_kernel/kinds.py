"""Kinds of values that a fingerprint knows by name: what never changes, what tells its state, what iterates."""

from __future__ import annotations

import datetime
import decimal
import fractions
import itertools
import pathlib
import re
import types
import uuid
from collections.abc import Callable
from typing import Any

PLAIN = frozenset([type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented)])
IMMUTABLE = frozenset(
    [
        range, slice, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone,
        decimal.Decimal, fractions.Fraction, uuid.UUID, re.Pattern, types.GenericAlias, types.UnionType,
        pathlib.PurePosixPath, pathlib.PureWindowsPath, type(pathlib.Path()),
    ]
)  # fmt: skip
ITERATORS: tuple[type[Any], ...] = (
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
    type(iter({}.values())), type(iter({}.items())), type(reversed([])), type(iter(b"")), type(iter(bytearray())),
    zip, map, filter, enumerate, reversed, itertools.count, itertools.cycle, itertools.repeat, itertools.chain,
    itertools.islice, itertools.accumulate, itertools.product, itertools.permutations, itertools.combinations,
    itertools.starmap, itertools.takewhile, itertools.dropwhile, itertools.compress, itertools.zip_longest,
)  # fmt: skip


def _match(value: re.Match[Any]) -> object:
    return (value.re, value.string, value.regs)


def _cached(value: Any) -> object:
    # What is remembered changes nothing but the time it takes.
    return value.__wrapped__


def _reduced(value: Any) -> object:
    return value.__reduce__()[1:]


def _logger(value: Any) -> object:
    # Not what it is part of: anybody's import of anything adds a logger there. Nor what it remembers.
    own = {
        name: part
        for name, part in vars(value).items()
        if name not in ("parent", "manager", "root", "_cache")
    }
    return {**own, "handlers": len(value.handlers)}


NAMED: dict[tuple[str, str], Callable[[Any], object]] = {
    ("re", "Match"): _match,
    ("random", "Random"): lambda value: value.getstate(),
    ("numpy.random._generator", "Generator"): lambda value: value.bit_generator.state,
    ("numpy.random.mtrand", "RandomState"): lambda value: value.get_state(),
    ("functools", "_lru_cache_wrapper"): _cached,
    ("array", "array"): lambda value: (value.typecode, value.tobytes()),
    ("types", "SimpleNamespace"): lambda value: vars(value),
    ("_io", "StringIO"): lambda value: (value.closed or value.getvalue(), value.closed or value.tell()),
    ("_io", "BytesIO"): lambda value: (value.closed or value.getvalue(), value.closed or value.tell()),
    ("_hashlib", "HASH"): lambda value: value.hexdigest(),
    ("typing", "TypeVar"): lambda value: value.__name__,
    **dict.fromkeys((("operator", name) for name in ("attrgetter", "itemgetter", "methodcaller")), _reduced),
    ("_struct", "Struct"): lambda value: value.format,
    ("zoneinfo", "ZoneInfo"): str,
}


def state_of(kind: type) -> Callable[[Any], object] | None:
    """Give the function that tells the state of such objects, where attributes do not; None for all others."""
    if any((base.__module__, base.__qualname__) == ("logging", "Logger") for base in kind.__mro__):
        return _logger  # whatever class logging was told to make them of, as Pelican does
    return NAMED.get((kind.__module__, kind.__qualname__))


def is_array(value: object) -> bool:
    """Tell whether a value is an array of numpy, or one of its numbers."""
    kind = type(value)
    return kind.__module__ == "numpy" and hasattr(kind, "tobytes") and hasattr(kind, "dtype")
