"""The block model: what a post's Markdown holds, with line numbers.

One parser (markdown-it-py, with the rules of `dialect`) decides what is a fence. It runs once a post: its tokens are kept,
each that stands for a block, a value or a shown fence says which in its ``meta``, and the page is rendered from them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import DATA_LANGUAGES, EXTENSIONS
from ..errors import PostError, Report, stop
from . import scrubs, tables
from .blocks import Block, read_fence, refuse_hidden_fence
from .dialect import markdown
from .header import read_header
from .header_values import header_templates
from .headings import Heading, anchor_headings
from .prose import Formula, Link, Prose, Value, report_fault
from .raw_html import MEND
from .references import lost
from .tables import lost_cells
from .tokens import lines_of

if TYPE_CHECKING:
    from markdown_it.token import Token

# Python and jupytext split lines at these, Markdown and the author's editor do not.
_ODD_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Neither HTML nor a feed has these; a notebook may bring half a character.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Post:
    """Hold a parsed post. label: its path as an author knows it; text: with ``\\n`` line ends; values: in the order in
    which they are evaluated; templates: header fields that hold values; comments: line ranges (1-based, end excluded) of
    HTML comments; noeval: number of blocks that are shown with a reason; ids: those of its raw HTML; tokens: the parser's, read only, with ``env`` what it knows besides."""

    path: Path
    label: str
    text: str
    header: dict[str, Any]
    header_lines: int
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]
    extensions: tuple[str, ...] = EXTENSIONS
    templates: dict[str, tuple[str | int, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    formulas: tuple[Formula, ...] = ()
    headings: tuple[Heading, ...] = ()
    comments: tuple[tuple[int, int], ...] = ()
    noeval: int = 0
    ids: frozenset[str] = frozenset()
    tokens: tuple[Token, ...] = field(default=(), repr=False, compare=False)
    env: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def runs_nothing(self) -> bool:
        """Tell whether the post means to run no block: it says so, or marks all of its code with a reason."""
        return self.header.get("blocks") == "none" or bool(self.noeval and not self.blocks)

    def values_after(self, index: int) -> list[Value]:
        """List the values that are evaluated after a block. index: of the block, -1 for before all of them."""
        return [v for v in self.values if v.after == index]

    def texts(self, answers: list[str]) -> dict[int, str]:
        """Give what every value says by its rank; answers: one text a value, in the order of ``values``."""
        return {v.rank: text for v, text in zip(self.values, answers, strict=True)}


def read(
    path: Path,
    label: str = "",
    data_languages: tuple[str, ...] = DATA_LANGUAGES,
    required: tuple[str, ...] = ("title", "date"),
    report: Report = stop,
    extensions: tuple[str, ...] = EXTENSIONS,
    kept: scrubs.Kept = scrubs.anew,
) -> Post:
    """Read and check a post file; raise PostError at the line of the first fault, or tell ``report`` of each.

    kept: gives parts that were made before.
    """
    label = label or Path(path).as_posix()
    text = read_text(path, label)
    return parse(text, label, Path(path), data_languages, required, report, extensions, kept)


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
    data_languages: tuple[str, ...] = DATA_LANGUAGES,
    required: tuple[str, ...] = (),
    report: Report = stop,
    extensions: tuple[str, ...] = EXTENSIONS,
    kept: scrubs.Kept = scrubs.anew,
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
        if bare := _UNPRINTABLE.search(line):
            found = f"a character that no page can carry (U+{ord(bare[0]):04X})"
            report(PostError(label, number, found, "remove it"))
    text = _UNPRINTABLE.sub(" ", _ODD_BREAKS.sub(" ", text))
    header, header_lines = read_header(text, label, required, report)
    # The header becomes blank lines, so that the parser's line numbers are the file's.
    lines = text.split("\n")
    md = markdown(extensions)
    env: dict[str, Any] = {}
    try:
        tokens = md.parse("\n".join([""] * header_lines + lines[header_lines:]), env)
    except RecursionError:
        raise PostError(label, header_lines + 1, "text nested too deeply", "take out some levels") from None
    prose = Prose(label=label, extensions=tuple(extensions), report=report)
    blocks, comments, noeval = _walk(tokens, prose, label, lines, data_languages)
    _refuse_unused_footnotes(env, label, lines, report)
    for number, cells in lost_cells(tokens, lines):
        report(PostError(label, number, cells, tables.MEND))
    for number, unseen, mend in lost(tokens, env, lines):
        report(PostError(label, number, unseen, mend))
    templates = header_templates(header, lines[:header_lines], prose, len(blocks) - 1)
    headings = anchor_headings(tokens, [b.name for b in blocks if b.name], label, report)
    starts = [b.line for b in blocks]
    placed = [
        replace(v, after=prose.fixed.get(v.rank, bisect_right(starts, v.line) - 1)) for v in prose.values
    ]
    placed += scrubs.tables(label, blocks, placed, report, kept)
    return Post(
        path=path or Path(label),
        label=label,
        text=text,
        header=header,
        header_lines=header_lines,
        blocks=tuple(blocks),
        values=tuple(sorted(placed, key=lambda v: (v.after, v.rank))),
        extensions=tuple(extensions),
        templates=templates,
        links=tuple(prose.links),
        formulas=tuple(prose.formulas),
        headings=headings,
        comments=tuple(comments),
        noeval=noeval,
        ids=frozenset(prose.html.ids),
        tokens=tuple(tokens),
        env=env,
    )


def _walk(
    tokens: Sequence[Token], prose: Prose, label: str, lines: list[str], data_languages: tuple[str, ...]
) -> tuple[list[Block], list[tuple[int, int]], int]:
    """Read a document's tokens in order; return its blocks, the line ranges of its HTML comments, and the number of
    blocks that are shown with a reason."""
    blocks: list[Block] = []
    names: dict[str, int] = {}
    comments: list[tuple[int, int]] = []
    last_line, noeval = 1, 0
    for index, token in enumerate(tokens):
        if token.map:
            last_line = token.map[0] + 1
        report_fault(token, label, last_line, prose.report)
        try:
            if token.type == "fence":
                _read_fence(token, label, lines, blocks, names, prose, data_languages)
                noeval += token.meta["info"].kind == "noeval"
            elif token.type == "code_block":
                refuse_hidden_fence(token, label)
                found = "an indented code block: shown, and never run"
                raise PostError(label, last_line, found, f"{MEND}; text is not indented by four spaces")
            elif token.type == "html_block":
                if token.content.lstrip().startswith("<!--"):
                    start, end = lines_of(token)
                    comments.append((start + 1, end + 1))  # commented out: does not count
                else:
                    refuse_hidden_fence(token, label)
                prose.html.piece(token.content, last_line)
                if token.attrs:
                    raise PostError(label, last_line, "attributes in braces on HTML", "write them in its tag")
            elif token.type in ("math_block", "amsmath"):
                prose.formulas.append(Formula(latex=token.content, line=last_line, display=True))
            elif token.type == "inline":
                in_list = index > 1 and tokens[index - 2].type == "list_item_open"
                prose.inline(token, last_line, in_list)
        except PostError as error:
            prose.report(error)
        _report_html(prose)
    prose.html.finish()
    _report_html(prose)
    prose.links.extend(Link(target=k.target, line=k.line, kind=k.kind) for k in prose.html.links)
    return blocks, comments, noeval


def _report_html(prose: Prose) -> None:
    while prose.html.faults:
        fault = prose.html.faults.pop(0)
        prose.fault(fault.line, fault.found, fault.mend)


def _read_fence(
    token: Token,
    label: str,
    lines: list[str],
    blocks: list[Block],
    names: dict[str, int],
    prose: Prose,
    data_languages: tuple[str, ...],
) -> None:
    if token.attrs:
        raise PostError(
            label,
            lines_of(token)[0] + 1,
            "attributes in braces on a block",
            'write them after its language: ```python name="..." tags=["..."]',
        )
    block, info = read_fence(token, label, lines, len(blocks), data_languages)
    token.meta["info"] = info
    if block is None:
        return
    if block.name and block.name in names:
        raise PostError(
            label,
            block.fence_line,
            f"block name {block.name!r} is already used at line {names[block.name]}",
            "give one of the two another name",
        )
    names[block.name] = block.fence_line
    token.meta["block"] = block.index
    if info.caption:
        # A caption's values belong to the figure that the block itself draws.
        (caption,) = markdown(prose.extensions).parseInline(info.caption)
        prose.inline(caption, block.fence_line, after=block.index)
        token.meta["caption"] = caption
    blocks.append(block)


def _refuse_unused_footnotes(env: dict[str, Any], label: str, lines: list[str], report: Report) -> None:
    for name, used in env.get("footnotes", {}).get("refs", {}).items():
        written = name.removeprefix(":")
        if used < 0:
            line = next((n for n, text in enumerate(lines, 1) if f"[^{written}]:" in text), 0)
            report(
                PostError(
                    label,
                    line,
                    f"a footnote that no text refers to: [^{written}]",
                    f"write [^{written}] where it belongs",
                )
            )
