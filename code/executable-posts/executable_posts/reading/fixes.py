"""Mend what has exactly one mend, in a post's own text, and leave every other byte as it is.

These are: a fence's language misspelt or in capitals, spaces around it, more than three backticks or tildes around a
block that runs, attributes out of order or written in a neighbouring form (``name=loop``, ``tags="hide-input"``), a
header's status in capitals.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import languages
from .dialect import markdown
from .fences import ATTRIBUTES, TAGS, FenceError, parse_info
from .header import STATUSES
from .tokens import lines_of

if TYPE_CHECKING:
    from markdown_it.token import Token

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")  # as Markdown splits lines
_ATTRIBUTE = re.compile(r"[\s,]*(?P<key>[A-Za-z_][\w-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,\"'\[\]{}]+")
_QUOTED = re.compile(r"'([^'\"\\]*)'")
_STATUS = re.compile(r"(?P<key>status:\s*)(?P<value>\w+)(?P<rest>\s*)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Fix:
    """Hold one mended line. line: 1-based; old, new: the line before and after, without its end."""

    line: int
    old: str
    new: str


def split_lines(text: str) -> list[str]:
    """Split a text where Markdown does, line ends kept; the lines joined are the text."""
    return [line for line in LINE.findall(text) if line]


def fix(text: str, data_languages: tuple[str, ...]) -> tuple[str, list[Fix]]:
    """Mend a post's text; return the new text and what was done, by line. No line is added or removed."""
    lines = split_lines(text)
    changed: dict[int, str] = {}  # 0-based line -> new text without its end
    header = _header_end(lines)
    for at in range(1, header):
        match = _STATUS.match(_bare(lines[at]))
        if match and match["value"] not in STATUSES and match["value"].lower() in STATUSES:
            changed[at] = match["key"] + match["value"].lower() + match["rest"]
    body = "\n".join([""] * header + [_bare(line) for line in lines[header:]])
    for token in markdown().parse(body):
        if token.type == "fence":
            changed.update(_fence(token, lines, data_languages))
    fixes = [Fix(line=at + 1, old=_bare(lines[at]), new=new) for at, new in sorted(changed.items())]
    fixes = [done for done in fixes if done.old != done.new]
    for done in fixes:
        old = lines[done.line - 1]
        lines[done.line - 1] = done.new + old[len(_bare(old)) :]
    return "".join(lines), fixes


def _bare(line: str) -> str:
    return line.rstrip("\r\n")


def _header_end(lines: list[str]) -> int:
    if not lines or lines[0].removeprefix("\ufeff").rstrip() != "---":
        return 0
    return next((at + 1 for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)


def _fence(token: Token, lines: list[str], data_languages: tuple[str, ...]) -> dict[int, str]:
    """Mend the first and last line of a fence; give the lines that change."""
    first, end = lines_of(token)
    last = end - 1
    opening = _bare(lines[first])
    start = opening.find(token.markup)
    if start < 0 or not token.info.strip():
        return {}
    before, written = opening[:start], opening[start + len(token.markup) :].strip()
    info = _info(written, data_languages)
    runs = languages.find(re.split(r"[\s{]", info, maxsplit=1)[0]) is not None
    if not runs or before or token.level:
        # A fence that is only shown may stand anywhere, fenced in any way.
        gap = opening[
            start + len(token.markup) : len(opening) - len(opening.lstrip(before + token.markup[0]))
        ]
        return {first: before + token.markup + gap + info} if info != written else {}
    changed = {first: "```" + info if token.markup == "```" else token.markup + info}
    closing = _bare(lines[last])
    closed = last > first and re.fullmatch(rf"{re.escape(token.markup[0])}{{3,}}[ \t]*", closing)
    if token.markup != "```" and closed and not re.search(r"^ {0,3}```", token.content, re.MULTILINE):
        changed = {first: "```" + info, last: "```"}
    return changed


def _info(info: str, data_languages: tuple[str, ...]) -> str:
    """Write an info string as it was surely meant; give it back as it is when that cannot be told."""
    if info.startswith("{"):
        return info
    language, _, rest = info.partition(" ")
    lower = language.lower()
    if language not in data_languages and languages.find(language) is None:
        language = languages.meant(lower) or (lower if lower in data_languages else language)
    if language not in data_languages and languages.find(language) and rest.strip():
        rest = _attributes(rest)
    meant = f"{language} {rest.strip()}".strip()
    return meant if _complaint(meant, data_languages) != _complaint(info, data_languages) else info


def _complaint(info: str, data_languages: tuple[str, ...]) -> tuple[object, ...]:
    try:
        parse_info(info, data_languages)
    except FenceError as error:
        return error.args
    return ()


def _attributes(rest: str) -> str:
    """Write attributes in their order and form; give them back as they are when one is not understood."""
    found: dict[str, str] = {}
    at, decoder = 0, json.JSONDecoder()
    while rest[at:].strip(" \t,"):
        match = _ATTRIBUTE.match(rest, at)
        key = match["key"].lower().replace("-", "_") if match else ""
        if not match or key not in ATTRIBUTES or key in found:
            return rest
        begin = match.end()
        try:
            value, at = decoder.raw_decode(rest, begin)
            raw = rest[begin:at]
        except json.JSONDecodeError:
            other = _QUOTED.match(rest, begin) or _BARE.match(rest, begin)
            if not other:
                return rest
            value, at = other[1] if other.re is _QUOTED else other[0], other.end()
            raw = json.dumps(value, ensure_ascii=False)
        found[key] = _tags(value, raw) if key == "tags" else raw
    return " ".join(f"{key}={found[key]}" for key in ATTRIBUTES if key in found)


def _tags(value: object, raw: str) -> str:
    tags = [value] if isinstance(value, str) else value
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return raw
    meant = [tag if tag in TAGS else tag.lower().replace("_", "-") for tag in tags]
    meant = list(dict.fromkeys(new if new in TAGS else old for old, new in zip(tags, meant, strict=True)))
    return raw if meant == value else json.dumps(meant, ensure_ascii=False)
