"""Show code in a post from where it lives, so that prose never retypes it: ``show(function)``."""

from __future__ import annotations

import html
import inspect
import textwrap
from dataclasses import dataclass
from pathlib import Path

from . import config
from .render import highlight


@dataclass(frozen=True)
class Shown:
    """Hold a piece of source: its text, its language, and where it stands (``path:line``)."""

    text: str
    language: str
    where: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        label = f'<div class="cell-label"><span class="cell-lang">from the source</span> {html.escape(self.where)}</div>'
        page = f'<div class="cell-source shown-source">{label}{highlight(self.text, self.language)}</div>'
        return {"text/html": page, "text/plain": f"# {self.where}\n{self.text}"}


def show(*things, language: str = "python") -> Shown:
    """Show the source of functions, classes or methods, or of a file given as a Path.

    Several things of one file are shown together, with a blank line between. Raise TypeError for what has no source.
    """
    texts, places = [], []
    for thing in things:
        if isinstance(thing, Path):
            texts.append(thing.read_text(encoding="utf-8").rstrip("\n"))
            places.append((thing, 1))
        else:
            lines, first = inspect.getsourcelines(thing)
            texts.append(textwrap.dedent("".join(lines)).rstrip("\n"))
            places.append((Path(inspect.getsourcefile(thing)), first))
    settings = config.load()
    where = f"{settings.label(places[0][0])}:{places[0][1]}"
    return Shown("\n\n".join(texts), language, where)
