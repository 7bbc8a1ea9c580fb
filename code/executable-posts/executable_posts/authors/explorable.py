"""Something to play with on the page: a component of the theme, its data in files of their own, and a still picture.

A block shows an `Explorable`; in a notebook, in a feed and without JavaScript its fallback is what there is. On the
page, the theme's loader imports ``explorables/<component>.js`` when the reader comes near, and that module fetches the
data from beside the page. So nobody who only reads pays for it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import PostError

OURS = "application/vnd.executable-posts."  # and what a chart tells, in `chartdata`
MIME = f"{OURS}explorable+json"
_WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Explorable:
    """Hold an interactive figure. component: the theme's module; data: JSON it starts with; fallback: HTML or SVG
    without styles of its own; parts: more JSON, by name, fetched only when asked for.

    Raise ValueError for a name that cannot be part of an address, TypeError for data that is no JSON.
    """

    component: str
    data: object
    fallback: str
    parts: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (self.component, *self.parts):
            if not _WORD.fullmatch(name):
                raise ValueError(
                    f"{name!r} cannot be part of an address: use lower-case words joined by hyphens"
                )
        if re.search(r"\sstyle\s*=|<style|<script|\son\w+\s*=", self.fallback):
            raise ValueError(
                "a fallback brings neither styles nor scripts: the page's policy would drop them; use classes"
            )
        for name, value in {"data": self.data, **self.parts}.items():
            try:
                _dump(value)
            except (TypeError, ValueError) as error:
                raise TypeError(f"{name} of the explorable {self.component!r} is no JSON: {error}") from None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        whole = {"component": self.component, "data": self.data, "parts": dict(self.parts)}
        return {
            MIME: {**whole, "fallback": self.fallback},
            "text/html": self.fallback,
            "text/plain": f"(an explorable figure, {self.component}: play with it on the page)",
        }


class _Info(Protocol):
    @property
    def tags(self) -> tuple[str, ...]: ...


class _Block(Protocol):
    """What is asked of a block: this room is below the one that reads them."""

    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def info(self) -> _Info: ...


class _Post(Protocol):
    @property
    def label(self) -> str: ...
    @property
    def blocks(self) -> Sequence[_Block]: ...


class _Result(Protocol):
    outputs: list[dict[str, Any]]


class _Executed(Protocol):
    @property
    def results(self) -> Sequence[_Result]: ...


def files(post: _Post, executed: _Executed) -> dict[str, str]:
    """Give the files that the page's explorables fetch: name -> JSON. Raise PostError where a block has no name."""
    found: dict[str, str] = {}
    for block, result in zip(post.blocks, executed.results, strict=True):
        shown = [o["data"][MIME] for o in result.outputs if MIME in o.get("data", {})]
        if not shown or {"remove-cell", "remove-output"} & set(block.info.tags):
            continue
        if not block.name or len(shown) > 1:
            fault = "shows several explorables" if block.name else "shows an explorable and has no name"
            raise PostError(
                post.label, block.line, f"the block {fault}", 'one a block, with name="..." for its files'
            )
        (one,) = shown
        found[f"{block.name}.json"] = _dump(one["data"])
        for part, value in one["parts"].items():
            found[f"{block.name}.{part}.json"] = _dump(value)
    return found


def element(data: dict[str, Any], name: str) -> str:
    """Write the element that the theme's loader looks for; the fallback stands in it until then."""
    component, source = html.escape(data["component"]), html.escape(f"{name}.json")
    return (
        f'<div class="explorable" data-component="{component}" data-src="{source}">{data["fallback"]}</div>'
    )


def without_data(output: dict[str, Any]) -> dict[str, Any]:
    """Leave what only the page reads out of an output, for a notebook."""
    data = output.get("data")
    return {**output, "data": {k: v for k, v in data.items() if not k.startswith(OURS)}} if data else output


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
