"""Markdown inside HTML: an element with ``markdown="1"`` holds Markdown, without blank lines around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

_OPENING = re.compile(r"<(?P<tag>[A-Za-z][\w-]*)(?P<rest>(?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(
    r"\s+markdown(?:\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"'>]+)))?(?=[\s/>]|\Z)"
)
_VALUES = ("", "1", "block", "span")
_VERBATIM = ("pre", "script", "style", "textarea", "code")


def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse an element whose tags stand on lines of their own, or one that takes a single line."""
    if state.is_code_block(start):
        return False
    line = _line(state, start)
    opening = _OPENING.match(line)
    attribute = _ATTRIBUTE.search(opening["rest"]) if opening else None
    if (
        not opening
        or not attribute
        or (attribute["a"] or attribute["b"] or attribute["c"] or "") not in _VALUES
    ):
        return False
    if opening["tag"].lower() in _VERBATIM:
        return False
    if silent:
        return True
    tag = opening["tag"]
    rest = opening["rest"].replace(attribute[0], "", 1)
    closing = f"</{tag}>"
    after = line[opening.end() :].rstrip()
    if after:
        if not after.endswith(closing) or after.count(closing) > 1:
            return _fault(state, start, line, f"put <{tag}> and {closing} on lines of their own")
        _html(state, f"<{tag}{rest}>", start, start + 1)
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = (
            after.removesuffix(closing).strip(),
            [start, start + 1],
            [],
        )
        _html(state, closing + "\n", start, start + 1)
        state.line = start + 1
        return True
    depth, last = 1, start
    while depth:
        last += 1
        if last >= end:
            return _fault(state, start, line, f"add a line {closing} after its last line")
        text = _line(state, last)
        depth += len(re.findall(rf"<{tag}\b(?![^>]*/>)", text, re.IGNORECASE)) - len(
            re.findall(re.escape(closing), text, re.IGNORECASE)
        )
    if _line(state, last).strip().lower() != closing.lower():
        return _fault(state, start, line, f"put {closing} on a line of its own")
    _html(state, f"<{tag}{rest}>\n", start, start + 1)
    old, state.lineMax = state.lineMax, last
    kind, state.parentType = state.parentType, "markdown_in_html"
    state.level += 1
    state.md.block.tokenize(state, start + 1, last)
    state.level -= 1
    state.lineMax, state.parentType = old, kind
    _html(state, closing + "\n", last, last + 1)
    state.line = last + 1
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _html(state: StateBlock, text: str, start: int, end: int) -> Token:
    token = state.push("html_block", "", 0)
    token.content, token.map = text, [start, end]
    return token


def _fault(state: StateBlock, start: int, line: str, mend: str) -> bool:
    token = _html(state, "", start, start + 1)
    token.meta["fault"] = (f"Markdown in HTML that is not understood: {line.strip()}", mend)
    state.line = start + 1
    return True
