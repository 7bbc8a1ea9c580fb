"""Records in a folder: JSON files that are whole or not there, as many as a bound of bytes lets stay, the longest unread go first."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MOST_BYTES = 400_000_000
ABANDONED = 3_600  # seconds after which half a file belongs to nobody


class Store:
    """Keep JSON records in a folder, one file a key. most: bytes; what this process has read or written stays in any case.
    told: hears of a record that is none, once: it is removed."""

    def __init__(self, folder: Path, most: int = MOST_BYTES, told: Callable[[str], None] = lambda text: None):
        self.folder, self.most, self.told = Path(folder), most, told
        self._used: set[str] = set()
        self._bytes: int | None = None  # in the folder, as far as this process knows

    def path(self, key: str) -> Path:
        """Give the file of a record."""
        return self.folder / f"{key}.json"

    def get(self, key: str, read: Callable[[dict[str, Any]], T]) -> T | None:
        """Find a record and give what ``read`` makes of it; None when there is none, or it is damaged or foreign.

        read: raises KeyError, TypeError, ValueError, AttributeError or IndexError for what is no such record.
        """
        path = self.path(key)
        try:
            text = path.read_bytes()
        except OSError:
            return None
        try:
            record = json.loads(text)
            if not isinstance(record, dict):
                raise TypeError("no object")
            found = read(record)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
            with contextlib.suppress(OSError):
                path.unlink()
            self.told(f"{path} was damaged or not ours: removed; what it was about is made anew")
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        self._used.add(path.name)
        return found

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Write a record whole or not at all, and drop what is too much. A full disk loses the record and nothing else."""
        path, text = self.path(key), json.dumps(record, separators=(",", ":"))
        try:
            write_whole(path, text)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)  # an older one says what is no longer so
            return
        self._used.add(path.name)
        self._bytes = None if self._bytes is None else self._bytes + len(text)
        if self._bytes is None or self._bytes > self.most:
            self._bytes = self._prune()

    def _prune(self) -> int:
        """Drop the records that nothing has read for longest, until the others are within the bound; return their bytes."""
        records, now = [], time.time()
        with os.scandir(self.folder) as files:
            for file in files:
                with contextlib.suppress(OSError):
                    told = file.stat()
                    if file.name.endswith(".new") and told.st_mtime < now - ABANDONED:
                        os.unlink(file.path)
                    elif file.name.endswith(".json"):
                        records.append((file.name in self._used, told.st_mtime, told.st_size, file.path))
        total = 0
        for used, _, size, path in sorted(records, reverse=True):
            if used or total + size <= self.most:
                total += size
                continue
            with contextlib.suppress(OSError):
                os.unlink(path)
        return total


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
