"""Where the files of a page go, so that none can overwrite another.

Every page has a folder of its own: ``a/b/`` is that of ``a/b.html`` and of ``a/b/index.html``. In it, the names of files
never meet: each begins with a block's name or its line and ends with what it is, and pages of source end with
``.source.html`` or ``.code.html``, which no address of a page does. What a site makes besides is checked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from ..errors import PostError

LONGEST = 255  # bytes of a file's name, on every usual file system


def folder_of(page: str, pages: Collection[str] = ()) -> str:
    """Name the folder of a page's files, with a slash at its end.

    page: the page's file below the site's root. pages: those of the whole site: where ``a.html`` and ``a/index.html``
    both exist, the first one's folder is ``a.files/``.
    """
    path = PurePosixPath(page)
    stem = path.with_suffix("") if path.suffix else PurePosixPath(f"{path}.files")
    if stem.name == "index" and len(path.parts) > 1:
        return f"{stem.parent}/"
    return f"{stem}.files/" if f"{stem}/index{path.suffix}" in pages else f"{stem}/"


def refuse_twins(owner: str, names: Iterable[str]) -> None:
    """Raise PostError when two files of one page have the same name, on any file system."""
    Owners().claim_all(owner, names)


def same(path: str) -> str:
    """Return a name that two paths share when some file system takes them for one: letters differ in case or in how they
    are put together (é is one character or two)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


class Owners:
    """Know which file of the site belongs to whom."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def owner(self, path: str) -> str:
        """Say whose file this is, "" when it is nobody's; whose file is a folder on the way to it has it, too."""
        name = same(path)
        way = [name, *(parent.as_posix() for parent in PurePosixPath(name).parents)]
        return next((self._owners[one] for one in way if one in self._owners), "") or self._folders.get(
            name, ""
        )

    def claim(self, path: str, owner: str, line: int = 0) -> None:
        """Note that ``owner`` writes a file below the site's root; raise PostError when it is already somebody's, or no file can have its name."""
        if other := self.owner(path):
            raise PostError(
                owner,
                line,
                f"would write {path}, which {other if other != owner else 'it'} writes already",
                "give one of the two another slug, address or block name",
            )
        for part in PurePosixPath(path).parts:
            if len(part.encode()) > LONGEST:
                found = f"would write a file whose name has more than {LONGEST} bytes: {part[:40]}..."
                raise PostError(owner, line, found, "add a line slug: with a shorter name to the header")
            if part in (".html", ".htm", "..."):
                found = f"would write {path}, a name without a letter or a digit"
                raise PostError(owner, line, found, "add a line slug: with a name to the header")
        self._owners[same(path)] = owner
        for parent in PurePosixPath(same(path)).parents:
            self._folders.setdefault(parent.as_posix(), owner)

    def claim_all(self, owner: str, paths: Iterable[str]) -> None:
        """Note that ``owner`` writes several files, as `claim` does."""
        for path in paths:
            self.claim(path, owner)
