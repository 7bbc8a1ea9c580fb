"""What the line after a fence's backticks says: language, name, caption, tags, arguments.

The written form is the one jupytext reads and writes back byte for byte: attributes in alphabetical order,
``magic_args`` last, values in JSON: ``python caption="..." name="fig-x" tags=["hide-input"]``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .. import languages

# Tag -> what it does, for the manual and for whoever asks. The first six are MyST-NB's.
TAGS = {
    "hide-input": "The code is folded; a reader unfolds it.",
    "hide-output": "The output is folded.",
    "remove-input": "The code is not shown, its output is.",
    "remove-output": "The output is not shown, the code is.",
    "remove-cell": "The block runs and is tested, and the page shows nothing of it.",
    "volatile": "The block runs in every build, and with it whatever depends on it.",
    "raises-exception": "The block must fail. The page shows the error, and the build stops when there is none.",
    "in-the-page": "The block runs in a reader's page, whatever the analysis of its imports says.",
    "on-your-machine": "The block gets no Run button, whatever the analysis of its imports says.",
    "output-varies": "The output is not the same twice; where two runs are compared, its numbers, its pictures and the numbers of the values below it are left out.",
}
# Attribute -> what it says, in the order in which jupytext writes them.
ATTRIBUTES = {
    "caption": "The text below a figure, and its text alternative unless it is a chart of matplotlib's. Goes with a name.",
    "name": "Lower-case words joined by hyphens: the block's anchor (#name), its test item and its cell.",
    "tags": "A list of tags.",
    "tolerance": 'How far a number may be from the published one before it is told as changed: `"5%"` of it, or `"0.5"`. It is for the block\'s outputs and charts, and for the values below it, as far as the next block.',
    "magic_args": "Arguments of the program, for languages that take some.",
}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_ATTRIBUTE = re.compile(r"\s*([A-Za-z_][\w-]*)=")
_TOLERANCE = re.compile(r"\d+(\.\d+)?%?\Z")
_NOEVAL = re.compile(
    r"\{\s*\.(?P<language>[\w+-]+)\s+\.noeval\s+reason=(?P<reason>\"(?:[^\"\\]|\\.)*\")\s*\}\Z"
)


class FenceError(ValueError):
    """Say what is wrong with an info string (args: found, mend)."""


@dataclass(frozen=True)
class Info:
    """Hold a parsed info string. kind: "cell" (runs), "noeval" (shown, with a reason) or "data" (shown)."""

    kind: str
    language: str
    name: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    tolerance: str = ""
    magic_args: str = ""
    reason: str = ""


def looks_like_cell(info: str) -> bool:
    """Tell whether an info string was meant to be a block that runs, misspelt or not."""
    return bool(languages.meant(re.split(r"[\s{]", info.strip(), maxsplit=1)[0]))


def parse_info(info: str, data_languages: tuple[str, ...]) -> Info:
    """Read an info string; raise FenceError(found, mend) when any part of it is not understood."""
    info = info.strip()
    if info.startswith("{"):
        return _noeval(info)
    language, _, rest = info.partition(" ")
    if not language:
        raise FenceError(
            "a fence without a language", f"name it: {', '.join(languages.names())}, or text for plain text"
        )
    if language in data_languages and language in languages.BUILT_IN:
        raise FenceError(
            f"data_languages names {language!r}: its blocks would be shown and never run",
            'take it out of [tool.executable_posts]; mark what does not run here {.noeval reason="why"}',
        )
    if language in data_languages:
        if rest.strip():
            raise FenceError(
                f"a {language} fence is only shown and takes no attributes: {rest.strip()}", "remove them"
            )
        return Info("data", language)
    if languages.find(language) is None:
        if meant := languages.meant(language):
            raise FenceError(
                f"unknown fence language {language!r}", f"write {meant!r}: blocks have one spelling"
            )
        raise FenceError(
            f"unknown fence language {language!r}",
            f"use one of {', '.join(languages.names())} to run it, one of {', '.join(data_languages)} to show it, "
            f'or {{.{language} .noeval reason="why"}} to show code that does not run here',
        )
    return _cell(language, rest)


def _noeval(info: str) -> Info:
    match = _NOEVAL.match(info)
    if not match:
        raise FenceError(f"a fence attribute list that is not understood: {info}", _NOEVAL_MEND)
    reason = json.loads(match["reason"])
    if not reason.strip():
        raise FenceError("a block that does not run has an empty reason", _NOEVAL_MEND)
    return Info("noeval", match["language"], reason=reason)


_NOEVAL_MEND = 'write {.LANGUAGE .noeval reason="why it does not run here"}'


def _cell(language: str, rest: str) -> Info:
    values: dict[str, Any] = {}
    at, decoder = 0, json.JSONDecoder()
    while rest[at:].strip():
        match = _ATTRIBUTE.match(rest, at)
        if not match:
            raise FenceError(
                f"attributes that are not understood: {rest[at:].strip()}",
                'write key="value" pairs, such as name="loop" tags=["hide-input"]',
            )
        key = match[1]
        if key not in ATTRIBUTES:
            raise FenceError(f"unknown attribute {key!r}", f"use one of {', '.join(ATTRIBUTES)}")
        if key in values:
            raise FenceError(f"attribute {key!r} given twice", "keep one of them")
        try:
            values[key], at = decoder.raw_decode(rest, match.end())
        except json.JSONDecodeError:
            raise FenceError(
                f"the value of {key!r} is not JSON", f'write {key}="..." in double quotes'
            ) from None
    _check_values(language, values)
    ordered = [key for key in ATTRIBUTES if key in values]
    if list(values) != ordered:
        raise FenceError(
            f"attributes in the order {', '.join(values)}",
            f"write them as {', '.join(ordered)}, the order in which the paired notebook writes them back",
        )
    values["tags"] = tuple(values.get("tags", ()))
    return Info("cell", language, **values)


def _check_values(language: str, values: dict[str, Any]) -> None:
    tags = values.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
        raise FenceError("tags is not a list of strings", 'write tags=["hide-input"]')
    if len(set(tags)) != len(tags):
        raise FenceError("a tag given twice", "keep one of them")
    for tag in tags:
        if tag not in TAGS:
            raise FenceError(f"unknown tag {tag!r}", f"use one of {', '.join(TAGS)}")
    for key in ("name", "caption", "tolerance", "magic_args"):
        if not isinstance(values.get(key, ""), str):
            raise FenceError(f"{key} is not a string", f'write {key}="..."')
    if "name" in values and not _NAME.match(values["name"]):
        raise FenceError(f"block name {values['name']!r}", "use lower-case words joined by hyphens")
    if "tolerance" in values and not _TOLERANCE.match(values["tolerance"]):
        raise FenceError(f"the tolerance {values['tolerance']!r}", 'write tolerance="5%", or tolerance="0.5"')
    if "tolerance" in values and "output-varies" in tags:
        raise FenceError("a tolerance, and the tag output-varies, which leaves all numbers out", "keep one")
    if values.get("magic_args") and not languages.known(language).arguments:
        takers = ", ".join(name for name in languages.names() if languages.known(name).arguments)
        raise FenceError(f"magic_args on a {language} block", f"only these take arguments: {takers}")
    if "caption" in values and "name" not in values:
        raise FenceError(
            "a caption without a name", 'add name="fig-..." so that prose can link to the figure'
        )
