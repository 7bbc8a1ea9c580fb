"""The reference's tables, made of the objects that the engine itself asks. What has no text is an error, not a hole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from executable_posts import languages
from executable_posts.config import DATA_LANGUAGES, DIALECT, Config
from executable_posts.emulations import Emulations
from executable_posts.html.policy import ALLOWABLE
from executable_posts.reading.fences import ATTRIBUTES, TAGS
from executable_posts.reading.header import STATUSES
from executable_posts.reading.links import FILES, PAGES
from manual.documented import code, inline, told_fields
from pizzeria.common.table import HtmlTable

NOT_SETTINGS = ("root", "found")


def _told(heading: str, texts: Mapping[str, str]) -> HtmlTable:
    """Make a table of names and what they mean; raise LookupError for a name without a text."""
    if missing := [name for name, text in texts.items() if not text.strip()]:
        raise LookupError(f"nothing is said of {', '.join(missing)}")
    return HtmlTable((heading, "what it means"), [(code(name), inline(text)) for name, text in texts.items()])


def settings() -> HtmlTable:
    """Return every key of ``[tool.executable_posts]``: its default, and what it says."""
    told = told_fields(Config, NOT_SETTINGS)
    defaults = {field.name: field for field in fields(Config)}
    rows = [
        (code(name), f"{inline(text)} Default: {_default(defaults[name])}.") for name, text in told.items()
    ]
    return HtmlTable(("key", "what it says"), rows)


def _default(field: Any) -> str:
    """Write a default as TOML does."""
    value = field.default if field.default is not MISSING else field.default_factory()
    if isinstance(value, Mapping | Emulations):
        return "an empty table"
    if isinstance(value, tuple):
        return code(json.dumps(value))
    return code(json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value))


def attributes() -> HtmlTable:
    """Return the attributes of a fence, in the order in which they are written."""
    return _told("attribute", ATTRIBUTES)


def tags() -> HtmlTable:
    """Return the tags of a block."""
    return _told("tag", TAGS)


def extensions() -> HtmlTable:
    """Return the extensions of the dialect."""
    return _told("extension", DIALECT)


def running_languages() -> HtmlTable:
    """Return the languages whose blocks run here: those of the engine, and those that are installed besides."""
    rows = []
    for name in languages.names():
        language = languages.find(name)
        assert language is not None
        told = [f"Needs {language.needs or 'nothing more than the engine'}."]
        if language.arguments:
            told.append(f"<code>magic_args</code>: {inline(language.arguments)}.")
        if language.misspelt:
            told.append(f"Refused, with this name as the mend: {', '.join(map(code, language.misspelt))}.")
        rows.append((code(name), " ".join(told)))
    return HtmlTable(("fence", "what it needs and takes"), rows)


def shown_languages() -> str:
    """List the languages that are shown and never run."""
    return ", ".join(DATA_LANGUAGES)


def link_starts() -> str:
    """List how a link into the site may start."""
    return ", ".join(f"{{{name}}}" for name in (*FILES, *PAGES))


def statuses() -> str:
    """List what a post's status may be."""
    return ", ".join(STATUSES)


def allowances() -> str:
    """List the directives that ``allow`` may widen."""
    return ", ".join(ALLOWABLE)


def parts_of(described: type[Any]) -> HtmlTable:
    """Return the fields of one of the engine's classes, as its docstring tells them."""
    return _told("field", told_fields(described))
