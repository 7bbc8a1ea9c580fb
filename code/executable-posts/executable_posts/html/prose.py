"""Prose as HTML: the parser's tokens of a post, with every cell, value and formula in its place."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from markdown_it.renderer import RendererHTML

from ..authors.highlight import highlight
from ..errors import PostError
from ..reading.dialect import markdown
from ..reading.links import as_named, file_of
from .images import pixel_size
from .maths import mathml

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MANY_COLUMNS = 5  # from which a table does not fit the page's column


class ProseRenderer(RendererHTML):
    """Render a document's tokens, which it only reads.

    ``env`` holds, besides the parser's own: cells (HTML a block), texts (rank of a value -> what it says), folder and
    links_start (where its pictures are found, to measure them), label, moving (`moving.Moving`: values that a reader moves).
    """

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Put a cell in its block's place; show any other fence as what it says it is."""
        token = tokens[idx]
        if "block" in token.meta:
            return str(env["cells"][token.meta["block"]])
        info = token.meta.get("info")
        language = info.language if info else token.info.strip().split(" ")[0]
        code = highlight(token.content.removesuffix("\n"), language, f"data-{language}")
        if info is None or info.kind == "data":
            return code
        return f'<div class="noeval"><p class="noeval-reason">Not run here: {html.escape(info.reason)}</p>{code}</div>\n'

    def myst_role(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Say a value."""
        token = tokens[idx]
        if "value" not in token.meta:  # in a block's output: nobody evaluates it
            return f"<code>{{{html.escape(token.meta['name'])}}}`{html.escape(token.content)}`</code>"
        rank = token.meta["value"]
        more = env["moving"].attributes(rank) if "moving" in env else ""
        return f'<span class="eval"{more}>{html.escape(env["texts"][rank])}</span>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render an image; it keeps its place before it is there, and loads when the reader comes near."""
        token = tokens[idx].copy()
        token.attrs = dict(token.attrs)
        token.attrs["alt"] = plain(token.children or (), env.get("texts", {}))
        self._title(token, env)
        size = self._size(str(token.attrs["src"]), token.attrs, env)
        token.attrs["src"] = _named(token.attrs["src"], env)
        for name, pixels in zip(("width", "height"), size, strict=False):
            token.attrs.setdefault(name, str(pixels))
        token.attrs.setdefault("loading", "lazy")
        return self.renderToken([token], 0, options, env)

    @staticmethod
    def _size(target: str, given: Mapping[str, Any], env: EnvType) -> tuple[int, int] | tuple[()]:
        """Measure a picture; one side that the author chose decides the other. Return () when it cannot be known."""
        path = file_of(target, env["folder"], env["links_start"]) if env.get("links_start") else None
        size = pixel_size(path) if path else None
        sides = [str(given.get(name, "")) for name in ("width", "height")]
        if not size or not all(size) or ("style" in given and any(sides)):
            return ()
        if not any(sides):
            return size
        if any(side and not side.isdecimal() for side in sides):
            return ()
        width = int(sides[0]) if sides[0] else round(int(sides[1]) * size[0] / size[1])
        height = int(sides[1]) if sides[1] else round(int(sides[0]) * size[1] / size[0])
        return width, height

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Open a link; its title may hold values."""
        token = tokens[idx].copy()
        token.attrs = dict(token.attrs)
        token.attrs["href"] = _named(token.attrs["href"], env)
        self._title(token, env)
        return self.renderToken([token], 0, options, env)

    @staticmethod
    def _title(token: Token, env: EnvType) -> None:
        if "title" in token.meta:
            token.attrs["title"] = said(token.meta["title"], env.get("texts", {}))

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Open an item; a task's box is ticked by the author alone, and named by the task."""
        token = tokens[idx].copy()
        token.meta = {k: v for k, v in token.meta.items() if k != "checked"}
        opened = self.renderToken(*_instead(tokens, idx, token), options, env)
        checked = tokens[idx].meta.get("checked")
        if checked is None:
            return opened
        words = next((t for t in tokens[idx : idx + 4] if t.type == "inline"), None)
        label = plain(words.children or (), env.get("texts", {})) if words else ""
        label = html.escape(label.strip() or ("done" if checked else "to do"))
        ticked = ' checked=""' if checked else ""
        return f'{opened}<input class="task-list-item-checkbox" type="checkbox" disabled=""{ticked} aria-label="{label}"> '

    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Write a formula in a line."""
        return _formula(tokens[idx], env, display=False)

    def math_inline_double(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Write a formula that stands alone within a paragraph."""
        return _formula(tokens[idx], env, display=True)

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Write a formula on lines of its own."""
        return f'<div class="math" tabindex="0">{_formula(tokens[idx], env, display=True)}</div>\n'

    amsmath = math_block

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Open a table. Cells of one with many columns carry their column's name: on a phone, each row is a card."""
        head = tokens[idx : next(i for i in range(idx, len(tokens)) if tokens[i].type == "thead_close")]
        names = [
            plain(token.children or (), env.get("texts", {})) for token in head if token.type == "inline"
        ]
        env["columns"] = dict(enumerate(names)) if len(names) >= MANY_COLUMNS else {}
        given = "".join(f' {k}="{html.escape(str(v))}"' for k, v in tokens[idx].attrs.items())
        return f'<div class="table-wrap{" many" if env["columns"] else ""}" tabindex="0"><table{given}>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Close a table and what it scrolls in."""
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Open a table's cell; its alignment is a class, since a strict page ignores inline style."""
        token = tokens[idx].copy()
        token.attrs = dict(token.attrs)
        if token.tag == "td" and (label := env.get("columns", {}).get(_column(tokens, idx))):
            token.attrs["data-label"] = label
        align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
        if align:
            token.attrs["class"] = f"align-{align}"
        return self.renderToken(*_instead(tokens, idx, token), options, env)

    td_open = th_open


def prose_renderer(extensions: tuple[str, ...], kind: type[ProseRenderer] = ProseRenderer) -> ProseRenderer:
    """Make a renderer of a kind that knows what the parser's plugins render themselves, such as footnotes."""
    renderer = kind()
    usual = cast("RendererHTML", markdown(extensions).renderer)  # which is the parser's default
    plugins = {k: v for k, v in usual.rules.items() if not hasattr(ProseRenderer, k)}
    renderer.rules = {**plugins, **renderer.rules}
    return renderer


def said(parts: tuple[str | int, ...], texts: dict[int, str]) -> str:
    """Put values into plain text. parts: words and ranks of values."""
    return "".join(part if isinstance(part, str) else texts[part] for part in parts)


def plain(children: Iterable[Token], texts: dict[int, str]) -> str:
    """Give what an inline token's children say in words alone."""
    words = []
    for child in children:
        if child.type == "myst_role" and "value" in child.meta:
            words.append(texts[child.meta["value"]])
        elif child.type == "image":
            words.append(plain(child.children or (), texts))
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type in ("text", "text_special", "code_inline", "math_inline", "math_inline_double"):
            words.append(child.content)
    return "".join(words)


def inline_html(token: Token, extensions: tuple[str, ...], texts: dict[int, str]) -> str:
    """Render an inline token that stands alone, such as a caption."""
    md = markdown(extensions)
    return prose_renderer(extensions).renderInline(token.children or [], md.options, {"texts": texts})


def _named(target: object, env: EnvType) -> str:
    if not env.get("links_start"):
        return str(target)
    return as_named(str(target), env["folder"], env["links_start"])


def _formula(token: Token, env: EnvType, display: bool) -> str:
    try:
        return mathml(token.content, display)
    except ValueError as error:
        label, line = (
            env.get("label", "a block's output"),
            env.get("line", token.map[0] + 1 if token.map else 0),
        )
        raise PostError(label, line, f"a formula: {error}", "correct it, or put it in backticks") from None


def _instead(tokens: Sequence[Token], idx: int, token: Token) -> tuple[list[Token], int]:
    """Give a token's neighbours with a copy in its place: how a tag's line ends depends on them."""
    before = tokens[idx - 1 : idx]
    return [*before, token, *tokens[idx + 1 : idx + 3]], len(before)


def _column(tokens: Sequence[Token], index: int) -> int:
    row = next(i for i in range(index, -1, -1) if tokens[i].type == "tr_open")
    return sum(1 for token in tokens[row:index] if token.type == "td_open")
