"""What a piece of HTML makes a browser load, as far as it can be read from it: pictures, scripts, styles, frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

# Which attribute of which element loads something, and what has a say in it.
_LOADS = {
    ("img", "src"): "img-src", ("img", "srcset"): "img-src", ("input", "src"): "img-src", ("image", "href"): "img-src",
    ("image", "xlink:href"): "img-src", ("feimage", "href"): "img-src", ("video", "poster"): "img-src",
    ("audio", "src"): "media-src", ("video", "src"): "media-src", ("track", "src"): "media-src",
    ("script", "src"): "script-src", ("iframe", "src"): "frame-src", ("frame", "src"): "frame-src",
    ("embed", "src"): "object-src", ("object", "data"): "object-src", ("form", "action"): "form-action",
    ("base", "href"): "base-uri", ("use", "href"): "img-src", ("body", "background"): "img-src",
}  # fmt: skip
_ICONS = ("icon", "apple-touch-icon")
_CSS = re.compile(
    r"@import\s+(?:url\()?[\"']?(?P<sheet>[^\"')\s;]+)|url\(\s*[\"']?(?P<thing>[^\"')]+)", re.IGNORECASE
)
# What a script fetches is the script's secret; the addresses of other scripts, as loaders hold them, are not.
_IN_SCRIPT = re.compile(r"[\"'`](https?://[^\s\"'`<>\\]+)[\"'`]")
_CODE = re.compile(r"\.m?js($|\?)|[?&]noext|^https?://(cdn|unpkg|esm|cdnjs)\b", re.IGNORECASE)
_EVALUATES = re.compile(r"\beval\(|\bnew Function\(|\bvegaEmbed\b")  # Vega compiles what it draws


@dataclass(frozen=True)
class Load:
    """Hold one thing that HTML needs. directive: what has a say in it; address: as written, or a keyword of policies in
    its quotes; line: from 0."""

    directive: str
    address: str
    line: int = 0


def loads(fragment: str) -> Iterator[Load]:
    """List what a piece of HTML makes a browser load, as far as it can be read from it."""
    found = _Loads()
    found.feed(fragment)
    found.close()
    yield from found.loads


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[Load] = []
        self._media, self._inside, self._text = "", "", ""

    def _add(self, directive: str, address: str) -> None:
        if address.strip() and not address.lstrip().startswith(("#", "{", "|")):
            self.loads.append(Load(directive, address.strip(), self.getpos()[0] - 1))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            directive = _LOADS.get((tag, name))
            if name == "srcset":
                for one in re.findall(r"(\S+)(?:\s+[\d.]+[wx])?\s*(?:,\s+|,?$)", value):
                    self._add("img-src", one)
            elif directive:
                self._add(directive, value)
            elif name == "style":
                self._styles(value)
            elif name == "srcdoc":
                self.loads += [
                    Load(load.directive, load.address, self.getpos()[0] - 1) for load in loads(value)
                ]
        if tag == "source" and "src" in given:
            self._add("img-src" if self._media == "picture" else "media-src", given["src"])
        if tag == "link" and "href" in given:
            kinds = given.get("rel", "").lower().split()
            if "stylesheet" in kinds:
                self._add("style-src", given["href"])
            elif any(kind in kinds for kind in _ICONS):
                self._add("img-src", given["href"])
        if tag in ("picture", "audio", "video"):
            self._media = tag
        if tag in ("style", "script"):
            self._inside, self._text = tag, ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self._media:
            self._media = ""
        if tag == self._inside == "style":
            self._styles(self._text)
        elif tag == self._inside == "script":
            if _EVALUATES.search(self._text):
                self._add("script-src", "'unsafe-eval'")
            for address in _IN_SCRIPT.findall(self._text):
                if _CODE.search(address):
                    self._add("script-src", address)
                elif re.search(r"\.css($|\?)", address):
                    self._add("style-src", address)
        if tag == self._inside:
            self._inside = ""

    def _styles(self, css: str) -> None:
        for match in _CSS.finditer(css):
            if match["sheet"]:
                self._add("style-src", match["sheet"])
            else:
                is_font = re.search(
                    r"\.(woff2?|ttf|otf|eot)($|[?#])|^data:(font|application/(x-)?font)", match["thing"]
                )
                self._add("font-src" if is_font else "img-src", match["thing"])
