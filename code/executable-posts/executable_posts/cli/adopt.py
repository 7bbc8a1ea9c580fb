"""Turn old posts into executable ones: the header says executable: true, and code becomes fences that are shown and
not run, {.python .noeval reason="not run yet"}, to be switched on one by one by writing ```python instead.

Prose stays byte for byte. What was done is said line by line. The post as it was is kept beside it, and --undo brings
it back; when the post was edited since, that is refused, unless --force keeps the edited one as *.edited.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config, load
from ..errors import PostError

if TYPE_CHECKING:
    from ..reading.adopting import Adopted

HELP = "turn old posts into executable ones, block by block"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument("posts", nargs="+", metavar="POST", type=Path, help="a post in Markdown")
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--dry-run", action="store_true", help="write nothing; print what would change as a diff"
    )
    what.add_argument("--undo", action="store_true", help="bring back the posts as they were before")
    command.add_argument(
        "--force", action="store_true", help="with --undo: also when the post was edited since"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    config = load()
    if args.undo:
        for path, saved in [(path, _saved(path, config, args.force)) for path in args.posts]:
            _undo(path, saved, config)
        return 0
    # All are worked out before one is written, so that a faulty one leaves all as they were.
    work = [(path, *_adopted(path, config)) for path in args.posts]
    for path, old, adopted in work:
        label = config.label(path)
        if args.dry_run:
            diff = difflib.unified_diff(_lines(old), _lines(adopted.text), label, label)
            print("\n".join(line.rstrip("\n") for line in diff))
            continue
        if adopted.text == old:
            print(f"{label}: is executable already; nothing to do")
            continue
        saved = path.with_name(f"{path.name}.{_digest(adopted.text)}.orig")
        _write(saved, old)
        _write(path, adopted.text)
        for line, said in adopted.done:
            print(f"{label}:{line}: {said}")
        print(config.said(f"{label}: adopted; `executable-posts adopt --undo {label}` brings it back"))
    return 0


def _adopted(path: Path, config: Config) -> tuple[str, Adopted]:
    from ..reading.adopting import adopt

    text = _text(path, config)
    return text, adopt(text, config.data_languages)


def _text(path: Path, config: Config) -> str:
    from ..reading.post import read_text

    return read_text(path, config.label(path))


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _saved(path: Path, config: Config, force: bool) -> Path:
    """Find the post as it was; raise PostError when there is none, or the post was edited since."""
    label = config.label(path)
    digest = _digest(_text(path, config))
    kept = [p for p in path.parent.glob("*.orig") if _belongs(p, path)]
    if not kept:
        raise PostError(
            label, 0, "was not adopted here: there is no copy of it as it was", "look for it in git"
        )
    same = path.with_name(f"{path.name}.{digest}.orig")
    if same in kept:
        return same
    if not force:
        raise PostError(
            label,
            0,
            "was edited since it was adopted; nothing was touched",
            "add --force; the edited one is kept as *.edited",
        )
    return max(kept, key=lambda p: p.stat().st_mtime_ns)


def _belongs(copy: Path, path: Path) -> bool:
    digest = copy.name.removeprefix(path.name + ".").removesuffix(".orig")
    return (
        copy.name == f"{path.name}.{digest}.orig"
        and len(digest) == 12
        and set(digest) <= set("0123456789abcdef")
    )


def _undo(path: Path, saved: Path, config: Config) -> None:
    text = _text(path, config)
    if f".{_digest(text)}." not in saved.name:
        names = (path.with_name(f"{path.name}.edited{n or ''}") for n in range(1000))
        kept = next(name for name in names if not name.exists())
        _write(kept, text)
        print(f"{config.label(path)}: as edited, is kept as {kept.name}")
    os.replace(saved, path)
    print(f"{config.label(path)}: is as it was before it was adopted")


def _write(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".new")
    aside.write_bytes(text.encode())
    os.replace(aside, path)
