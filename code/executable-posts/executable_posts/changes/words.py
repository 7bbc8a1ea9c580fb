"""The words of a piece of HTML, as a comparison reads them: one line a block or a row, without styles and scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = {"style", "script", "svg", "template", "head"}
# What stands in a line of its own, or in a row.
_BREAKS = re.compile(
    r"address|article|blockquote|br|caption|d[dlt]|details|div|fieldset|fig(caption|ure)|footer|form|h[1-6r]|header|li|main|"
    r"[ou]l|p|pre|section|summary|table|tr"
)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent.append(tag)
        self._apart(tag)
        if tag == "img" and not self.silent:
            self.parts.append(f" {dict(attrs).get('alt') or ''} ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            del self.silent[self.silent.index(tag) :]
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)

    def _apart(self, tag: str) -> None:
        if not self.silent:
            self.parts.append("\n" if _BREAKS.fullmatch(tag) else " " if tag in ("td", "th") else "")


def words(html: str) -> str:
    """Give the words of HTML that is finished (`contained`); blanks are joined, and empty lines left out."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
