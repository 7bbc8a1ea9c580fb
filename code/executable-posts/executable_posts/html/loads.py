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
    ("base", "href"): "base-uri", ("use", "href"): "img-src", ("use", "xlink:href"): "img-src",
    ("feimage", "xlink:href"): "img-src", ("script", "href"): "script-src", ("script", "xlink:href"): "script-src",
    ("button", "formaction"): "form-action", ("input", "formaction"): "form-action",
    **{(tag, "background"): "img-src" for tag in ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th")},
}  # fmt: skip
_MOVES = ("set", "animate")  # may write an address into a link
_ICONS = ("icon", "apple-touch-icon")
_CSS = re.compile(
    r"@import\s+(?:url\()?[\"']?(?P<sheet>[^\"')\s;]+)|(?:url|image-set)\(\s*[\"']?(?P<thing>(?!url)[^\"')]+)",
    re.IGNORECASE,
)
# What a script fetches is the script's secret; the addresses of other scripts, as loaders hold them, are not.
_IN_SCRIPT = re.compile(r"[\"'`](https?://[^\s\"'`<>\\]+)[\"'`]")
_CODE = re.compile(r"\.m?js($|\?)|[?&]noext|^https?://(cdn|unpkg|esm|cdnjs)\b", re.IGNORECASE)
# Vega compiles what it draws; a timer that is given text does so as well.
_EVALUATES = re.compile(r"\beval\(|\bnew Function\(|\bvegaEmbed\b|\bset(?:Timeout|Interval)\(\s*[\"'`]")
_FETCHES = re.compile(
    r"\b(?:fetch|new (?:WebSocket|EventSource))\(\s*[\"'`]((?:https?|wss?)://[^\s\"'`]+)[\"'`]"
)
_PRELOADED = {
    "script": "script-src",
    "style": "style-src",
    "image": "img-src",
    "font": "font-src",
    "fetch": "connect-src",
}


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


def links(fragment: str) -> list[Load]:
    """List where a piece of HTML leads its reader; no directive has a say in that."""
    found = _Loads()
    found.feed(fragment)
    found.close()
    return found.links


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[Load] = []
        self.links: list[Load] = []
        self._media, self._inside, self._text = "", "", ""

    def _add(self, directive: str, address: str) -> None:
        if address.strip() and not address.lstrip().startswith(("#", "{", "|")):
            self.loads.append(Load(directive, address.strip(), self.getpos()[0] - 1))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            directive = _LOADS.get((tag, name))
            if tag in ("a", "area") and name in ("href", "xlink:href"):
                self.links.append(Load("", value.strip(), self.getpos()[0] - 1))
            if "javascript:" in value.lower() and (name.endswith(("href", "src", "action")) or tag in _MOVES):
                self._add("script-src", value)
                continue
            if name == "srcset":
                for one in re.findall(r"(\S+)(?:\s+[\d.]+[wx])?\s*(?:,\s+|,?$)", value):
                    self._add("img-src", one)
            elif directive:
                self._add(directive, value)
            elif name == "style" or ("url(" in value and name != "srcdoc"):  # SVG says fill="url(...)"
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
            elif "modulepreload" in kinds or "preload" in kinds:
                kind = "script" if "modulepreload" in kinds else given.get("as", "").lower()
                self._add(_PRELOADED.get(kind, "connect-src"), given["href"])
            elif "manifest" in kinds:
                self._add("manifest-src", given["href"])
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
            for address in _FETCHES.findall(self._text):
                self._add("connect-src", address)
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
