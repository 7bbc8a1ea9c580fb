"""The languages whose blocks run: the engine's own four, and what other distributions bring by entry points.

The engine's own are found without looking at what is installed, which takes 20 to 50 ms; that is done at most once, when
a post has a fence that is none of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import PostError
from .language import BlockFailed, Cell, Language, PageCompiler, ToolAbsent

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "BUILT_IN",
    "GROUP",
    "BlockFailed",
    "Cell",
    "Language",
    "PageCompiler",
    "ToolAbsent",
    "by_suffix",
    "find",
    "known",
    "meant",
    "names",
    "plug_ins_among",
    "programs",
]

GROUP = "executable_posts.languages"
BUILT_IN = {  # written as entry points are
    "python": "executable_posts.languages.python:PYTHON",
    "c++": "executable_posts.languages.cpp:CPP",
    "bash": "executable_posts.languages.bash:BASH",
    "javascript": "executable_posts.languages.javascript:JAVASCRIPT",
}


@functools.cache
def find(name: str) -> Language | None:
    """Find a language by its fence's name; raise PostError that names the distribution of a faulty plug-in."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        language: Language = getattr(import_module(module), attribute)
        return language
    for taken in BUILT_IN:
        for point in _plug_ins().get(taken, ()):
            raise _faulty(point, "has the name of one of the engine's own")
    if not (points := _plug_ins().get(name)):
        return None
    point, *others = points
    if others:
        raise _faulty(point, f"is brought by {', '.join(o.dist.name for o in others if o.dist)} as well")
    try:
        language = point.load()
    except Exception as error:  # whatever a foreign module raises when it is imported
        raise _faulty(point, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(language, Language):
        raise _faulty(point, f"is a {type(language).__name__}, not an executable_posts.languages.Language")
    if language.name != name:
        raise _faulty(point, f"calls itself {language.name!r}; its entry point must have the same name")
    if language.shares_state:
        raise _faulty(point, "has no run: only Python's cells are the kernel's own")
    return language


def known(name: str) -> Language:
    """Find a language that is there, by its fence's name; raise KeyError for one that is not, PostError as `find`."""
    language = find(name)
    if language is None:
        raise KeyError(name)
    return language


def names() -> tuple[str, ...]:
    """List the names of all languages, the engine's own first."""
    return (*BUILT_IN, *_brought())


def programs() -> tuple[str, ...]:
    """List the names of the languages whose blocks are programs of their own."""
    return (*(name for name in BUILT_IN if not known(name).shares_state), *_brought())


def plug_ins_among(words: Iterable[str]) -> tuple[str, ...]:
    """List which words name a language that another distribution brings, sorted."""
    unknown = {word for word in words if word not in BUILT_IN}
    return tuple(sorted(unknown.intersection(_plug_ins()))) if unknown else ()


def meant(word: str) -> str:
    """Say which language a word means, misspelt or not; "" for none. The engine's own are asked first."""
    low = word.lower()
    if not low:
        return ""
    for name in BUILT_IN:
        if low == name or low in known(name).misspelt:
            return name
    for name in _brought():
        if low == name.lower() or low in known(name).misspelt:
            return name
    return ""


def by_suffix(suffix: str) -> Language | None:
    """Find the language of a file by its suffix, such as ``.hpp``."""
    for some in (BUILT_IN, _brought):
        for name in some() if callable(some) else some:
            if suffix in known(name).suffixes:
                return known(name)
    return None


def _brought() -> list[str]:
    return sorted(_plug_ins().keys() - BUILT_IN.keys())


@functools.cache
def _plug_ins() -> dict[str, list[EntryPoint]]:
    """List what is installed, by name. Nothing is loaded or judged here: a post that needs none does not mind a fault."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _faulty(point: EntryPoint, what: str) -> PostError:
    name = point.dist.name if point.dist else point.module
    return PostError(
        f"{name} (installed)",
        0,
        f"its language {point.name!r} {what}",
        f"mend that distribution, or remove it: pip uninstall {name}",
    )
