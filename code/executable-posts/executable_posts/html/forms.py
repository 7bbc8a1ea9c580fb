"""What a page shows of an output: the best of its forms, in Jupyter's order, or an error at the block's line.

Nothing is left out in silence: an output of which a page can show nothing but a name in angle brackets is refused, and
so is one that would break the page, or that the page's policy would block.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ..authors import explorable
from ..authors.highlight import highlight
from ..authors.source import MIME as SOURCE
from ..authors.source import source_html
from ..charts.svg import chart_file, drawn_by_matplotlib, inline_svg
from ..errors import PostError
from ..reading.blocks import Block
from ..reading.links import SIGNATURES
from ..reading.post import Post
from ..running.in_kernel.chartdata import MIME as CHART
from ..running.outputs import visible
from .contained import is_empty, leak
from .images import pixel_size, shown_size
from .loads import links, loads
from .maths import formulas
from .mimes import FILE, MENDS, NOTHING, PICTURES, PRIORITY, SAVE
from .outputs_markdown import output_markdown
from .plain import terminal_html
from .policy import Policy


@dataclass(frozen=True, kw_only=True)
class _Output:
    """Hold one output and what is known of it. kind: the form that is shown."""

    block: Block
    data: dict[str, Any]
    kind: str
    metadata: dict[str, Any]
    alt: str
    rank: int

    def size(self, natural: tuple[int, int] | None) -> tuple[int, int] | None:
        """Return the size this form is shown at; natural: its own."""
        told = self.metadata.get(self.kind)
        return shown_size({**self.metadata, **(told if isinstance(told, dict) else {})}, natural)


@dataclass(kw_only=True)
class Forms:
    """Write the outputs of one post's blocks as HTML. policy: what its page may load; prefix: begins the addresses of its
    files; files: name -> text of what is written beside the page, filled as outputs are shown."""

    post: Post
    policy: Policy
    prefix: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def html(self, block: Block, output: dict[str, Any], alt: str, rank: int) -> str:
        """Write one output. alt: the text alternative of a picture; rank: the output's, from 1. Raise PostError."""
        if output["output_type"] == "stream":
            kind = "output-stderr" if output["name"] == "stderr" else "output-text"
            return _text(terminal_html(output["text"]), kind)
        if output["output_type"] == "error":
            return _text(terminal_html("\n".join(output["traceback"])), "output-error")
        data = {
            kind: _whole(kind, value) for kind, value in output["data"].items() if value not in ("", None)
        }
        kind = next((kind for kind in PRIORITY if kind in data), "")
        if not kind:
            return self._words(block, data)
        metadata = output.get("metadata", {})
        one = _Output(block=block, data=data, kind=kind, metadata=metadata, alt=alt, rank=rank)
        shown = self._shown(kind)(one)
        self.policy.refuse(self.post.label, block.line, shown)
        return visible(shown)

    def _shown(self, kind: str) -> Callable[[_Output], str]:
        writers: dict[str, Callable[[_Output], str]] = {
            explorable.MIME: self._explorable,
            SOURCE: self._source,
            "text/html": self._html,
            "text/markdown": self._markdown,
            "text/latex": self._maths,
            "image/svg+xml": self._svg,
            "application/json": self._json,
        }
        return writers.get(kind) or (self._picture if kind in PICTURES else self._player)

    def _refuse(self, block: Block, found: str, mend: str) -> NoReturn:
        raise PostError(self.post.label, block.line, found, mend)

    def _contained(self, block: Block, text: str) -> str:
        """Return HTML that somebody else wrote, if it stays where it is put."""
        if out := leak(text):
            mend = "open and close every element, comment and quote in one output"
            self._refuse(block, f"the HTML this block shows would break the page: {out}", mend)
        if is_empty(text):
            self._refuse(block, "an output in which there is nothing to see", NOTHING)
        return self._reachable(block, text)

    def _reachable(self, block: Block, text: str) -> str:
        """Return HTML whose files and links do not depend on where the page is."""
        for found, does in (
            *((one, "loads") for one in loads(text)),
            *((one, "links to") for one in links(text)),
        ):
            if re.match(r"file:|[a-z]:[\\/]", found.address, re.IGNORECASE):
                words = f"this block's output {does} {found.address}, a file of this machine"
                self._refuse(block, words, FILE)
            if found.address and not re.match(r"[a-z][a-z0-9+.-]*:|[/'#{|]", found.address, re.IGNORECASE):
                words = f"this block's output {does} {found.address}, which is not beside the page"
                mend = f"write {{static}}/{found.address.lstrip('./')}, from the site's root"
                self._refuse(block, words, mend)
        return text

    def _words(self, block: Block, data: dict[str, Any]) -> str:
        others = sorted(kind for kind in data if kind not in ("text/plain", CHART))
        if others or not data:
            words = f"an output that no page can show: {', '.join(others) or 'it is empty'}"
            self._refuse(
                block, words, next((MENDS[k] for k in sorted(others, key=_generic) if k in MENDS), SAVE)
            )
        words = str(data.get("text/plain", ""))
        if named := re.fullmatch(r"<IPython\.(?:core|lib)\.[\w.]+ object>", words):
            self._refuse(block, f"an output in which there is nothing to see: {named[0]}", NOTHING)
        if re.fullmatch(r"<Figure size [\d.]+x[\d.]+ with \d+ Axes>", words):
            mend = "write %matplotlib inline before it, in a block of its own or in the first one"
            self._refuse(block, f"a figure of which only its name would be shown: {words}", mend)
        return _text(terminal_html(words), "output-text")

    def _html(self, one: _Output) -> str:
        text = self._contained(one.block, one.data[one.kind])
        if "<table" in text:  # which may be wider than the page
            text = f'<div class="table-wrap" tabindex="0">{text}</div>'
        return _box("html", text)

    def _markdown(self, one: _Output) -> str:
        return _box(
            "markdown",
            self._contained(
                one.block,
                output_markdown(one.data[one.kind], self.post.label, one.block.line, self.post.extensions),
            ),
        )

    def _maths(self, one: _Output) -> str:
        try:
            return _box("maths", formulas(one.data[one.kind]), scrolls=True)
        except ValueError as error:
            picture = next((kind for kind in ("image/svg+xml", *PICTURES) if kind in one.data), "")
            if picture:
                return self._shown(picture)(replace(one, kind=picture))
            self._refuse(
                one.block,
                f"a formula that no page can show: {error}",
                "write it between dollars, in simpler LaTeX, or show a picture",
            )

    def _json(self, one: _Output) -> str:
        text = json.dumps(one.data[one.kind], indent=2, ensure_ascii=False)
        return _box("json", highlight(text, "json", "data-json"))

    def _source(self, one: _Output) -> str:
        return _box("source", source_html(**one.data[one.kind]))

    def _svg(self, one: _Output) -> str:
        svg, description = one.data[one.kind], one.data.get(CHART, {}).get("description", "")
        prefix = f"{one.block.name or f'L{one.block.fence_line}'}-{one.rank}"
        try:
            if drawn_by_matplotlib(svg):
                return _box(
                    "svg",
                    self._chart(one.block, svg, prefix, str(one.rank), one.alt, description),
                    scrolls=True,
                )
            own = pixel_size(svg.encode())
            size = one.size(own)
            shown = inline_svg(svg, prefix, one.alt, description, size if size != own else None)
            self._reachable(one.block, shown)
            return _box("svg", shown, scrolls=True)
        except ValueError as error:
            self._refuse(
                one.block, f"the SVG this block shows cannot be read: {error}", "show well-formed SVG"
            )

    def _picture(self, one: _Output) -> str:
        text = re.sub(r"\s+", "", one.data[one.kind])
        try:
            picture = base64.b64decode(text, validate=True)
        except ValueError:
            self._refuse(
                one.block, f"an {one.kind} that is not encoded in base64", "show it by IPython.display.Image"
            )
        if not SIGNATURES.match(picture):  # a browser goes by these, not by what a picture is called
            self._refuse(one.block, f"an {one.kind} that no browser can read", "show a whole picture")
        size = one.size(pixel_size(picture))
        sides = f' width="{size[0]}" height="{size[1]}"' if size else ""
        return _box("image", f'<img src="data:{one.kind};base64,{text}" alt="{html.escape(one.alt)}"{sides}>')

    def _player(self, one: _Output) -> str:
        element, text = one.kind.partition("/")[0], re.sub(r"\s+", "", one.data[one.kind])
        label = f' aria-label="{html.escape(one.alt)}"' if one.alt else ""
        return _box("media", f'<{element} controls{label} src="data:{one.kind};base64,{text}"></{element}>')

    def _explorable(self, one: _Output) -> str:
        stills = 0

        def to_file(match: re.Match[str]) -> str:
            nonlocal stills
            stills += 1
            # Painted like a chart: by hue, since a file knows no theme.
            svg = re.sub(r"var\(--[\w-]+,\s*(#\w{6})\)", r"\1", match[0])
            title = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
            label = title or re.match(r"<svg\b[^>]*?\saria-label=[\"'](.*?)[\"']", svg)
            suffix = "still" if stills == 1 else f"still-{stills}"
            words = html.unescape(label[1]) if label else one.block.name
            return self._chart(one.block, svg, f"{one.block.name}-{suffix}", suffix, words)

        given = one.data[one.kind]
        self._contained(one.block, given["fallback"])
        try:
            fallback = re.sub(r"<svg\b.*?</svg>", to_file, given["fallback"], flags=re.DOTALL)
        except ValueError as error:
            self._refuse(
                one.block, f"the SVG this block shows cannot be read: {error}", "show well-formed SVG"
            )
        return _box(
            "explorable",
            explorable.element({**given, "fallback": fallback}, f"{self.prefix}{one.block.name}"),
        )

    def _chart(self, block: Block, svg: str, ids: str, suffix: str, title: str, description: str = "") -> str:
        """Write a chart as a file, which loads when the reader comes near; return its element."""
        name = f"{file_stem(block)}-{suffix}.svg"
        self.files[name], width, height = chart_file(svg, ids, title, description)
        alt = html.escape(description or title)  # what the curves do: the caption is read beside it anyway
        source, size = html.escape(self.prefix + name), f'width="{width}" height="{height}"'
        return f'<img class="chart" src="{source}" alt="{alt}" {size} loading="lazy">'


def file_stem(block: Block) -> str:
    """Begin the names of a block's files: its own name, or its line; no name has an underscore, so they never meet."""
    return block.name or f"line_{block.fence_line}"


def program_file(block: Block) -> str:
    """Name the file of a block's program, among those of its page."""
    return f"{file_stem(block)}.wasm"


def _generic(kind: str) -> bool:
    return "/vnd." not in kind  # what a library calls its own says more


def _whole(kind: str, value: Any) -> Any:
    """Return a form's text in one piece, as a notebook's file may hold it in lines; JSON as it is."""
    if kind.endswith("json"):
        return value
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _box(kind: str, content: str, scrolls: bool = False) -> str:
    reachable = ' tabindex="0"' if scrolls else ""
    return f'<div class="cell-output output-{kind}"{reachable}>{content}</div>'


def _text(content: str, kind: str) -> str:
    return f'<div class="cell-output {kind}"><pre tabindex="0">{content}</pre></div>'
