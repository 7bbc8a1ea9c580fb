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
_NOT_MARKUP = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1", re.DOTALL | re.IGNORECASE)
# Whole, and yet not for one place of a page alone.
_FOR_THE_PAGE = (
    (r"<base\b", "<base>, which changes the links of the whole page"),
    (r"<meta\b[^>]*http-equiv", "<meta http-equiv>, which speaks for the whole page"),
    (r"<frameset\b", "<frameset>, which no page has any more"),
    (r"<\?", "<?...?>, which no browser shows"),
)
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
    if left := _left(fragment):
        return _reason(fragment)[0] or left
    return next((words for pattern, words in _FOR_THE_PAGE if re.search(pattern, _plain(fragment), re.I)), "")


def leak_of_prose(page: str, pieces: str) -> tuple[str, int] | None:
    """Say what raw HTML in Markdown would do to the page around the post, and where; None when all stays inside.

    page: the post's HTML without its words. pieces: the raw HTML of its text; the place is an index of this, 0 when it
    cannot be told. A paragraph that a browser ends early harms nobody.
    """
    plain = _plain(pieces)
    for pattern, words in _FOR_THE_PAGE:
        if match := re.search(pattern, plain, re.IGNORECASE):
            return words, match.start()
    left = _left(page, harmless=("p",))
    words, at = _reason(pieces) if left else ("", 0)
    return (words or left, at) if left else None


def is_empty(fragment: str) -> bool:
    """Tell whether a piece of HTML has no word, nothing that draws, acts or loads, and no place that a script could fill."""
    words = re.sub(r"<!--.*?-->", "", fragment, flags=re.DOTALL)
    return not re.sub(
        r"</?(?:p|div|span|br|b|i|em|strong|pre|code|center|section)\s*/?>", "", words, flags=re.I
    ).strip()


def _left(fragment: str, harmless: tuple[str, ...] = ()) -> str:
    """Say that something leaves a piece of HTML, "" when nothing does. harmless: elements whose stray ends are."""
    for scripting in (True, False) if "<noscript" in fragment.lower() else (True,):
        parser = HTMLParser()
        root = parser.parse(_PROBE % fragment, scripting=scripting)
        if any(element.attrib for element in (root, root.find(f"{_NS}body"))):
            return "the attributes of its <html> or <body> would become the page's"
        stray = next(
            (
                data
                for _, code, data in parser.errors
                if _STRAY.match(code) and (data or {}).get("name") not in harmless
            ),
            None,
        )
        if stray is not None or _around(root) != _around(HTMLParser().parse(_PROBE % "")):
            return f"</{(stray or {}).get('name', 'div')}> closes what it should not"
    return ""


def _around(root: Element) -> bytes:
    """Write the page around the probe."""
    probe = root.find(f"{_NS}body/{_NS}div")
    if probe is not None:
        probe.text, probe[:] = None, []
    return tostring(root)


def _plain(fragment: str) -> str:
    """Blank comments and scripts, in which nothing is an element."""
    return _NOT_MARKUP.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), fragment)


def _reason(fragment: str) -> tuple[str, int]:
    """Say what is wrong with a piece of HTML, and where; ("", 0) when it cannot be told."""
    for pattern, words in _UNFINISHED:
        if match := re.search(pattern, fragment, re.DOTALL | re.IGNORECASE):
            return words, match.start()
    for name in _TEXT:
        opens = list(re.finditer(rf"<{name}\b", fragment, re.I))
        if len(opens) > len(re.findall(rf"</{name}\b", fragment, re.I)):
            return f"<{name}> has no partner", opens[-1].start()
    opened: list[tuple[str, int]] = []
    for match in re.finditer(r"<(/?)([A-Za-z][\w-]*)", fragment):
        name = match[2].lower()
        rank = next((n for n in range(len(opened) - 1, -1, -1) if opened[n][0] == name), -1)
        if not match[1]:
            opened.append((name, match.start()))
        elif rank >= 0:
            del opened[rank]
        else:
            return f"</{name}> has no partner", match.start()
    left = [(name, at) for name, at in opened if name not in _VOID | _LOOSE]
    if left:
        return f"<{left[0][0]}> has no partner", left[0][1]
    match_end = re.search(r"<[A-Za-z/!?][^>]*\Z", fragment)
    return ("a tag that is never finished", match_end.start()) if match_end else ("", 0)


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
