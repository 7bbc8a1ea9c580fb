"""A post and its notebook: the same cells twice, kept so without ever losing an edit.

jupytext converts; this module decides which side to convert. The notebook remembers hashes of both sides as they were
when last in step (``metadata.executable_posts``), so that an edit on one side can be told from an edit on both.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from .config import Config
from .errors import PostError
from .post import Post

FILTERS = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "tags,name,caption,-all"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without a kernel named, jupytext takes a post of mostly C++ blocks for a C++ notebook.
_JUPYTER_HEADER = (
    "---\njupyter:\n  kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
)
MEND = "run `make notebooks` and commit both files"


def notebook_from_post(post: Post):
    """Make the notebook of a post: cells only, with ids that depend on nothing but their place and text."""
    import jupytext
    from nbformat.v4 import new_raw_cell

    nb = jupytext.reads(_JUPYTER_HEADER + "\n".join(post.text.split("\n")[post.header_lines :]), fmt="md")
    if post.header_lines:
        nb.cells.insert(0, new_raw_cell("\n".join(post.text.split("\n")[: post.header_lines])))
    nb.cells = _merge_comments(nb.cells, post)
    seen: dict[str, int] = {}
    for cell in nb.cells:
        stem = cell.metadata.get("name") or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        count = seen[stem] = seen.get(stem, -1) + 1
        cell["id"] = (f"{stem}-{count}" if count else stem)[:64]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = type(nb.metadata)({"kernelspec": KERNEL, "jupytext": {"formats": "md,ipynb", **FILTERS}})
    sources = [c.source for c in nb.cells if c.cell_type == "code"]
    if sources != [b.cell_source for b in post.blocks]:
        _explain_difference(post, sources)
    return nb


def post_from_notebook(nb) -> str:
    """Write a notebook's cells as the text of a post."""
    import jupytext
    from nbformat.v4 import new_notebook

    cells = []
    for cell in nb.cells:
        if cell.cell_type == "markdown" and "```" in cell.source:
            # A markdown cell that holds fences must be cut where jupytext would cut it, or it adds region markers.
            cells.extend(_recut(cell, jupytext.reads(cell.source, fmt="md").cells))
        else:
            cells.append(cell)
    copy = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "jupytext": dict(FILTERS)})
    for cell in copy.cells:
        cell.metadata = {
            k: v for k, v in cell.metadata.items() if k not in ("jupyter", "editable", "slideshow")
        }
    return jupytext.writes(copy, fmt="md")


def _recut(cell, parts):
    if parts and "lines_to_next_cell" in cell.metadata:
        parts[-1].metadata["lines_to_next_cell"] = cell.metadata["lines_to_next_cell"]
    return parts


def _merge_comments(cells, post: Post):
    """Put cells that jupytext finds inside HTML comments back into the text around them: they do not count."""
    blocks = iter([b.cell_source for b in post.blocks])
    expected, merged = next(blocks, None), []
    commented = False
    for cell in cells:
        if commented:
            merged[-1].source = f"{merged[-1].source}\n{_as_text(cell)}"
            merged[-1].metadata.pop("lines_to_next_cell", None)
        elif cell.cell_type == "code" and cell.source == expected:
            merged.append(cell)
            expected = next(blocks, None)
            continue
        else:
            merged.append(cell)
        text = merged[-1].source
        commented = merged[-1].cell_type == "markdown" and text.rfind("<!--") > text.rfind("-->")
    return merged


def _as_text(cell) -> str:
    if cell.cell_type != "code":
        return cell.source
    import jupytext
    from nbformat.v4 import new_notebook

    one = new_notebook(cells=[cell], metadata={"kernelspec": KERNEL, "jupytext": dict(FILTERS)})
    return jupytext.writes(one, fmt="md").rstrip("\n")


def _explain_difference(post: Post, sources: list[str]) -> None:
    for block, source in zip(post.blocks, sources, strict=False):
        if block.cell_source != source:
            raise PostError(
                post.label,
                block.fence_line,
                f"jupytext reads this block differently: {source.splitlines()[0]!r} ...",
                "keep fences at the left margin, three backticks, a blank line around them",
            )
    raise PostError(
        post.label,
        0,
        f"the post has {len(post.blocks)} blocks and jupytext finds {len(sources)} cells",
        "look for a fence inside text that is not a block",
    )


def read_notebook(path: Path, label: str):
    """Read a notebook; raise PostError when it is not one."""
    import nbformat

    try:
        return nbformat.reads(Path(path).read_text(encoding="utf-8"), as_version=4)
    except (ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise PostError(
            label, 0, f"not a notebook: {error}", "restore it, or delete it and run `make notebooks`"
        ) from None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state(post: Post, config: Config) -> str:
    """Tell how post and notebook stand: "same", "missing", "post" or "notebook" (that side changed), or "both"."""
    path = config.notebook_path(post.path)
    if not path.is_file():
        return "missing"
    nb = read_notebook(path, config.label(path))
    if _code(nb) == [b.cell_source for b in post.blocks] and post_from_notebook(nb) == post.text:
        return "same"
    remembered = nb.metadata.get("executable_posts", {})
    post_changed = remembered.get("post") != digest(post.text)
    notebook_changed = remembered.get("notebook") != digest(_fingerprint(nb))
    if post_changed and notebook_changed:
        return "both"
    return "post" if post_changed else "notebook"


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
    if standing == "both":
        if not prefer:
            raise PostError(
                post.label,
                0,
                f"both this post and {label} changed since they were last in step; nothing was written",
                "keep one: `make notebooks PREFER=post` or `PREFER=notebook` (the other is saved as *.orig)",
            )
        loser = path if prefer == "post" else post.path
        saved = loser.with_name(loser.name + ".orig")
        saved.write_bytes(loser.read_bytes())
        standing = prefer
    if standing == "notebook":
        nb = read_notebook(path, label)
        text = post_from_notebook(nb)
        ends = "\r\n" if b"\r\n" in post.path.read_bytes() else "\n"
        from .post import parse

        parse(text, post.label, post.path, config.data_languages, config.required)  # refuse before writing
        _write(post.path, text.replace("\n", ends).encode())
        post = parse(text, post.label, post.path, config.data_languages, config.required)
        done = f"{post.label} written from {label}"
    else:
        done = {"same": f"{label} is in step", "missing": f"{label} made from {post.label}"}.get(
            standing, f"{label} written from {post.label}"
        )
    data = notebook_bytes(post)
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    return done


def notebook_bytes(post: Post) -> bytes:
    """Give the committed form of a post's notebook."""
    nb = notebook_from_post(post)
    nb.metadata["executable_posts"] = {"post": digest(post.text), "notebook": digest(_fingerprint(nb))}
    return (json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _code(nb) -> list[str]:
    return [c.source for c in nb.cells if c.cell_type == "code"]


def _fingerprint(nb) -> str:
    return repr(
        [
            (
                c.cell_type,
                c.source,
                *(c.metadata.get(k) for k in ("name", "caption")),
                list(c.metadata.get("tags", [])),
            )
            for c in nb.cells
        ]
    )


def _write(path: Path, data: bytes) -> None:
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(data)
    os.replace(aside, path)
