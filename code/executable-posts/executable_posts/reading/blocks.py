"""Blocks: the fences of a post that run, and the forms near to them that are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import PostError
from ..languages import Cell, Language, known, programs
from .fences import FenceError, Info, looks_like_cell, parse_info
from .tokens import lines_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_INNER_FENCE = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])?[ \t>]*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """Hold one block that runs. line: 1-based line of its first source line in the post; index: 0-based rank."""

    index: int
    line: int
    source: str
    info: Info

    @property
    def language(self) -> str:
        """Give its language, by the fence's name."""
        return self.info.language

    @property
    def name(self) -> str:
        """Give its name, "" without one."""
        return self.info.name

    @property
    def fence_line(self) -> int:
        """Give the line of its fence, from 1."""
        return self.line - 1

    @property
    def id(self) -> str:
        """Name the block as reports and tests do: ``L123`` or ``L123-name`` (the line of its fence)."""
        return f"L{self.fence_line}" + (f"-{self.name}" if self.name else "")

    @property
    def cell_source(self) -> str:
        """Give the source as the paired notebook holds it: with a cell magic first when it is not Python."""
        return self.speaks.notebook_source(self.cell())

    @property
    def speaks(self) -> Language:
        """Give the block's language."""
        return known(self.language)

    def cell(self, label: str = "cell") -> Cell:
        """Give the block as its language gets it. label: of the post, for messages."""
        return Cell(source=self.source, args=self.info.magic_args, label=label, line=self.line)


def info_string(token: Token, lines: list[str]) -> str:
    """Give a fence's info string as written; the parser's own copy has lost its backslashes and entities."""
    written = lines[lines_of(token)[0]].lstrip(" ")
    return (written[len(token.markup) :] if written.startswith(token.markup) else token.info).strip()


def read_fence(
    token: Token, label: str, lines: list[str], index: int, data_languages: tuple[str, ...]
) -> tuple[Block | None, Info]:
    """Read a fence: its block, None for one that is only shown, and what its first line says; raise PostError."""
    start, end = lines_of(token)
    line = start + 1
    try:
        info = parse_info(info_string(token, lines), data_languages)
    except FenceError as error:
        raise PostError(label, line, *error.args) from None
    if not re.match(rf"[ \t>]*{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*$", lines[end - 1]):
        raise PostError(
            label, line, "this fence is never closed", f"add a line {token.markup} after its last line"
        )
    if info.kind != "cell":
        _refuse_nested(token, label)
        return None, info
    opening = lines[line - 1]
    if token.level or opening[0] not in "`~":
        raise PostError(
            label,
            line,
            "an indented or nested block that would run",
            "move it to the left margin, out of lists and quotes",
        )
    if token.markup != "```":
        raise PostError(
            label, line, f"a block fenced by {token.markup}", "fence blocks that run by three backticks"
        )
    written = info_string(token, lines)
    if opening != "```" + written:
        raise PostError(label, line, "spaces around the fence's language", f"write ```{written}")
    if not token.content.strip():
        raise PostError(label, line, "an empty block", "write something in it or remove it")
    if known(info.language).shares_state and token.content.startswith("%%"):
        magic = token.content.split(None, 1)[0]
        raise PostError(
            label,
            line + 1,
            f"the cell magic {magic} in a {info.language} block",
            f"use a block of one of {', '.join(programs())}, or a line magic (%time)",
        )
    return Block(index=index, line=line + 1, source=token.content.removesuffix("\n"), info=info), info


def _refuse_nested(token: Token, label: str) -> None:
    for offset, text in enumerate(token.content.split("\n")):
        match = _INNER_FENCE.match(text)
        if match and looks_like_cell(match["info"]):
            raise PostError(
                label,
                lines_of(token)[0] + 2 + offset,
                "a block fence inside another fence",
                "blocks cannot be nested: take it out, or indent the inner fence's text with a word before it",
            )


def refuse_hidden_fence(token: Token, label: str) -> None:
    """Raise PostError for a block's fence where no Markdown parser would find it: in indented text or HTML."""
    for offset, text in enumerate(token.content.split("\n")):
        match = _INNER_FENCE.match(text)
        if match and looks_like_cell(match["info"]):
            what = "an indented block fence" if token.type == "code_block" else "a block fence inside HTML"
            raise PostError(
                label,
                lines_of(token)[0] + 1 + offset,
                f"{what}: no Markdown parser would run it",
                "move it to the left margin with a blank line before it",
            )
