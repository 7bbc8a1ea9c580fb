"""The block model: what a post's Markdown holds, with line numbers.

One parser (markdown-it-py, CommonMark with tables, footnotes and strikethrough) decides what is a fence; everything
else in the engine starts from the blocks found here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config import DATA_LANGUAGES
from ..errors import PostError, Report, stop
from ..languages import Cell, Language, find, programs
from .fences import FenceError, Info, looks_like_cell, parse_info
from .header import read_header
from .prose import Link, Value, html_links, markdown, scan_inline

# Python and jupytext split lines at these, Markdown and the author's editor do not (or, of a lone \r, not all do).
_ODD_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
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
        return self.speaks.notebook_source(self.cell())

    @property
    def speaks(self) -> Language:
        """Give the block's language."""
        language = find(self.language)
        assert language is not None  # its fence was read by that name
        return language

    def cell(self, label: str = "cell") -> Cell:
        """Give the block as its language gets it. label: of the post, for messages."""
        return Cell(source=self.source, args=self.info.magic_args, label=label, line=self.line)


@dataclass(frozen=True)
class Post:
    """Hold a parsed post. label: its path as an author knows it; text: with ``\\n`` line ends; comments:
    line ranges (1-based, end excluded) of HTML comments; noeval: number of blocks that are shown with a reason."""

    path: Path
    label: str
    text: str
    header: dict
    header_lines: int
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]
    links: tuple[Link, ...] = field(default=())
    comments: tuple[tuple[int, int], ...] = field(default=())
    noeval: int = 0

    @property
    def runs_nothing(self) -> bool:
        """Tell whether the post means to run no block: it says so, or marks all of its code with a reason."""
        return self.header.get("blocks") == "none" or bool(self.noeval and not self.blocks)

    def values_after(self, index: int) -> list[Value]:
        return [v for v in self.values if v.after == index]


def read(
    path: Path,
    label: str = "",
    data_languages: tuple[str, ...] = DATA_LANGUAGES,
    required=("title", "date"),
    report: Report = stop,
):
    """Read and check a post file; raise PostError at the line of the first fault, or tell ``report`` of each."""
    label = label or Path(path).as_posix()
    return parse(read_text(path, label), label, Path(path), data_languages, required, report)


def read_text(path: Path, label: str) -> str:
    """Read a post's text as it is written; raise PostError when it cannot be read or is not UTF-8."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise PostError(label, 0, f"cannot be read: {error.strerror}", "check the path") from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PostError(
            label, line, f"invalid UTF-8 (byte 0x{raw[error.start]:02x})", "save the file as UTF-8"
        ) from None


def parse(
    text: str,
    label: str,
    path: Path | None = None,
    data_languages=DATA_LANGUAGES,
    required=(),
    report: Report = stop,
) -> Post:
    """Parse a post's text into blocks, inline values and links.

    Raise PostError at the line of the first fault, or tell ``report`` of each and go on without what is at fault.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if odd := _ODD_BREAKS.search(line):
            found = f"a line separator that is none in Markdown (U+{ord(odd[0]):04X})"
            found = "a carriage return without a newline" if odd[0] == "\r" else found
            report(PostError(label, number, found, "replace it by a space or a newline"))
    text = _ODD_BREAKS.sub(" ", text)
    header, header_lines = read_header(text, label, required, report)
    # The header becomes blank lines, so that the parser's line numbers are the file's.
    lines = text.split("\n")
    body = "\n".join([""] * header_lines + lines[header_lines:])
    blocks: list[Block] = []
    values: list[Value] = []
    links: list[Link] = []
    names: dict[str, int] = {}
    comments: list[tuple[int, int]] = []
    last_line, noeval = 1, 0
    for token in markdown().parse(body):
        if token.map:
            last_line = token.map[0] + 1
        if token.type == "fence":
            try:
                block = _fence(token, label, lines, len(blocks), data_languages)
            except PostError as error:
                report(error)
                continue
            if isinstance(block, Info):
                noeval += block.kind == "noeval"
                continue
            if block.name and block.name in names:
                report(
                    PostError(
                        label,
                        block.fence_line,
                        f"block name {block.name!r} is already used at line {names[block.name]}",
                        "give one of the two another name",
                    )
                )
            names[block.name] = block.fence_line
            blocks.append(block)
        elif token.type in ("code_block", "html_block"):
            if token.type == "html_block" and token.content.lstrip().startswith("<!--"):
                comments.append((token.map[0] + 1, token.map[1] + 1))
                continue  # commented out: does not count
            _refuse_hidden_fence(token, label, report)
            links.extend(html_links(token.content, token.map[0] + 1))
        elif token.type == "inline":
            scan_inline(token, label, last_line, values, links, report)
    starts = [b.line for b in blocks]
    placed = (replace(v, after=bisect_right(starts, v.line) - 1) for v in values)
    in_order = tuple(sorted(placed, key=lambda v: (v.after, v.rank)))
    return Post(
        path or Path(label),
        label,
        text,
        header,
        header_lines,
        tuple(blocks),
        in_order,
        tuple(links),
        tuple(comments),
        noeval,
    )


def info_string(token, lines: list[str]) -> str:
    """Give a fence's info string as written; the parser's own copy has lost its backslashes and entities."""
    written = lines[token.map[0]].lstrip(" ")
    return (written[len(token.markup) :] if written.startswith(token.markup) else token.info).strip()


def _fence(token, label: str, lines: list[str], index: int, data_languages) -> Block | Info:
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
        return info
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
    if find(info.language).shares_state and token.content.startswith("%%"):
        magic = token.content.split(None, 1)[0]
        raise PostError(
            label,
            line + 1,
            f"the cell magic {magic} in a {info.language} block",
            f"use a block of one of {', '.join(programs())}, or a line magic (%time)",
        )
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


def _refuse_hidden_fence(token, label: str, report: Report) -> None:
    for offset, text in enumerate(token.content.split("\n")):
        match = _INNER_FENCE.match(text)
        if match and looks_like_cell(match["info"]):
            what = "an indented block fence" if token.type == "code_block" else "a block fence inside HTML"
            report(
                PostError(
                    label,
                    token.map[0] + 1 + offset,
                    f"{what}: no Markdown parser would run it",
                    "move it to the left margin with a blank line before it",
                )
            )
