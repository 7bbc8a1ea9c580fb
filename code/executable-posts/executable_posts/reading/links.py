"""Links and pictures of a site: what they mean, and whether what they name is there.

``{static}/x`` and ``{filename}/x`` start where the generator's content starts (`Config.content_root`, Pelican's
``PATH``), without the slash at the post's folder. Links with a scheme are not fetched: a build must not depend on other
people's servers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from ..config import Config
from ..errors import PostError, Report, stop
from ..opting import SUFFIXES
from .post import Post, read
from .prose import Link

FILES = ("static", "filename", "attach")
PAGES = ("tag", "category", "author", "index")  # the generator makes them
_MARKED = re.compile(r"(?:\{(?P<kind>[^{}|]*)\}|\|(?P<old>[a-z]+)\|)(?P<rest>.*)", re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|//|#", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
AnchorsOf = Callable[[Path, Config], frozenset[str] | None]
_MEND = "correct the path, or add the file"
# What pictures of pixels begin with: a browser goes by that, not by what they are called.
SIGNATURES = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8|RIFF....WEBP|....ftyp(?:avi[fs]|mif1)|BM", re.DOTALL
)
RASTERS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp")
_SKIPPED = re.compile(rb"^status[ \t]*:[ \t]*[\"']?skip\b", re.MULTILINE | re.IGNORECASE)


def file_of(target: str, folder: Path, start: Path) -> Path | None:
    """Give the file that a link to the site's files names, there or not; None for any other link.

    folder: the post's; start: where links that begin with a slash start.
    """
    return _named(target, folder, start)[1]


def as_named(target: str, folder: Path, start: Path) -> str:
    """Give a link to a file of the site with the file's own name: generators look for it before they decode."""
    rest, path = _named(target, folder, start)
    written = _path_of(rest)
    name = unquote(written)
    if path is None or re.search(r"[?#]", name) or path.name != Path(name).name:
        return target
    return target.removesuffix(rest) + name + rest.removeprefix(written)


def _named(target: str, folder: Path, start: Path) -> tuple[str, Path | None]:
    """Give what stands behind the mark of a link to the site's files, and the file."""
    match = _MARKED.match(target)
    if not match or (match["kind"] or match["old"]) not in FILES:
        return "", None
    path = _path_of(match["rest"])
    base = start if path.startswith("/") else folder
    # A name may be written as it is or percent-encoded; the first that is there is meant.
    found = [
        Path(os.path.normpath(base / name.lstrip("/"))) for name in (path, unquote(path)) if "\0" not in name
    ]
    return match["rest"], next((p for p in found if _is_file(p)), found[-1] if found else None)


def _path_of(address: str) -> str:
    return _QUERY.sub("", address)


def check_links(post: Post, config: Config, report: Report = stop, anchors: AnchorsOf | None = None) -> None:
    """Tell ``report`` of every link or image of a post that names nothing; without one, raise PostError at the first.

    anchors: finds what `anchors_of` does, perhaps without reading the post. A picture that a block may draw is not missed here:
    `check_drawn` looks for it after the run.
    """
    for link in post.links:
        try:
            _check_link(post, link, config, anchors or anchors_of)
        except PostError as error:
            report(error)


def _check_link(post: Post, link: Link, config: Config, anchors: AnchorsOf) -> None:
    match = _MARKED.match(link.target)
    if not match:
        _check_plain(post, link, config)
        return
    kind, rest = match["kind"] if match["kind"] is not None else match["old"], match["rest"]
    if kind in FILES:
        _check_file(post, link, rest, config, anchors)
    elif kind not in PAGES:
        known = ", ".join(f"{{{name}}}" for name in FILES + PAGES)
        raise PostError(
            post.label, link.line, f"{link.kind} to {link.target}", f"links start with one of {known}"
        )
    elif kind != "index" and not rest.strip(" /"):
        raise PostError(
            post.label, link.line, f"{link.kind} to a {kind} without a name", f"write {{{kind}}}NAME"
        )


def _check_file(post: Post, link: Link, rest: str, config: Config, anchors: AnchorsOf) -> None:
    path = file_of(link.target, post.path.parent, config.links_start)
    shown = unquote(_path_of(rest))
    if path is None or not shown.strip("/"):
        raise PostError(post.label, link.line, f"{link.kind} to {link.target}: no file is named", _MEND)
    start = Path(os.path.normpath(config.links_start.absolute()))
    if not Path(os.path.normpath(path.absolute())).is_relative_to(start):
        raise PostError(
            post.label,
            link.line,
            f"{link.kind} to {shown}: outside {config.label(start) or '.'}, where the site's content is",
            "put the file there; content_root in [tool.executable_posts] says where that is",
        )
    if not _is_file(path):
        if not _may_be_drawn(post, path):
            raise PostError(
                post.label,
                link.line,
                f"{link.kind} to {shown}: there is no file {_name(path, config)}",
                _mend(path, shown, config),
            )
        return
    if link.kind == "image" and path.suffix.lower() in RASTERS and not SIGNATURES.match(_head(path)):
        found = f"image to {shown}: {_name(path, config)} is no picture that a browser can read"
        mend = "fetch or save it again; a file that Git LFS has not fetched looks like this"
        raise PostError(post.label, link.line, found, mend)
    if path.suffix in SUFFIXES and _SKIPPED.search(_head(path, 4000)):
        found = f"{link.kind} to {shown}: {_name(path, config)} is not published (status: skip)"
        raise PostError(post.label, link.line, found, "publish it, or remove the link")
    fragment = rest.partition("#")[2]
    if fragment:
        _check_fragment(post, link, path, unquote(fragment), config, anchors)


