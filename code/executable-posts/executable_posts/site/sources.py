"""The files that a site may be made from: all below some folders, but what is hidden, what editors leave, and what builds write."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

CLOCK_NS = 50_000_000  # a file's time is only as fine as the system's clock, some 4 to 10 ms
_SKIPPED = ("__pycache__", "node_modules", "4913")  # the last: vim asks by it whether it may write


def files_below(paths: Iterable[Path], ignored: Collection[str] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """Give each file below some paths with what the system says of it. ignored: folders, as `os.path.realpath` names them."""
    waiting = [str(path) for path in paths]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except NotADirectoryError:
            yield folder, os.stat(folder)
            continue
        except OSError:  # it is gone, for now or for good
            continue
        for entry in entries:
            if entry.name.startswith((".", "#")) or entry.name.endswith("~") or entry.name in _SKIPPED:
                continue
            try:
                if not entry.is_dir():
                    yield entry.path, entry.stat()
                elif not entry.is_symlink() and os.path.realpath(entry.path) not in ignored:
                    waiting.append(entry.path)
            except OSError:
                continue


def engine_marks() -> list[tuple[str, list[int]]]:
    """Tell the engine's own files, and its adapter's, from what they were."""
    engine = Path(__file__).parents[1]
    plugin = engine.parent / "pelican" / "plugins" / engine.name
    return sorted((path, mark(stat)) for path, stat in files_below((engine, plugin)))


def content(path: str) -> str:
    """Hash a file's content; "" for one that cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""


def recent(stat: os.stat_result) -> bool:
    """Tell whether a file was written so shortly ago that its time may be that of a later writing too, or has a time to come."""
    return stat.st_mtime_ns > time.time_ns() - CLOCK_NS


def mark(stat: os.stat_result) -> list[int]:
    """Give what tells a file from another one that was written in its place: size, time in ns, number."""
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]
