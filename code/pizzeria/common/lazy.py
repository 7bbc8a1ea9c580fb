"""A package whose names are loaded when they are asked for: who needs one of them does not pay for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def attach(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], object], list[str]]:
    """Return the `__getattr__` and `__all__` of a package whose names live in these modules below it.

    A home is "module", or "module:name" when the name there is another.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, there = homes[name].partition(":")
        return getattr(import_module(f"{package}.{module}"), there or name)

    return load, sorted(homes)
