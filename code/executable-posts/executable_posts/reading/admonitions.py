"""Boxes beside the text, in the three ways people write them: ``!!! note``, ``:::note`` and ``> [!NOTE]``.

All of them become the same tokens, so that they look and read alike: a title, and a role that assistive technology knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mdit_py_plugins.attrs.parse import ParseError, parse

from .tokens import lines_of

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

KINDS = (
    *("note", "tip", "hint", "important", "warning", "caution", "danger", "error", "attention", "info"),
    *(
        "example",
        "question",
        "success",
        "failure",
        "bug",
        "abstract",
        "summary",
        "quote",
        "seealso",
        "admonition",
    ),
)
_BRACED = re.compile(r"\s*\{(?P<kind>[\w-]+)\}\s*(?P<title>.*)\Z")
_BARE = re.compile(r"\s*(?P<kind>[\w-]+)(?:\s+(?P<title>.*))?\Z")
_MEND = f"write :::note Title, with one of {', '.join(KINDS)}"


def rule(state: StateCore) -> None:
    """Turn containers and alerts into admonitions, and give each a title that names it."""
    tokens, number = [], 0
    for token in state.tokens:
        if token.type == "container_box_open":
            opening, title = _from_container(state, token)
            tokens.append(opening)
            if title:
                tokens.extend(_title(state, title, token))
        elif token.type == "alert_open":
            token.type, token.attrs = "admonition_open", {"class": f"admonition {token.meta['kind'].lower()}"}
            tokens.append(token)
        elif token.type.startswith("alert_title"):
            token.type = token.type.replace("alert", "admonition")
            token.attrs = {"class": "admonition-title"} if token.nesting == 1 else {}
            tokens.append(token)
        elif token.type in ("alert_close", "container_box_close"):
            token.type = "admonition_close"
            tokens.append(token)
        else:
            tokens.append(token)
    for index, token in enumerate(tokens):
        if token.type != "admonition_open":
            continue
        number += 1
        _finish(tokens, index, number)
    state.tokens[:] = tokens


def _from_container(state: StateCore, token: Token) -> tuple[Token, str]:
    """Read what follows the colons; return the opening token and the title."""
    token.type = "admonition_open"
    params = token.info.strip()
    kind, title, classes = "", "", []
    match = _BRACED.match(params) or _BARE.match(params)
    if match:
        kind, title = match["kind"].lower(), (match["title"] or "").strip()
    elif params.startswith("{"):
        try:
            closing, attributes = parse(params)
        except ParseError:
            closing, attributes = 0, {}
        classes = attributes.get("class", "").split()
        kind = next((c for c in classes if c in KINDS), "")
        title = params[closing + 1 :].strip()
        if "id" in attributes:
            token.attrs["id"] = attributes["id"]
    if kind not in KINDS:
        token.meta["fault"] = (f"a box of colons of an unknown kind: {token.markup}{token.info}", _MEND)
    lines = state.src.split("\n")
    begin, end = lines_of(token)
    last = lines[end] if end < len(lines) else ""
    if not re.fullmatch(rf"[ \t>]*:{{{len(token.markup)},}}[ \t]*", last):
        found = f"a box of colons that is never closed: {token.markup}{token.info}"
        token.meta["fault"] = (found, f"add a line {token.markup} after its last line")
    first = lines[begin + 1].strip() if begin + 1 < len(lines) else ""
    if re.match(r":[\w-]+:(\s|\Z)", first):
        token.meta["fault"] = (
            f"an option that boxes do not have: {first}",
            "remove it; the title follows the kind",
        )
    token.attrs["class"] = " ".join(dict.fromkeys(["admonition", kind, *classes]))
    title = title.strip('"') if title.startswith('"') else title
    return token, title or kind.capitalize()


def _title(state: StateCore, title: str, box: Token) -> tuple[Token, Token, Token]:
    from markdown_it.token import Token

    opening = Token("admonition_title_open", "p", 1, attrs={"class": "admonition-title"}, block=True)
    inline = Token("inline", "", 0, content=title, children=[], block=True)
    closing = Token("admonition_title_close", "p", -1, block=True)
    for level, token in ((box.level + 1, opening), (box.level + 2, inline), (box.level + 1, closing)):
        token.level, token.map = level, [lines_of(box)[0], lines_of(box)[0] + 1]
    return opening, inline, closing


def _finish(tokens: Sequence[Token], index: int, number: int) -> None:
    """Say what a box is to who cannot see it, and make one that can be folded a disclosure."""
    box, depth = tokens[index], 0
    for end in range(index, len(tokens)):
        depth += (
            tokens[end].nesting
            if tokens[end].type.startswith("admonition_") and "title" not in tokens[end].type
            else 0
        )
        if not depth:
            break
    titled = tokens[index + 1].type == "admonition_title_open"
    if end - index <= (4 if titled else 1):
        box.meta.setdefault(
            "fault",
            (
                "a box without text",
                "indent its text by four spaces (!!!), or write it before the closing :::",
            ),
        )
    classes = str(box.attrs["class"]).split()
    if "is-collapsible" in classes:
        if "collapsible-open" in classes:
            box.attrs["open"] = ""
        box.attrs["class"] = " ".join(c for c in classes if "collapsible" not in c)
        box.tag = tokens[end].tag = "details"
        if titled:
            tokens[index + 1].tag = tokens[index + 3].tag = "summary"
        return
    box.attrs["role"] = "note"
    if titled:
        name = f"admonition-{number}"
        box.attrs["aria-labelledby"] = name
        tokens[index + 1].attrs["id"] = name
    else:
        box.attrs["aria-label"] = classes[1].capitalize() if len(classes) > 1 else "Note"
