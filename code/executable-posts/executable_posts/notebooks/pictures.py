"""Pictures pasted into a notebook: they live in its cells, and a post is plain text, so they become files beside it."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ..errors import PostError

if TYPE_CHECKING:
    from nbformat import NotebookNode

_LINK = re.compile(r"<attachment:(?P<angled>[^>\n]+)>|attachment:(?P<bare>[^\s)\"'>\]]+)")


def to_files(
    nb: NotebookNode, post: Path, where: Callable[[int], str]
) -> tuple[NotebookNode, dict[Path, bytes]]:
    """Give a copy of a notebook whose pasted pictures are links, and the files to write: path -> content.

    post: the file beside which they will lie; where: names a cell by its index. Raise PostError for a picture that
    would be lost: one that nothing shows, in several forms, damaged, or shown and not there.
    """
    copy: NotebookNode = nb.copy()
    copy["cells"] = []
    files: dict[Path, bytes] = {}
    for index, cell in enumerate(nb.cells):
        attached = dict(cell.get("attachments") or {})
        if cell.cell_type != "markdown" and not attached:
            copy["cells"].append(cell)
            continue
        if cell.cell_type != "markdown":
            raise PostError(
                where(index), 0, "a picture in a cell that is not Markdown", "paste it into a Markdown cell"
            )
        names = {
            name: _file(post, name, bundle, files, where(index)) for name, bundle in sorted(attached.items())
        }
        shown: set[str] = set()

        def link(
            match: re.Match[str], names: dict[str, Path] = names, shown: set[str] = shown, index: int = index
        ) -> str:
            written = match["angled"] or match["bare"]
            name = next((n for n in (written, unquote(written)) if n in names), None)
            if name is None:
                before = match.string[: match.start()]
                if re.search(r"(?:\]\(\s*|\]:\s*|src\s*=\s*[\"'])\Z", before):
                    found = f"a link to attachment:{written}, and the cell holds no such picture"
                    raise PostError(where(index), 0, found, "paste the picture again, or remove the link")
                return match[0]
            shown.add(name)
            return "{static}" + quote(names[name].name)

        cell = cell.copy()
        cell["source"] = _LINK.sub(link, cell.source)
        lost = sorted(set(names) - shown)
        if lost:
            found = f"the picture {lost[0]} is in the cell, and nothing shows it"
            raise PostError(
                where(index), 0, found, f"write ![what it shows](attachment:{lost[0]}), or remove it"
            )
        cell.pop("attachments", None)
        copy["cells"].append(cell)
    return copy, files


def _file(
    post: Path, name: str, bundle: Mapping[str, str | list[str]], files: dict[Path, bytes], where: str
) -> Path:
    """Choose the file of a picture: its own name after the post's; a number where another picture has that name."""
    if len(bundle) != 1:
        raise PostError(
            where, 0, f"the picture {name} in {len(bundle)} forms", "paste it again, as one picture"
        )
    ((kind, data),) = bundle.items()
    try:
        content = base64.b64decode("".join("".join(data).split()), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise PostError(where, 0, f"the picture {name} is damaged", "paste it again") from None
    path = Path(re.sub(r"[^\w.-]+", "-", name))
    suffix = path.suffix or mimetypes.guess_extension(kind) or ""
    stem = f"{post.stem}-{path.stem}".strip("-.")
    number = 1
    while True:
        found = post.with_name(f"{stem}-{number}{suffix}" if number > 1 else f"{stem}{suffix}")
        there = files.get(found) if found in files else found.read_bytes() if found.is_file() else None
        if there is None or there == content:
            files[found] = content
            return found
        number += 1