def _check_fragment(
    post: Post, link: Link, path: Path, fragment: str, config: Config, anchors: AnchorsOf
) -> None:
    known = anchors(path, config)
    if known is None or fragment in known or re.fullmatch(r"fn(?:ref)?\d+(?::\d+)?|top", fragment):
        return
    close = sorted(known & {fragment.lower(), fragment.replace("_", "-").lower()})
    label = config.label(path)
    raise PostError(
        post.label,
        link.line,
        f"a link to #{fragment} of {label}, and nothing there has that name",
        f"write #{close[0]}" if close else f"use a block's name= or a heading's id of {label}",
    )


def anchors_of(path: Path, config: Config) -> frozenset[str] | None:
    """List what links to a post may name: headings, blocks, ids, and those that its blocks may write; None for what is no
    post of ours, and for one that cannot be read, which is told when its turn comes."""
    try:
        if not config.is_post(path):
            return None  # another reader's page: its ids are not known here
        other = read(path, config.label(path), config.data_languages, (), extensions=config.extensions)
    except PostError:
        return None
    made = (re.findall(r"""id=\\?["']([^"'\\]+)\\?["']""", block.source) for block in other.blocks)
    return frozenset(
        [
            *(heading.anchor for heading in other.headings),
            *(name for block in other.blocks for name in (block.name, f"L{block.fence_line}") if name),
            *other.ids,
            *(name for names in made for name in names),
        ]
    )


def check_drawn(post: Post, config: Config) -> None:
    """Raise PostError at the first picture that no block has drawn, after a run."""
    for link, path in undrawn(post, config):
        raise PostError(
            post.label,
            link.line,
            f"{link.kind} to {_name(path, config)}: no block has written that file",
            "correct the path, or let a block write it; blocks run in the site's root folder",
        )


def undrawn(post: Post, config: Config) -> Iterator[tuple[Link, Path]]:
    """Find the links of a post whose file is not there, with the file."""
    for link, path in files(post, config):
        if not _is_file(path):
            yield link, path


def files(post: Post, config: Config) -> Iterator[tuple[Link, Path]]:
    """Find the links of a post to files of the site, with the file."""
    for link in post.links:
        path = file_of(link.target, post.path.parent, config.links_start)
        if path is not None:
            yield link, path


def _may_be_drawn(post: Post, path: Path) -> bool:
    """Tell whether a block's source speaks of such a file: by its name, its stem, or its kind."""
    words = [word for word in (path.name, path.stem, path.suffix) if len(word) > 2]
    return any(word in block.source for block in post.blocks for word in words)


def _check_plain(post: Post, link: Link, config: Config) -> None:
    """Refuse a link whose address would depend on where the page is published."""
    target = link.target
    if re.match(r"file:", target, re.IGNORECASE):
        mend = "put the file into the site, and write {static}/NAME"
        raise PostError(post.label, link.line, f"{link.kind} to {target}, a file of this machine", mend)
    if _ELSEWHERE.match(target) or (link.kind == "link" and target.startswith("/")):
        return
    words = _path_of(target)
    slash = target.startswith("/")
    base = config.links_start if slash else post.path.parent
    names = [name for name in (words, unquote(words)) if "\0" not in name]
    there = any(_is_file(base / name.lstrip("/")) for name in names if name.strip("/"))
    if link.kind == "link" and words.endswith(".md"):
        form = f"{{filename}}{target}"
    elif there:
        form = f"{{static}}{target}"
    else:
        form = "{static}/images/NAME" if link.kind == "image" else "{filename}NAME.md or {static}/NAME"
    raise PostError(post.label, link.line, f"{link.kind} to {target!r}", f"write {form}")


def _mend(path: Path, shown: str, config: Config) -> str:
    """Say where a file of that name is, when it stands where links do not start."""
    elsewhere = config.root / shown.lstrip("/")
    if shown.startswith("/") and _is_file(elsewhere):
        return f"{config.label(elsewhere)} is there, but links start in {config.label(config.links_start)}: move it, or correct the path"
    return _MEND


def _name(path: Path, config: Config) -> str:
    return config.label(path)


def _head(path: Path, size: int = 16) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or one that no system has
        return False
