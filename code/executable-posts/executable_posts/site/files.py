"""Where the files of a page go, so that none can overwrite another.

Every page has a folder of its own: ``a/b/`` is that of ``a/b.html`` and of ``a/b/index.html``. In it, the names of files
never meet: each begins with a block's name or its line and ends with what it is, and pages of source end with
``.source.html`` or ``.code.html``, which no address of a page does. What a site makes besides is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from ..errors import PostError


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


class Owners:
    """Know which file of the site belongs to whom."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def owner(self, path: str) -> str:
        """Say whose file this is, "" when it is nobody's; names that differ in case only are the same file."""
        return self._owners.get(path.casefold(), "")

    def claim(self, path: str, owner: str) -> None:
        """Note that ``owner`` writes a file below the site's root; raise PostError when it is already somebody's."""
        if other := self.owner(path):
            raise PostError(
                owner,
                0,
                f"would write {path}, which {other if other != owner else 'it'} writes already",
                "give one of the two another slug, address or block name",
            )
        self._owners[path.casefold()] = owner

    def claim_all(self, owner: str, paths: Iterable[str]) -> None:
        """Note that ``owner`` writes several files, as `claim` does."""
        for path in paths:
            self.claim(path, owner)
