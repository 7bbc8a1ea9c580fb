"""What the parser's tokens surely have, where its own types leave it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token


def lines_of(token: Token) -> tuple[int, int]:
    """Give the lines of a block's token: the first, from 0, and the one after its last. Raise ValueError without any."""
    if token.map is None:
        raise ValueError(f"a {token.type} token without lines")
    return token.map[0], token.map[1]


def words_of(token: Token) -> list[Token]:
    """Give what an inline token holds; nothing for one that was never parsed."""
    return token.children or []
