"""The content security policy of a page: what it must name by hash, and what it would block.

A strict page loads nothing from elsewhere. What an output or a sentence wants to load is allowed by the site's settings,
or refused at its line: a reader would see a hole, and the author would not.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import PostError
from .loads import Load, loads

if TYPE_CHECKING:
    from markdown_it.token import Token

STRICT = {
    "default-src": ("'none'",),
    "script-src": ("'self'", "'wasm-unsafe-eval'"),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "media-src": ("'self'",),
    "connect-src": ("'self'",),
    "worker-src": ("'self'",),
    "frame-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
}
ALLOWABLE = (*(name for name in STRICT if name != "default-src"), "object-src")


class Policy:
    """Judge what a page loads. kind: "strict" or "none" (judge nothing); allow: such as ``"img-src https:"``.

    Raise ValueError for an allowance that is not understood.
    """

    def __init__(self, kind: str = "none", allow: tuple[str, ...] = ()):
        if kind not in ("strict", "none"):
            raise ValueError(f'policy = {kind!r} is neither "strict" nor "none"')
        self.strict = kind == "strict"
        self.allowed: dict[str, tuple[str, ...]] = {}
        for one in allow:
            directive, *sources = one.split()
            if directive not in ALLOWABLE or not sources:
                raise ValueError(f"allow = {one!r} is not one of {', '.join(ALLOWABLE)} and what it may load")
            if any(re.search(r"[;,\"<>]", source) for source in sources):
                raise ValueError(f"allow = {one!r} holds what no source can")
            self.allowed[directive] = (*self.allowed.get(directive, ()), *sources)

    def sources(self, fragment: str) -> dict[str, str]:
        """Return what the page's policy must name beyond `STRICT`: directive -> sources."""
        found = inline_hashes(fragment)
        for directive, sources in self.allowed.items():
            known = STRICT.get(directive, ())
            more = [s for s in sources if s not in known]
            found[directive] = " ".join([*more, *filter(None, [found.get(directive)])])
        return {directive: text for directive, text in found.items() if text}

    def allows(self, load: Load) -> bool:
        """Tell whether a page with this policy loads it."""
        if not self.strict:
            return True
        if _is_script(load.address):
            return False  # beside the hashes that such a page names, no allowance counts
        # What STRICT does not name falls back on its default, 'none'.
        sources = (*STRICT.get(load.directive, ()), *self.allowed.get(load.directive, ()))
        return any(_matches(source, load.address) for source in sources)

    def refuse(self, label: str, line: int, fragment: str, what: str = "this block's output") -> None:
        """Raise PostError for the first thing a piece of HTML loads and the page would block.

        line: the post's line to blame. what: names the piece.
        """
        if self.strict:
            for load in loads(fragment):
                self.refuse_load(label, line, load, what)

    def refuse_load(self, label: str, line: int, load: Load, what: str) -> None:
        """Raise PostError when the page would block one thing."""
        if not self.allows(load):
            if _is_script(load.address):
                mend = 'write <button onclick="...">: the policy then names its script by a hash'
                raise PostError(
                    label, line, f"the page's policy blocks what {what} links to: {load.address[:60]}", mend
                )
            source = _source(load.address)
            copy = "" if load.address.startswith("'") else "put a copy into the site, or "
            shown = load.address if len(load.address) < 100 else load.address[:97] + "..."
            raise PostError(
                label,
                line,
                f"the page's policy blocks what {what} needs: {shown}",
                f'{copy}say allow = ["{load.directive} {source}"] in [tool.executable_posts]',
            )

    def refuse_prose(self, label: str, tokens: Iterable[Token], found: str = "this sentence") -> None:
        """Raise PostError for the first picture or raw HTML of parsed prose that the page would block.

        tokens: markdown-it's, of a whole post whose lines are the file's.
        """
        if not self.strict:
            return
        for token in tokens:
            line = token.map[0] + 1 if token.map else 0
            if token.type == "html_block":
                for load in loads(token.content):
                    self.refuse_load(label, line + load.line, load, "the HTML")
            for child in token.children or ():
                if child.type in ("softbreak", "hardbreak"):
                    line += 1
                elif child.type == "image":
                    self.refuse_load(label, line, Load("img-src", str(child.attrs["src"])), found)
                elif child.type == "html_inline":
                    self.refuse(label, line, child.content, found)


def _is_script(address: str) -> bool:
    return address.lower().startswith("javascript:")


def _source(address: str) -> str:
    if address.startswith("'"):
        return address
    parts = urlsplit(address if not address.startswith("//") else f"https:{address}")
    return (
        f"{parts.scheme}://{parts.netloc}"
        if parts.netloc
        else f"{parts.scheme}:"
        if parts.scheme
        else "'self'"
    )


def _matches(source: str, address: str) -> bool:
    """Match one source expression of a policy, as browsers do; the page itself may be on https."""
    if address.startswith("'"):
        return source == address
    parts = urlsplit(address if not address.startswith("//") else f"https:{address}")
    if source.startswith("'"):
        return source == "'self'" and not parts.scheme
    if source == "*":
        return parts.scheme in ("", "http", "https")
    if re.fullmatch(r"[a-z][a-z0-9+.-]*:", source, re.IGNORECASE):
        return parts.scheme == source[:-1].lower() or (source == "http:" and parts.scheme == "https")
    wanted = urlsplit(source if "://" in source else f"//{source}")
    if wanted.scheme and parts.scheme not in (wanted.scheme, "https"):
        return False
    host, port = parts.hostname or "", parts.port
    if wanted.hostname and wanted.hostname.startswith("*."):
        if not host.endswith(wanted.hostname[1:]):
            return False
    elif host != wanted.hostname:
        return False
    if not source.endswith(":*") and wanted.port != port:
        return False
    path = wanted.path
    return parts.path.startswith(path) if path.endswith("/") or not path else parts.path == path


def inline_hashes(fragment: str) -> dict[str, str]:
    """Return directive -> sources, such as ``{"style-src": "'sha256-...'"}``; {} when nothing is inline."""
    found = _Inline()
    found.feed(fragment)
    sources = {}
    for directive, whole, attributes in (
        ("style-src", found.styles, found.attributes),
        ("script-src", found.scripts, found.handlers),
    ):
        if whole or attributes:
            unsafe = ["'unsafe-hashes'"] if attributes else []
            sources[directive] = " ".join(unsafe + sorted(map(_hash, whole | attributes)))
    return sources


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class _Inline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.styles: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: set[str] = set()
        self.handlers: set[str] = set()
        self._into: set[str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if style := given.get("style"):
            self.attributes.add(style)
        self.handlers |= {value for name, value in attrs if name.startswith("on") and value}
        if text := given.get("srcdoc"):  # a frame made of text has its page's policy
            inside = _Inline()
            inside.feed(text)
            for name in ("styles", "attributes", "scripts", "handlers"):
                getattr(self, name).update(getattr(inside, name))
        if tag == "style" or (tag == "script" and "src" not in given):
            self._into, self._text = self.styles if tag == "style" else self.scripts, ""

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if self._into is not None:  # up to their end, style and script hold text alone
            self._into.add(self._text)
            self._into = None
