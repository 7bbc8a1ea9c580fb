"""What a strict content security policy must name by its hash: inline styles and scripts of a post's own outputs.

Posts on this engine need none of them; a table drawn by some library may bring its own, and is shown as it was meant.
"""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser


def inline_hashes(fragment: str) -> dict[str, str]:
    """Return directive -> sources, such as ``{"style-src": "'sha256-...'"}``; {} when nothing is inline."""
    found = _Inline()
    found.feed(fragment)
    found.close()
    sources = {}
    if found.styles or found.attributes:
        unsafe = ["'unsafe-hashes'"] if found.attributes else []
        sources["style-src"] = " ".join(unsafe + sorted(map(_hash, found.styles | found.attributes)))
    if found.scripts:
        sources["script-src"] = " ".join(sorted(map(_hash, found.scripts)))
    return sources


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class _Inline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.styles: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: set[str] = set()
        self._into: set[str] | None = None
        self._text = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("style"):
            self.attributes.add(given["style"])
        if tag == "style" or (tag == "script" and "src" not in given):
            self._into, self._text = self.styles if tag == "style" else self.scripts, ""

    def handle_data(self, data):
        if self._into is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag in ("style", "script") and self._into is not None:
            self._into.add(self._text)
            self._into = None
