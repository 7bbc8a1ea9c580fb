"""What builds saw of each post, in one file a post: its units, the outputs of its blocks, its inline values.

A file that is damaged, foreign or half-written is no record. Records of posts that are gone are dropped by their age.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .kernel import Failure, Result
from .outside import Outside
from .plan import Entry, Observation, Value, digest

VERSION = 4
KEPT_DAYS = 30
MOST_BYTES = 400_000_000


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Hold what is shown of a block or a value. result: a block's; text: a value's; when: it ran, ISO date and time, UTC;
    lines: where the block stood, when its outputs mention that."""

    result: Result | None = None
    text: str = ""
    when: str = ""
    lines: tuple[int, ...] | None = None


@dataclass(kw_only=True)
class Record:
    """Hold what is recorded of a post. entries: one a unit; shown: key of a group -> what it shows."""

    entries: list[Entry] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)


class Known:
    """Know what a record says, as long as what it depends on is as it was."""

    def __init__(self, record: Record, outside: Outside):
        self.record, self._outside = record, outside
        self._by_key = {entry.key: entry for entry in record.entries}
        self._by_text = {entry.text: entry for entry in record.entries}

    def find(self, key: str) -> Entry | None:
        """Find the entry of a key, as long as all that it took from outside is as it was."""
        entry = self._by_key.get(key)
        if entry and all(self._outside.digest(place) == said for place, said in entry.outside.items()):
            return entry
        return None

    def like(self, text: str) -> Entry | None:
        """Find the last entry of a unit with this text, whatever it depended on."""
        return self._by_text.get(digest(text))

    def outside(self, place: str) -> str:
        """Give the digest of something outside of the post."""
        return self._outside.digest(place)


class Records:
    """Keep the records of a site's posts in a folder."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def path(self, label: str) -> Path:
        """Give the file of a post's record. label: the post's path."""
        return self.folder / f"{hashlib.sha256(label.encode()).hexdigest()[:24]}.json"

    def read(self, label: str, base: str) -> Record:
        """Read a post's record; an empty one when there is none, or none that was made on this base."""
        try:
            told = json.loads(self.path(label).read_text(encoding="utf-8"))
            if (told["version"], told["label"], told["base"]) != (VERSION, label, base):
                return Record()
            os.utime(self.path(label))
            return Record(
                entries=[_entry(e) for e in told["entries"]],
                shown={key: _shown(s) for key, s in told["shown"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            return Record()

    def write(self, label: str, base: str, record: Record) -> None:
        """Write a post's record whole or not at all; a full disk loses it and nothing else."""
        told = {
            "version": VERSION,
            "label": label,
            "base": base,
            "entries": [_told(e) for e in record.entries],
            "shown": {key: asdict(s) for key, s in record.shown.items()},
        }
        try:
            write_whole(self.path(label), json.dumps(told, separators=(",", ":")))
        except OSError:
            self.path(label).unlink(missing_ok=True)
            return
        prune(self.folder, KEPT_DAYS, MOST_BYTES)


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


def prune(folder: Path, days: float, most: int) -> None:
    """Drop the files that nothing has read for some days, and the oldest beyond a size."""
    files = []
    for path in folder.iterdir():
        try:
            told = path.stat()
        except OSError:
            continue
        files.append((told.st_mtime, told.st_size, path))
    oldest, total = time.time() - days * 86_400, 0
    for modified, size, path in sorted(files, reverse=True):
        total += size
        if modified < oldest or total > most:
            path.unlink(missing_ok=True)


def _told(entry: Entry) -> dict[str, Any]:
    seen = entry.seen
    return {
        "key": entry.key,
        "text": entry.text,
        "inputs": dict(entry.inputs),
        "files": dict(entry.files),
        "outside": dict(entry.outside),
        "together": {place: sorted(names) for place, names in entry.together.items()},
        "varies": sorted(entry.varies),
        "writes": {place: _value_told(value) for place, value in seen.writes.items()},
        "reads": sorted(seen.reads),
        "from": sorted(seen.outside),
        "child": seen.child,
    }


def _value_told(value: Value) -> dict[str, Any]:
    return {k: v for k, v in asdict(value).items() if v not in ("", (), True)}


def _entry(told: dict[str, Any]) -> Entry:
    return Entry(
        key=told["key"],
        text=told["text"],
        inputs=told["inputs"],
        files=told["files"],
        outside=told["outside"],
        together={place: frozenset(names) for place, names in told["together"].items()},
        varies=frozenset(told["varies"]),
        seen=observation(told, told["from"]),
    )


def observation(
    told: dict[str, Any], outside: Iterable[str], present: frozenset[str] | None = None
) -> Observation:
    """Make an observation of what an observer or a record tells."""
    return Observation(
        writes={place: _value(value) for place, value in told["writes"].items()},
        reads=frozenset(told["reads"]),
        outside=frozenset(outside),
        child=told["child"],
        present=present,
    )


def _value(told: dict[str, Any]) -> Value:
    return Value(
        digest=told.get("digest", ""),
        exact=told.get("exact", True),
        friends=tuple(told.get("friends", ())),
        uses=tuple(told.get("uses", ())),
        reaches=tuple(told.get("reaches", ())),
    )


def _shown(told: dict[str, Any]) -> Shown:
    result = told["result"]
    failure = Failure(**result["failure"]) if result and result["failure"] else None
    return Shown(
        result=Result(result["outputs"], failure, result["seconds"]) if result else None,
        text=told["text"],
        when=told["when"],
        lines=tuple(told["lines"]) if told["lines"] is not None else None,
    )
