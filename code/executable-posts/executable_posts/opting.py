"""Which Markdown files are executable posts: those that say so in their header; everything else belongs to somebody else.

The header is read line by line, as Pelican's own reader does, so that a file which is none of ours need not be YAML.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import PostError
from .toml_lines import nearest

# What looks like Markdown to an author, and is read by nobody.
UNREAD = re.compile(r"\.(?:md|markdown|mkd|mdown|mdx|qmd|rmd)", re.IGNORECASE)
SUFFIXES = (".md", ".markdown", ".mkd", ".mdown")
_FIELD = re.compile(r"[ ]{0,3}(?P<name>[A-Za-z0-9_-]+):\s*(?P<value>.*)")
_MORE = re.compile(r"[ ]{4,}(?P<value>.*)")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def fields(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Yield every line of a header written as ``Name: value``: 1-based number, name in lower case, and value.

    A line indented by four spaces or more goes on with the value of the one before, under the same name. The header ends
    before the first line of another form; its caller knows where it began.
    """
    name = ""
    for number, line in enumerate(lines, 1):
        if found := _FIELD.fullmatch(line):
            name = found["name"].lower()
            yield number, name, found["value"].strip()
        elif name and (found := _MORE.fullmatch(line)) and line.strip():
            yield number, name, found["value"].strip()
        else:
            return


def said(text: str, label: str) -> bool | None:
    """Tell what a file's header says of `executable`: True, False, or None for nothing; raise PostError for another word."""
    lines = text.removeprefix("\ufeff").splitlines()
    fenced = bool(lines) and lines[0].rstrip() == "---"
    if fenced:
        end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
        found: Iterator[tuple[int, str, str]] = (
            (n + 1, *_split(line))
            for n, line in enumerate(lines[1:end], 1)
            if _FIELD.fullmatch(line) and line[0] != " "
        )
    else:
        found = fields(lines)
    for line, name, value in found:
        if name != "executable":
            if name.startswith("ex") and nearest(name, ["executable"], 0.8):
                mend = "write executable: true, or give the field a name that is less like it"
                raise PostError(label, line, f"a header field {name!r}", mend)
            continue
        word = re.sub(r"\s+#.*", "", value).strip("\"' ").lower()
        if word not in _YES + _NO:
            raise PostError(
                label, line, f"executable: {value}", "write executable: true, or executable: false"
            )
        return word in _YES
    return None


def read_said(path: Path, label: str) -> bool | None:
    """Tell what the file at ``path`` says of `executable`, as `said` does; a file that cannot be read says nothing."""
    try:
        text = Path(path).read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None
    return said(text, label)


def another_site(folder: Path) -> bool:
    """Tell whether a folder is a site of its own, with settings of ours: nothing in it belongs to the site around it."""
    try:
        return b"tool.executable_posts" in Path(folder, "pyproject.toml").read_bytes()
    except OSError:
        return False


def markdown_files(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[Path]:
    """Yield the Markdown files below a folder that may be the site's.

    Editors and Jupyter keep copies in dot folders, npm its own files; and a folder may be a site of its own.
    """
    for base, folders, names in os.walk(folder):
        passed = (name for name in folders if name[0] != "." and name != "node_modules")
        folders[:] = [name for name in passed if not another_site(Path(base, name))]
        yield from (Path(base, name) for name in names if name[0] != "." and name.endswith(suffixes))


def unread_posts(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that say that they are executable posts, by a suffix that no generator reads."""
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name != "node_modules"]
        for name in names:
            path = Path(base, name)
            if UNREAD.fullmatch(path.suffix) and path.suffix not in SUFFIXES and read_said(path, name):
                yield path


def _split(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    assert found is not None  # whoever asks has looked
    return found["name"].lower(), found["value"].strip()


def below(path: Path, folder: Path) -> Path | None:
    """Return the path relative to a folder, or None when it is not below it, whichever of both goes through a link."""
    for absolute in (os.path.abspath, os.path.realpath):
        one, other = absolute(path), absolute(folder)
        if one == other or one.startswith(other.rstrip(os.sep) + os.sep):
            return Path(one[len(other) :].lstrip(os.sep))
    return None
