"""A post and its notebook: the same cells twice, kept so without ever losing an edit.

jupytext converts; this module decides which side to convert. The notebook remembers hashes of both sides as they were
when last in step (``metadata.executable_posts``), so that an edit on one side can be told from an edit on both.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from ..config import Config
from ..errors import PostError
from ..reading.post import Post, parse

FILTERS = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "tags,name,caption,-all"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without a kernel named, jupytext takes a post of mostly C++ blocks for a C++ notebook.
_JUPYTER_HEADER = (
    "---\njupyter:\n  kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
)
_ESCAPES = re.compile(r"(?:\\u[0-9a-f]{4})+")
MEND = "run `make notebooks` and commit both files"


def notebook_from_post(post: Post):
    """Make the notebook of a post: cells only, with ids that depend on nothing but their place and text."""
    import jupytext
    from nbformat.v4 import new_raw_cell

    body, hidden = _without_comments(post)
    nb = jupytext.reads(_JUPYTER_HEADER + body, fmt="md")
    if _fenced_lines(post):
        nb.cells.insert(0, new_raw_cell("\n".join(post.text.split("\n")[: _fenced_lines(post)])))
    seen: dict[str, int] = {}
    for cell in nb.cells:
        stem = cell.metadata.get("name") or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        count = seen[stem] = seen.get(stem, -1) + 1
        cell["id"] = (f"{stem}-{count}" if count else stem)[:64]
        if cell.cell_type == "markdown":
            for stand_in, comment in hidden.items():
                cell.source = cell.source.replace(stand_in, comment)
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
            cells.extend(_recut(cell, jupytext.reads(_JUPYTER_HEADER + cell.source, fmt="md").cells))
        else:
            cells.append(cell)
    copy = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "jupytext": dict(FILTERS)})
    for cell in copy.cells:
        cell.metadata = {
            k: v for k, v in cell.metadata.items() if k not in ("jupyter", "editable", "slideshow")
        }
    text = jupytext.writes(copy, fmt="md")
    # jupytext escapes whatever is not ASCII in a fence's attributes.
    return re.sub(
        r"^```.*$", lambda m: _ESCAPES.sub(lambda e: json.loads(f'"{e[0]}"'), m[0]), text, flags=re.MULTILINE
    )


def check_round_trip(post: Post) -> None:
    """Raise PostError at the first line that would not come back from the notebook as it is written."""
    text = post_from_notebook(notebook_from_post(post))
    if text == post.text:
        return
    ours, theirs = post.text.split("\n"), text.split("\n")
    line = next(
        (n for n, pair in enumerate(zip(ours, theirs, strict=False), 1) if pair[0] != pair[1]), len(ours)
    )
    back = theirs[line - 1] if line <= len(theirs) else ""
    raise PostError(
        post.label,
        line,
        "this line would come back from the notebook in another form",
        f"write it as: {back!r}"
        if back.strip()
        else "one blank line around blocks, none with spaces, a newline at the end",
    )


def _recut(cell, parts):
    if parts and "lines_to_next_cell" in cell.metadata:
        parts[-1].metadata["lines_to_next_cell"] = cell.metadata["lines_to_next_cell"]
    return parts


def _without_comments(post: Post) -> tuple[str, dict[str, str]]:
    """Put a one-line stand-in for every HTML comment, so that jupytext finds no cell in one."""
    lines, hidden = post.text.split("\n"), {}
    for start, end in reversed(post.comments):
        block = lines[start - 1 : end - 1]
        while block and not block[-1].strip():
            block.pop()
        stand_in = f"<!--{hashlib.sha256(repr((start, block)).encode()).hexdigest()}-->"
        hidden[stand_in] = "\n".join(block)
        lines[start - 1 : start - 1 + len(block)] = [stand_in]
    return "\n".join(lines[_fenced_lines(post) :]), hidden


def _fenced_lines(post: Post) -> int:
    """Count the header's lines that are a cell of their own; a header in Pelican's style is the beginning of the first text."""
    return post.header_lines if post.text.startswith("---") else 0


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
    check_round_trip(post)
    if _code(nb) == [b.cell_source for b in post.blocks] and post_from_notebook(nb) == post.text:
        return "same"
    remembered = nb.metadata.get("executable_posts", {})
    post_changed = remembered.get("post") != digest(post.text)
    notebook_changed = remembered.get("notebook") != digest(_fingerprint(nb))
    if post_changed and notebook_changed:
        return "both"
    return "notebook" if notebook_changed else "post"


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
        saved = _free_name(loser)
        saved.write_bytes(loser.read_bytes())
        standing = prefer
    if standing == "notebook":
        nb = read_notebook(path, label)
        text = post_from_notebook(nb)
        ends = "\r\n" if b"\r\n" in post.path.read_bytes() else "\n"
        post = parse(text, post.label, post.path, config.data_languages, config.required)
        check_round_trip(post)  # refuse before writing
        _write(post.path, text.replace("\n", ends).encode())
        done = f"{post.label} written from {label}"
    else:
        done = {"same": f"{label} is in step", "missing": f"{label} made from {post.label}"}.get(
            standing, f"{label} written from {post.label}"
        )
    check_round_trip(post)
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


def orphans(config: Config) -> list[Path]:
    """List notebooks whose post is gone."""
    twins = {config.notebook_path(path).resolve() for path in config.post_paths()}
    found = (config.root / config.notebooks).rglob("*.ipynb")
    return sorted(p for p in found if p.resolve() not in twins and ".ipynb_checkpoints" not in p.parts)


def _free_name(path: Path) -> Path:
    """Find a name for a copy that no earlier copy has."""
    names = (path.with_name(f"{path.name}.orig{n or ''}") for n in range(1000))
    return next(name for name in names if not name.exists())


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
