"""Does a piece of HTML stay where it is put? Asked of an HTML5 parser, which does what browsers do.

A comment, a quote or a script that is never closed, an end tag without a beginning, a template: what a browser makes of
them depends on what follows on the page, so each output is parsed with something behind it, which must still be there.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

from tinyhtml5.parser import HTMLParser

_PROBE = "<!DOCTYPE html><body><div id=probe>%s</div><p id=executable-posts-behind></p>"
_NS = "{http://www.w3.org/1999/xhtml}"
# Parse errors after which the tree is not what the author wrote; the rest of the parser's complaints harm nobody.
_STRAY = re.compile(
    r"unexpected-(cell-)?end-tag|end-tag-too-early|expected-one-end-tag|adoption-agency|expected-dashes"
)
_DATA = re.compile(r"data:[\w/+.;=-]+,[A-Za-z0-9+/=]{99,}")  # megabytes that hold no markup
_UNFINISHED = (
    (r"<!--(?!>|->)(?:(?!-->|--!>).)*\Z", "a comment that is never closed"),
    (r"<!\[CDATA\[", "a CDATA section, which HTML does not have"),
    (r"<[A-Za-z][^<>]*?=\s*\"[^\"]*\Z|<[A-Za-z][^<>]*?=\s*'[^']*\Z", "a quote that is never closed"),
    (r"<plaintext\b", "<plaintext>, which turns the rest of the page into text"),
)
_TEXT = (
    "script",
    "style",
    "textarea",
    "title",
    "template",
    "iframe",
    "noscript",
    "noembed",
    "noframes",
    "xmp",
    "select",
)


def leak(fragment: str) -> str:
    """Say what a browser's parser would let out of a piece of HTML, or let into it; "" when all stays inside."""
    if "<" not in fragment:
        return ""
    fragment = _DATA.sub("data:,", fragment)
    for scripting in (True, False) if "<noscript" in fragment.lower() else (True,):
        parser = HTMLParser()
        root = parser.parse(_PROBE % fragment, scripting=scripting)
        if any(element.attrib for element in (root, root.find(f"{_NS}body"))):
            return "the attributes of its <html> or <body> would become the page's"
        stray = next((data for _, code, data in parser.errors if _STRAY.match(code)), None)
        if stray is not None or _around(root) != _around(HTMLParser().parse(_PROBE % "")):
            return _reason(fragment) or f"</{(stray or {}).get('name', 'div')}> closes what it should not"
    return ""


def _around(root: Element) -> bytes:
    """Write the page around the probe."""
    probe = root.find(f"{_NS}body/{_NS}div")
    if probe is not None:
        probe.text, probe[:] = None, []
    return tostring(root)


def _reason(fragment: str) -> str:
    for pattern, words in _UNFINISHED:
        if re.search(pattern, fragment, re.DOTALL | re.IGNORECASE):
            return words
    for name in _TEXT:
        if len(re.findall(rf"<{name}\b", fragment, re.I)) > len(re.findall(rf"</{name}\b", fragment, re.I)):
            return f"<{name}> has no partner"
    opened: list[str] = []
    for closing, name in re.findall(r"<(/?)([A-Za-z][\w-]*)", fragment):
        name = name.lower()
        if not closing:
            opened.append(name)
        elif name in opened:
            del opened[len(opened) - 1 - opened[::-1].index(name)]
        else:
            return f"</{name}> has no partner"
    left = [name for name in opened if name not in _VOID | _LOOSE]
    if left:
        return f"<{left[0]}> has no partner"
    return "a tag that is never finished" if re.search(r"<[A-Za-z/!?][^>]*\Z", fragment) else ""


_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
# May be closed by what follows.
_LOOSE = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "tbody",
        "thead",
        "tfoot",
        "colgroup",
        "html",
        "head",
        "body",
    ]
)
