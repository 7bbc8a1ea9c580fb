"""The block model: what a post's Markdown holds, with line numbers.

One parser (markdown-it-py, CommonMark with tables, footnotes and strikethrough) decides what is a fence; everything
else in the engine starts from the blocks found here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from .config import DATA_LANGUAGES
from .errors import PostError
from .fences import FenceError, Info, looks_like_cell, parse_info
from .header import read_header

_INNER_FENCE = re.compile(r"^[ \t>]*(?:[-*+]|\d+[.)])?[ \t>]*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")


@dataclass(frozen=True)
class Block:
    """Hold one block that runs. line: 1-based line of its first source line in the post; index: 0-based rank."""

    index: int
    line: int
    source: str
    info: Info

    @property
    def language(self) -> str:
        return self.info.language

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def fence_line(self) -> int:
        return self.line - 1

    @property
    def id(self) -> str:
        """Name the block as reports and tests do: ``L123`` or ``L123-name`` (the line of its fence)."""
        return f"L{self.fence_line}" + (f"-{self.name}" if self.name else "")

    @property
    def cell_source(self) -> str:
        """Give the source as the paired notebook holds it: with a cell magic first when it is not Python."""
        if self.language == "python":
            return self.source
        return f"%%{self.language} {self.info.magic_args}".rstrip() + "\n" + self.source


@dataclass(frozen=True)
class Value:
    """Hold one ``{eval}`` role. after: index of the block it is evaluated after, -1 before all of them."""

    expression: str
    line: int
    after: int


@dataclass(frozen=True)
class Link:
    """Hold one link or image target as written. kind: "image" or "link"."""

    target: str
    line: int
    kind: str


@dataclass(frozen=True)
class Post:
    """Hold a parsed post. label: its path as an author knows it; text: with ``\\n`` line ends."""

    path: Path
    label: str
    text: str
    header: dict
    header_lines: int
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]
    links: tuple[Link, ...] = field(default=())

    def values_after(self, index: int) -> list[Value]:
        return [v for v in self.values if v.after == index]


def markdown() -> MarkdownIt:
    """Make the parser that every part of the engine shares."""
    md = MarkdownIt("commonmark", {"html": True, "typographer": False})
    md.enable(["table", "strikethrough"]).use(footnote_plugin).use(myst_role_plugin)
    # Site generators mark links with {static} and {filename}; percent-encoding the braces would hide them.
    usual = md.normalizeLink
    md.normalizeLink = lambda url: url if url.startswith("{") else usual(url)
    return md


def read(
    path: Path, label: str = "", data_languages: tuple[str, ...] = DATA_LANGUAGES, required=("title", "date")
):
    """Read and check a post file; raise PostError at the line of the first fault."""
    label = label or Path(path).as_posix()
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise PostError(label, 0, f"cannot be read: {error.strerror}", "check the path") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PostError(
            label, line, f"invalid UTF-8 (byte 0x{raw[error.start]:02x})", "save the file as UTF-8"
        ) from None
    return parse(text, label, Path(path), data_languages, required)


def parse(
    text: str, label: str, path: Path | None = None, data_languages=DATA_LANGUAGES, required=()
) -> Post:
    """Parse a post's text into blocks, inline values and links; raise PostError at the line of the first fault."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    header, header_lines = read_header(text, label, required)
    # The header becomes blank lines, so that the parser's line numbers are the file's.
    lines = text.split("\n")
    body = "\n".join([""] * header_lines + lines[header_lines:])
    blocks: list[Block] = []
    values: list[Value] = []
    links: list[Link] = []
    names: dict[str, int] = {}
    last_line = 1
    for token in markdown().parse(body):
        if token.map:
            last_line = token.map[0] + 1
        if token.type == "fence":
            block = _fence(token, label, lines, len(blocks), data_languages)
            if block is None:
                continue
            if block.name and block.name in names:
                raise PostError(
                    label,
                    block.fence_line,
                    f"block name {block.name!r} is already used at line {names[block.name]}",
                    "give one of the two another name",
                )
            names[block.name] = block.fence_line
            blocks.append(block)
        elif token.type in ("code_block", "html_block"):
            _refuse_hidden_fence(token, label)
        elif token.type == "inline":
            _inline(token, label, last_line, len(blocks) - 1, values, links)
    return Post(
        path or Path(label), label, text, header, header_lines, tuple(blocks), tuple(values), tuple(links)
    )


def info_string(token, lines: list[str]) -> str:
    """Give a fence's info string as written; the parser's own copy has lost its backslashes and entities."""
    written = lines[token.map[0]].lstrip(" ")
    return (written[len(token.markup) :] if written.startswith(token.markup) else token.info).strip()


def _fence(token, label: str, lines: list[str], index: int, data_languages) -> Block | None:
    line = token.map[0] + 1
    try:
        info = parse_info(info_string(token, lines), data_languages)
    except FenceError as error:
        raise PostError(label, line, *error.args) from None
    if not re.match(
        rf"[ \t>]*{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*$", lines[token.map[1] - 1]
    ):
        raise PostError(
            label, line, "this fence is never closed", f"add a line {token.markup} after its last line"
        )
    if token.map[1] - token.map[0] < 2:
        raise PostError(
            label, line, "this fence is never closed", f"add a line {token.markup} after its last line"
        )
    if info.kind != "cell":
        _refuse_nested(token, label)
        return None
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
    return Block(index, line + 1, token.content.removesuffix("\n"), info)


def _refuse_nested(token, label: str) -> None:
    for offset, text in enumerate(token.content.split("\n")):
        match = _INNER_FENCE.match(text)
        if match and looks_like_cell(match["info"]):
            raise PostError(
                label,
                token.map[0] + 2 + offset,
                "a block fence inside another fence",
                "blocks cannot be nested: take it out, or indent the inner fence's text with a word before it",
            )


def _refuse_hidden_fence(token, label: str) -> None:
    if token.type == "html_block" and token.content.lstrip().startswith("<!--"):
        return  # commented out: does not count
    for offset, text in enumerate(token.content.split("\n")):
        match = _INNER_FENCE.match(text)
        if match and looks_like_cell(match["info"]):
            what = "an indented block fence" if token.type == "code_block" else "a block fence inside HTML"
            raise PostError(
                label,
                token.map[0] + 1 + offset,
                f"{what}: no Markdown parser would run it",
                "move it to the left margin with a blank line before it",
            )


def _inline(token, label: str, line: int, after: int, values: list[Value], links: list[Link]) -> None:
    if token.content.startswith("```") and looks_like_cell(token.content.lstrip("`")):
        raise PostError(
            label,
            line,
            "a fence whose first line holds a backtick is no fence",
            "write captions without backticks",
        )
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "myst_role":
            if child.meta["name"] != "eval":
                raise PostError(
                    label, line, f"unknown role {{{child.meta['name']}}}", "only {eval}`expression` is known"
                )
            values.append(Value(child.content.strip(), line, after))
        elif child.type == "image":
            links.append(Link(child.attrs["src"], line, "image"))
            if not child.content.strip():
                raise PostError(
                    label, line, "an image without alternative text", "write ![what it shows](target)"
                )
        elif child.type == "link_open":
            links.append(Link(child.attrs["href"], line, "link"))
