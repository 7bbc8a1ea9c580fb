"""The headers of one's own that a C++ program includes: which there are, what they hold, and which are looked for in vain."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

_INCLUDE = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)[>\"]|__has_include[ \t]*\([ \t]*[<\"]([^>\"\n]+)[>\"]",
    re.MULTILINE,
)
_OWN_HEADERS = ("-I", "-iquote", "-include")  # not -isystem: what is installed is in the fingerprint


def digests(source: str, flags: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Hash the headers of one's own that a program includes, those that they include as well: path -> digest.

    Give besides the places where one of them was looked for and is not, sorted. Found without a compiler, so without its
    macros: a header behind an ``#if`` that does not hold is among them.
    """
    folders, waiting = _own_headers(flags)
    found: dict[str, str] = {}
    absent: set[str] = set()
    texts: list[tuple[str, list[Path]]] = [(source, [])]
    while texts or waiting:
        if waiting:
            path = waiting.pop().resolve()  # one that includes itself by way of .. would go on for ever
            if not path.is_file():
                absent.add(str(path))
            elif str(path) not in found:
                found[str(path)] = digest(str(path))
                texts.append((path.read_text(encoding="utf-8", errors="replace"), [path.parent]))
            continue
        text, beside = texts.pop()
        names = (one or other for one, other in _INCLUDE.findall(text))
        waiting += [folder / name for name in names for folder in (*beside, *folders)]
    return found, sorted(absent)


def _own_headers(flags: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Take from flags the folders of one's own headers, and the headers that are included by a flag."""
    places: dict[str, list[Path]] = {option: [] for option in _OWN_HEADERS}
    for at, flag in enumerate(flags):
        for option in sorted(_OWN_HEADERS, key=len, reverse=True):
            if flag == option and at + 1 < len(flags):
                places[option].append(Path(flags[at + 1]))
            elif flag != option and flag.startswith(option):
                places[option].append(Path(flag.removeprefix(option)))
            else:
                continue
            break
    return [*places["-I"], *places["-iquote"]], places["-include"]


def of_depfile(depfile: Path, block: Path) -> list[str]:
    """List the headers in a compiler's dependency file, without the program itself."""
    if not depfile.is_file():
        return []
    text = depfile.read_text(errors="replace").replace("\\\n", " ").partition(":")[2]
    return [p for p in shlex.split(text) if Path(p) != block]


def digest(path: str) -> str:
    """Hash a header; "absent" for none."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "absent"


def unchanged(known: dict[str, str], absent: Iterable[str]) -> bool:
    """Tell whether headers are as they were. known: path -> digest; absent: where there was none."""
    return all(digest(path) == was for path, was in known.items()) and not any(
        Path(path).exists() for path in absent
    )
