"""Write what `new` starts: all of it or nothing, and never over a file that is there."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
import unicodedata
from pathlib import Path

from ..config import Config, load
from ..errors import PostError
from ..notebooks import pairing
from ..reading import post as posts

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_SLUG = 80  # characters; a file's name has a limit of 255 bytes on most systems


def slug_of(title: str) -> str:
    """Make a file name and an address of a title: its letters, marks and digits in lower case, joined by hyphens.

    Return "" when it has none.
    """
    text = unicodedata.normalize("NFKC", title).lower()
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    slug = ""
    for word in kept.split():
        longer = f"{slug}-{word}" if slug else word
        if len(longer.encode()) > 2 * LONGEST_SLUG or len(longer) > LONGEST_SLUG:
            break
        slug = longer
    return slug or "".join(kept.split())[: LONGEST_SLUG // 2]


def start_post(title: str) -> str:
    """Write a post and its notebook into this site; return what to say. Raise PostError, and nothing is written."""
    config = load()
    title = _clean(title)
    slug = slug_of(title)
    if not slug:
        raise PostError(
            f"title {title!r}",
            0,
            "has neither letters nor digits",
            'give one: `executable-posts new post "The knee"`',
        )
    text = _filled(
        (TEMPLATES / "post.md").read_text(encoding="utf-8"),
        TITLE=json.dumps(title, ensure_ascii=False),
        SLUG=slug,
    )
    folder = config.root / config.posts[0] if config.posts else config.content_dir
    if not config.posts:  # where no folder says that its posts are executable, each says so
        text = text.replace("---\n", "---\nexecutable: true\n", 1)
    path = folder / f"{slug}.md"
    twin = config.notebook_path(path)
    post = posts.parse(
        text, config.label(path), path, config.data_languages, config.required, extensions=config.extensions
    )
    _write_all({path: text.encode(), twin: pairing.notebook_bytes(post)}, config.root)
    return config.said(
        f"{config.label(path)} and {config.label(twin)} are ready; `executable-posts serve` shows them"
    )


def start_site(kind: str, folder: Path, extras: list[str]) -> str:
    """Write a site into a folder; kind: "blog" or "folder". Return what to say; raise PostError, and nothing is written."""
    folder = Path(folder).resolve()
    if folder.exists() and not folder.is_dir():
        raise PostError(folder, 0, "is a file; nothing was written", "name another folder")
    inside = _site_around(folder)
    if inside:
        raise PostError(
            inside,
            0,
            "holds a site already; nothing was written",
            "name a folder outside of it, or start a post",
        )
    files = _template(kind, SITENAME=_python_text(_clean(folder.name)))
    files[Path(".gitignore")] = (TEMPLATES / "gitignore").read_bytes()
    for extra in extras:
        files.update(_template(extra))
    config = Config(root=folder, posts=("content",) if kind == "blog" else ("posts",))
    path = folder / config.posts[0] / "how-long-is-the-queue.md"
    text = _filled((TEMPLATES / "first-post.md").read_text(encoding="utf-8"))
    post = posts.parse(text, config.label(path), path)
    written = {folder / place: data for place, data in files.items()}
    written |= {path: text.encode(), config.notebook_path(path): pairing.notebook_bytes(post)}
    _write_all(written, folder)
    shown = os.path.relpath(folder)
    steps = [] if shown == "." else [f"cd {shown}"]
    steps += [
        "executable-posts serve    # builds it, shows it, and builds it again on every save",
        "pytest                    # proves it",
    ]
    return f"{shown}: {len(written)} files are ready. Next:\n" + "\n".join(f"  {step}" for step in steps)


def start_extra(name: str) -> str:
    """Write the files that another tool needs into this site; return what to say."""
    config = load()
    files = {config.root / place: data for place, data in _template(name).items()}
    _write_all(files, config.root)
    return "\n".join(f"{config.label(path)} is ready" for path in files)


def _clean(title: str) -> str:
    """Make a title one line of printable characters; raise PostError for bytes that are no text."""
    try:
        title.encode()
    except UnicodeEncodeError:
        raise PostError(ascii(title), 0, "is no valid text", "give a title in UTF-8") from None
    return " ".join(
        "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co") else " " for c in title).split()
    )


def _python_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _filled(text: str, **values: str) -> str:
    values.setdefault("DATE", datetime.datetime.now().strftime("%Y-%m-%d %H:%M"))
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _template(name: str, **values: str) -> dict[Path, bytes]:
    base = TEMPLATES / name
    found = [p for p in sorted(base.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    return {p.relative_to(base): _filled(p.read_text(encoding="utf-8"), **values).encode() for p in found}


def _site_around(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        if place.is_dir() and load(place).found:
            return load(place).root / "pyproject.toml"
    return None


def _write_all(files: dict[Path, bytes], root: Path) -> None:
    """Write files that must not exist: all of them, or none; raise PostError."""
    there = [path for path in files if os.path.lexists(path)]
    if there:
        names = ", ".join(os.path.relpath(path) for path in there)
        raise PostError(
            names, 0, "exists already; nothing was written", "choose another name, or move it away"
        )
    above = next(place for place in (root, *root.parents) if place.is_dir())
    made: list[Path] = []
    folders: list[Path] = []
    staging = None
    try:
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=above))
        aside = {}
        for number, (path, data) in enumerate(files.items()):
            aside[path] = staging / str(number)
            aside[path].write_bytes(data)
        for path, source in aside.items():
            missing = [place for place in path.parents if not place.exists()]
            for place in reversed(missing):
                place.mkdir()
                folders.append(place)
            # Unlike a rename, a link never replaces what somebody else wrote meanwhile.
            os.link(source, path)
            made.append(path)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        for place in reversed(folders):
            place.rmdir()
        raise PostError(
            error.filename2 or error.filename or root,
            0,
            f"cannot be written: {error.strerror}; nothing was",
            "check the folder",
        ) from None
    finally:
        if staging:
            shutil.rmtree(staging, ignore_errors=True)
