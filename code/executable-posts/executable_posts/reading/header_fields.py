"""What the fields of a YAML header may hold: words as they are written, lists where lists belong, each field once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import yaml

from ..toml_lines import nearest

WORDS = (
    "title",
    "subtitle",
    "slug",
    "category",
    "author",
    "lang",
    "status",
    "save_as",
    "url",
    "template",
    "translation",
)
TEXTS = ("summary", "description")  # may have paragraphs
LISTS = ("tags", "authors")
# Told from a misspelt one; a theme or another plugin may have names of its own.
KNOWN = (
    *(*WORDS, *TEXTS, *LISTS, "date", "modified", "executable", "blocks", "measures"),
    *("series", "series_index", "picture", "jupyter", "keywords"),
)
LONGEST_SLUG = 200  # bytes; a file's name, with what stands behind it, has 255
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
Fault = Callable[[str, str, str], None]


def lines_of(written: str) -> dict[str, list[int]]:
    """Give the lines, from 0, on which each field of a YAML mapping begins, by its name in lower case."""
    node = yaml.compose(written, Loader=yaml.SafeLoader)
    lines: dict[str, list[int]] = {}
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        lines.setdefault(str(key.value).lower(), []).append(key.start_mark.line)
    return lines


def impossible_date(written: list[str]) -> int:
    """Find the line, from 0, of a date that no calendar has; -1 without one."""
    for number, line in enumerate(written):
        try:
            yaml.safe_load(line)
        except ValueError:
            return number
        except yaml.YAMLError:
            continue
    return -1


def words_of(written: str) -> dict[str, Any]:
    """Read a YAML mapping, and every value as the words that stand there; names in lower case."""
    raw = yaml.load(written, Loader=yaml.BaseLoader)
    return {str(key).lower(): value for key, value in raw.items()} if isinstance(raw, dict) else {}


def as_written(fields: dict[str, Any], raw: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """Give fields whose words are those in the file: ``lang: no`` is Norwegian, and ``title: 1.10`` keeps its zero.

    raw: as of `words_of`. fault: is told of a field's name, what is wrong with it, and the mend.
    """
    found = dict(fields)
    for name, value in fields.items():
        if value is None:
            continue
        if name in LISTS:
            given = raw.get(name, value)
            items = given if isinstance(given, list) else [given]
            if not all(isinstance(item, str) and item.strip() for item in items if item != ""):
                fault(name, f"{name} holds something else than words", f"write {name}: [one, two]")
                found[name] = None
            else:
                found[name] = given if isinstance(given, str) else [item for item in given if item]
        elif name in (*WORDS, *TEXTS):
            if isinstance(value, (list, dict)):
                mend = "write authors: [one, two]" if name == "author" else f"write {name}: words"
                fault(
                    name, f"{name} is not words, but a {'list' if isinstance(value, list) else 'table'}", mend
                )
                found[name] = None
                continue
            text = value if isinstance(value, str) else str(raw.get(name, value))
            found[name] = " ".join(text.split()) if name in WORDS and name != "slug" else text
    return found


def check_fields(fields: dict[str, Any], fault: Fault) -> None:
    """Tell ``fault`` of values that no page can carry, of files outside of the site, and of names that are misspelt."""
    for name, value in fields.items():
        if odd := _UNPRINTABLE.search(str(value)):
            fault(name, f"{name} holds a character that no page can carry (U+{ord(odd[0]):04X})", "remove it")
        near = "" if name in KNOWN else nearest(name, KNOWN, 0.83)
        if near:
            fault(
                name,
                f"a header field {name!r}",
                f"did you mean {near!r}? Else choose a name that is less like it",
            )
    blocks = fields.get("blocks")
    if blocks not in (None, "none"):
        fault("blocks", f"blocks: {blocks}", "write blocks: none, or remove the line")
    lang = fields.get("lang")
    if lang is not None and not re.fullmatch(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*", str(lang)):
        fault("lang", f"lang: {lang} is no language", "write its code, such as en or pt-BR")
    index = fields.get("series_index")
    if index is not None and not re.fullmatch(r"-?\d+(\.\d+)?", str(index)):
        fault("series_index", f"series_index: {index}", "write a number")
    path = PurePosixPath(str(fields.get("save_as") or "").replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        fault("save_as", f"save_as: {path} is outside of the site", "write a path from the site's root on")
    if len(str(fields.get("slug") or "").encode("utf-8", "replace")) > LONGEST_SLUG:
        fault(
            "slug",
            f"a slug of more than {LONGEST_SLUG} bytes",
            "write a shorter one: no file may have such a name",
        )
