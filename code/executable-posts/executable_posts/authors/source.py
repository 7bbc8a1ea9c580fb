"""Show code in a post from where it lives, so that prose never retypes it: ``show(function)``."""

from __future__ import annotations

import html
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from .. import config, languages

MIME = "application/vnd.executable-posts.source+json"


@dataclass(frozen=True)
class Shown:
    """Hold a piece of source: its text, its language, where it stands (``path:line``), and its marked lines, from 1."""

    text: str
    language: str
    where: str
    marks: tuple[int, ...] = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        text = f"# {self.where}\n{self.text}"
        try:
            page = source_html(self.text, self.language, self.where, self.marks)
        except ImportError:  # in a reader's page, which colours nothing
            return {"text/plain": text}
        whole = {"text": self.text, "language": self.language, "where": self.where, "marks": list(self.marks)}
        return {MIME: whole, "text/html": page, "text/plain": text}


def source_html(text: str, language: str, where: str, marks: Iterable[int] = ()) -> str:
    """Write source as a page shows it, under the place it stands in."""
    from .highlight import highlight

    label = f'<div class="cell-label"><span class="cell-lang">from the source</span> <span>{html.escape(where)}</span></div>'
    return f'<div class="cell-source shown-source">{label}{highlight(text, language, marks=frozenset(marks))}</div>'


@runtime_checkable
class Part(Protocol):
    """A part of a file that can be shown: `path` of the file, `text` as it begins somewhere in it."""

    @property
    def path(self) -> str | Path:
        """Give the file."""

    @property
    def text(self) -> str:
        """Give the part, from its first line on."""


def show(*things: object, language: str = "", mark: str | tuple[str, ...] = ()) -> Shown:
    """Show the source of functions, classes or methods, of a file given as a Path, or of a part of one.

    A part is any object with a ``path`` and a ``text`` that begins somewhere in that file. Several things are shown
    together, with a blank line between, under the place of the first. language: as a fence names it; the default is
    what the file's ending says. mark: words; every line that holds one of them is marked at its border. Raise TypeError
    for what has no source, ValueError for words that no line holds.
    """
    texts, places = [], []
    for thing in things:
        if isinstance(thing, Path):
            text, path, first = thing.read_text(encoding="utf-8"), thing, 1
        elif isinstance(thing, Part):
            text, path = thing.text, Path(thing.path)
            before, _, _ = path.read_text(encoding="utf-8").partition(text.split("\n", 1)[0])
            first = before.count("\n") + 1
        else:
            made = cast("Callable[..., Any]", thing)  # TypeError for anything else
            lines, first = inspect.getsourcelines(made)
            text, path = textwrap.dedent("".join(lines)), Path(inspect.getsourcefile(made) or "")
        texts.append(text.rstrip("\n"))
        places.append((path, first))
    path, first = places[0]
    language = language or _language_of(path)
    whole, words = "\n\n".join(texts), (mark,) if isinstance(mark, str) else tuple(mark)
    marks = [n for n, line in enumerate(whole.split("\n"), 1) if any(word in line for word in words)]
    if missing := [word for word in words if word not in whole]:
        raise ValueError(f"no line of this source holds {missing[0]!r}")
    return Shown(whole, language, f"{config.load().label(path)}:{first}", tuple(marks))


@dataclass(frozen=True)
class Steps:
    """Hold the marked lines of several programs, step by step: ``rows[step] = [(program, language, text)]``."""

    rows: dict[str, list[tuple[str, str, str]]]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .highlight import highlight

        page, plain = [], []
        for step, column in self.rows.items():
            plain.append(f"{step}:")
            cells = []
            for program, language, text in column:
                plain += [f"  {program}:", textwrap.indent(text, "    ")]
                label = f'<div class="cell-label">{html.escape(program)}</div>'
                cells.append(f'<div class="side">{label}{highlight(text, language)}</div>')
            page.append(
                f'<div class="step"><p class="step-name">{html.escape(step)}</p>'
                f'<div class="sides">{"".join(cells)}</div></div>'
            )
        return {
            "text/html": f'<div class="side-by-side">{"".join(page)}</div>',
            "text/plain": "\n".join(plain),
        }


def side_by_side(programs: dict[str, object]) -> Steps:
    """Put the marked steps of several programs side by side: the lines whose trailing comment is ``# (2) what``.

    programs: ``{name: what}``; what is a function, a class, the path of a file, or a tuple of such. Raise ValueError for a program that
    lacks a step another one has.
    """
    from .highlight import STEP

    found: dict[str, dict[str, list[list[str]]]] = {}  # step, program, runs of neighbouring lines
    sources = {name: _source(thing) for name, thing in programs.items()}
    for name, (source, _) in sources.items():
        last = ""
        for line in source.split("\n"):
            match = STEP.search(line)
            if match:
                what = match["what"].strip()
                runs = found.setdefault(what, {}).setdefault(name, [])
                if last != what:
                    runs.append([])
                runs[-1].append(line[: match.start()].rstrip())
            last = match["what"].strip() if match else ""
    for step, by in found.items():
        if missing := [name for name in programs if name not in by]:
            raise ValueError(f"no line of {', '.join(missing)} is marked as the step {step}")
    return Steps(
        {
            step: [
                (name, sources[name][1], "\n".join(textwrap.dedent("\n".join(run)) for run in by[name]))
                for name in programs
            ]
            for step, by in found.items()
        }
    )


def _language_of(path: Path) -> str:
    known = languages.by_suffix(path.suffix)
    return known.name if known else "text"


def _source(thing: object) -> tuple[str, str]:
    if isinstance(thing, tuple):
        sources = [_source(part) for part in thing]
        return "\n\n".join(text for text, _ in sources), sources[0][1]
    if isinstance(thing, Path):
        return thing.read_text(encoding="utf-8"), _language_of(thing)
    try:
        text = inspect.getsource(cast("Callable[..., Any]", thing))
    except OSError:  # a class made in a notebook's cell knows no file; its methods do
        method = next(filter(inspect.isfunction, vars(thing).values()))
        lines, at = inspect.findsource(method)
        while not lines[at].lstrip().startswith(f"class {cast(type, thing).__name__}"):
            at -= 1
        text = "".join(inspect.getblock(lines[at:]))
    return textwrap.dedent(text), "python"
