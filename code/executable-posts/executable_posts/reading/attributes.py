"""Attributes in braces: after headings, paragraphs, pictures and links, with or without Python-Markdown's colon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from mdit_py_plugins.attrs.parse import ParseError, parse

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import Ruler
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_Rule = TypeVar("_Rule")

_AT_END = re.compile(r"[ \t]*\{:?[ \t]*(?P<inner>[^{}`]*)\}[ \t]*\Z")
_FIRST = re.compile(r"\{[ \t]*[#.A-Za-z]")
_OWN_LINE = re.compile(r"\n[ \t]*\{:[ \t]*(?P<inner>[^{}`\n]*)\}[ \t]*\Z")


def rule_of(ruler: Ruler[_Rule], name: str) -> _Rule:
    """Give a parser's rule by its name."""
    return next(rule.fn for rule in ruler.__rules__ if rule.name == name)


def guard(md: MarkdownIt) -> None:
    """Let braces be attributes only where they hold one and something takes it; else a template's tag would vanish."""
    block, inline, span = (
        rule_of(md.block.ruler, "attr"),
        rule_of(md.inline.ruler, "attr"),
        rule_of(md.inline.ruler, "span"),
    )

    def attr_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
        if not line.startswith("{") or not _parsed(line[1:-1]):
            return False
        if start + 1 >= end or state.isEmpty(start + 1):
            return False
        return block(state, start, end, silent)

    def attr_inline(state: StateInline, silent: bool) -> bool:
        return bool(_FIRST.match(state.src, state.pos)) and inline(state, silent)

    def spanned(state: StateInline, silent: bool) -> bool:
        if state.src[state.pos] != "[":
            return False
        last: int = state.md.helpers.parseLinkLabel(state, state.pos, False)
        return last >= 0 and bool(_FIRST.match(state.src, last + 1)) and span(state, silent)

    md.block.ruler.at("attr", attr_block)
    md.inline.ruler.at("attr", attr_inline)
    md.inline.ruler.at("span", spanned)


def block_rule(state: StateCore) -> None:
    """Move the attributes at the end of a heading, or on a paragraph's last line, to its element."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if inline.type != "inline" or opening.nesting != 1:
            continue
        form = {"heading_open": _AT_END, "paragraph_open": _OWN_LINE}.get(opening.type)
        match = form.search(inline.content) if form else None
        attributes = _parsed(match["inner"]) if match else None
        if match and attributes:
            inline.content = inline.content[: match.start()]
            add(opening, attributes)


def colon_rule(state: StateInline, silent: bool) -> bool:
    """Read ``{: width=100}`` right after a picture or a link."""
    if not state.src.startswith("{:", state.pos) or state.pending or not state.tokens:
        return False
    token = state.tokens[-1]
    if token.type not in ("image", "link_close", "code_inline"):
        return False
    end = state.src.find("}", state.pos)
    attributes = _parsed(state.src[state.pos + 2 : end]) if end > 0 else None
    if not attributes:
        return False
    if token.type == "link_close":
        depth = 0
        for token in reversed(state.tokens):
            depth += (token.type == "link_close") - (token.type == "link_open")
            if not depth:
                break
    if not silent:
        add(token, attributes)
    state.pos = end + 1
    return True


def add(token: Token, attributes: dict[str, str]) -> None:
    """Give a token attributes; classes add up. Handlers of events are refused: a post's page runs only its blocks."""
    handlers = [name for name in attributes if name.lower().startswith("on")]
    if handlers:
        token.meta["fault"] = (
            f"the attribute {handlers[0]}",
            "remove it: a page runs no script of a post's text",
        )
    if "class" in attributes and "class" in token.attrs:
        attributes = {**attributes, "class": f"{token.attrs['class']} {attributes['class']}"}
    token.attrs.update(attributes)


def _parsed(inner: str) -> dict[str, str] | None:
    text = "{" + inner.strip() + "}"
    try:
        end, attributes = parse(text)
    except ParseError:
        return None
    return attributes if end == len(text) - 1 else None
