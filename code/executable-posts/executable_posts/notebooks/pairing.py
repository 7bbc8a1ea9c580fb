"""A post and its notebook: the same cells twice, kept so without ever losing an edit.

`convert` converts; this module decides which side to convert. The notebook remembers hashes of both sides as they were
when last in step (``metadata.executable_posts``), so that an edit on one side can be told from an edit on both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Config
from ..errors import PostError
from ..reading.post import Post, parse
from .convert import alike, check_round_trip, notebook_from_post, post_from_notebook
from .files import cell_name, check_cells, left_out, read_notebook
from .pictures import to_files

if TYPE_CHECKING:
    from nbformat import NotebookNode

MEND = "run `executable-posts sync` and commit both files"


def _post_of(nb: NotebookNode, label: str, post: Post, config: Config) -> Post:
    """Make the post that a notebook says; raise PostError naming the notebook's cell."""
    text = post_from_notebook(nb)
    try:
        new = parse(
            text,
            post.label,
            post.path,
            config.data_languages,
            config.required,
            extensions=config.extensions,
        )
        check_round_trip(new)
    except PostError as error:
        where, lines = label, text.split("\n")
        if error.line:
            where = cell_name(label, _cell_at(nb, error.line))
        shown = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
        raise PostError(where, 0, error.found, error.mend, error.detail or shown) from None
    return new


def _cell_at(nb: NotebookNode, line: int) -> int:
    """Find the index of the cell that a line of the notebook's post comes from."""
    low, high = 0, len(nb.cells) - 1
    while low < high:
        middle = (low + high) // 2
        first = nb.copy()
        first["cells"] = nb.cells[: middle + 1]
        if len(post_from_notebook(first).rstrip("\n").split("\n")) >= line:
            high = middle
        else:
            low = middle + 1
    return max(low, 0)


def digest(text: str) -> str:
    """Name a text by what it holds."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state(post: Post, config: Config) -> str:
    """Tell how post and notebook stand: "same", "missing", "post" or "notebook" (that side changed), or "both"."""
    path = config.notebook_path(post.path)
    if not path.is_file():
        return "missing"
    nb = read_notebook(path, config.label(path))
    check_round_trip(post)
    if _code(nb) == [b.cell_source for b in post.blocks] and alike(post_from_notebook(nb), post.text):
        return "same"
    remembered = nb.metadata.get("executable_posts", {})
    post_changed = remembered.get("post") != digest(post.text)
    notebook_changed = remembered.get("notebook") != digest(_fingerprint(nb.cells))
    if post_changed and notebook_changed:
        return "both"
    return "notebook" if notebook_changed else "post"


def known_in_step(post: Post, config: Config) -> bool:
    """Tell quickly, without jupytext, whether both sides are as `sync` left them; False when that is not sure."""
    try:
        raw = json.loads(config.notebook_path(post.path).read_bytes())
        remembered, cells = raw["metadata"]["executable_posts"], raw["cells"]
        if remembered["post"] != digest(post.text) or any(cell.get("outputs") for cell in cells):
            return False
        for cell in cells:
            cell["source"] = "".join(cell["source"])
        return bool(remembered["notebook"] == digest(_fingerprint(cells)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def check_pair(post: Post, config: Config) -> None:
    """Raise PostError unless the committed notebook is the post's twin, cells only."""
    standing = state(post, config)
    path = config.notebook_path(post.path)
    if standing == "missing":
        raise PostError(post.label, 0, f"no paired notebook {config.label(path)}", MEND)
    if standing != "same":
        what = {"post": "the post", "notebook": "the notebook", "both": "both"}[standing]
        raise PostError(
            config.label(path),
            0,
            f"disagrees with {post.label}: {what} changed since they were last in step",
            MEND,
        )
    if any(c.get("outputs") for c in read_notebook(path, config.label(path)).cells):
        raise PostError(config.label(path), 0, "holds outputs; the committed notebook is cells only", MEND)


def sync(post: Post, config: Config, prefer: str = "") -> str:
    """Bring post and notebook in step; return what was done in one line.

    prefer: "post" or "notebook" decides when both changed; the other side is kept beside it as ``*.orig``. Raise
    PostError when both changed and nothing is preferred.
    """
    path = config.notebook_path(post.path)
    label = config.label(path)
    standing = state(post, config)
    loser = None
    if standing == "both":
        if not prefer:
            raise PostError(
                post.label,
                0,
                f"both this post and {label} changed since they were last in step; nothing was written",
                "keep one: `executable-posts sync --prefer post` or `executable-posts sync --prefer notebook` (the other is saved as *.orig)",
            )
        loser = path if prefer == "post" else post.path
        standing = prefer
    nb = read_notebook(path, label) if path.is_file() else None
    pictures: dict[Path, bytes] = {}
    if standing == "notebook" and nb is not None:
        check_cells(nb, label)
        linked, pictures = to_files(nb, post.path, lambda index: cell_name(label, index))
        ends = "\r\n" if b"\r\n" in post.path.read_bytes() else "\n"
        post = _post_of(linked, label, post, config)  # refuse before writing
        done = f"{post.label} written from {label}"
    else:
        check_round_trip(post)
        done = {"same": f"{label} is in step", "missing": f"{label} made from {post.label}"}.get(
            standing, f"{label} written from {post.label}"
        )
    data = notebook_bytes(post)
    if loser:
        _free_name(loser).write_bytes(loser.read_bytes())
    for picture, content in pictures.items():
        _write(picture, content)
        done += f"; {config.label(picture)} written"
    if standing == "notebook":
        _write(post.path, post.text.replace("\n", ends).encode())
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    lost = left_out(nb) if nb and loser != path else []
    return done + (f"; left out: {'; '.join(lost)}" if lost else "")


def notebook_bytes(post: Post) -> bytes:
    """Give the committed form of a post's notebook."""
    nb = notebook_from_post(post)
    nb.metadata["executable_posts"] = {"post": digest(post.text), "notebook": digest(_fingerprint(nb.cells))}
    return (json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def orphans(config: Config) -> list[Path]:
    """List notebooks whose post is gone."""
    twins = {config.notebook_path(path).resolve() for path in config.post_paths()}
    found = (config.root / config.notebooks).rglob("*.ipynb")
    return sorted(p for p in found if p.resolve() not in twins and ".ipynb_checkpoints" not in p.parts)


def orphaned(twin: Path, config: Config) -> PostError:
    """Tell of a notebook whose post is gone."""
    return PostError(
        config.label(twin), 0, "its post is gone", "delete it, or rename it as the post was renamed"
    )


def _free_name(path: Path) -> Path:
    """Find a name for a copy that no earlier copy has."""
    names = (path.with_name(f"{path.name}.orig{n or ''}") for n in range(1000))
    return next(name for name in names if not name.exists())


def _code(nb: NotebookNode) -> list[str]:
    return [c.source for c in nb.cells if c.cell_type == "code"]


def _fingerprint(cells: Sequence[Mapping[str, Any]]) -> str:
    return repr(
        [
            (
                c["cell_type"],
                c["source"],
                *(c["metadata"].get(k) for k in ("name", "caption")),
                list(c["metadata"].get("tags", [])),
                *([c["attachments"]] if c.get("attachments") else []),
            )
            for c in cells
        ]
    )


def _write(path: Path, data: bytes) -> None:
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(data)
    os.replace(aside, path)
