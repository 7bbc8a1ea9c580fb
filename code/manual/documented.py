"""Read what a class says of its fields: a docstring of the form ``name: what it is. other, another: what they are``."""

from __future__ import annotations

import html
import inspect
import re
from dataclasses import fields
from typing import Any

_CODE = re.compile(r"(?<!`)``([^`]+)``(?!`)|(?<!`)`([^`]+)`(?!`)")


def told_fields(described: type[Any], but: tuple[str, ...] = ()) -> dict[str, str]:
    """Return field -> what the docstring of a dataclass says of it, in the order of the fields.

    but: fields that readers are not told of. Raise LookupError for any other field of which nothing is said.
    """
    names = [field.name for field in fields(described)]
    text = " ".join(inspect.getdoc(described).split()) if described.__doc__ else ""
    one = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    begins = list(re.finditer(rf"(?<![\w`\"])((?:{one})(?:, (?:{one}))*): ", text))
    told: dict[str, str] = {}
    for at, begin in enumerate(begins):
        end = begins[at + 1].start() if at + 1 < len(begins) else len(text)
        said = sentence(text[begin.end() : end])
        told.update({name: said for name in begin[1].split(", ") if said})
    wanted = [name for name in names if name not in but]
    if missing := [name for name in wanted if name not in told]:
        raise LookupError(f"nothing is said of {', '.join(missing)} in the docstring of {described.__name__}")
    return {name: told[name] for name in wanted}


def sentence(text: str) -> str:
    """Begin a text with a capital letter, unless with code, and end it with a full stop; "" stays so."""
    text = text.strip().rstrip(";,.").strip()
    if not text:
        return ""
    return (text if text.split()[0].startswith(("`", '"')) else text[0].upper() + text[1:]) + "."


def first_sentence(thing: object) -> str:
    """Return the first sentence of a docstring; raise LookupError when there is none."""
    text = " ".join((inspect.getdoc(thing) or "").split())
    if not text:
        raise LookupError(f"{thing} has no docstring")
    return sentence(re.split(r"(?<=[.:])\s", text, maxsplit=1)[0].rstrip(":"))


def inline(text: str) -> str:
    """Write a docstring's text as HTML: what stands in backticks is code."""
    return _CODE.sub(lambda match: f"<code>{match[1] or match[2]}</code>", html.escape(text, quote=False))


def code(text: str) -> str:
    """Write a text as code in HTML."""
    return f"<code>{html.escape(text, quote=False)}</code>"
