"""What builds saw of each post, in one file a post: its units, the outputs of its blocks, its inline values.

They are kept by a `Store`: damaged, foreign or half-written files are no records, and those of posts that are gone go by age.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .kernel import Failure, Result
from .outside import Outside
from .plan import Entry, Observation, Unit, Value, digest
from .store import Store

VERSION = 7


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
    """Hold what is recorded of a post. entries: one a unit; shown: key of a group -> what it shows; order: these keys,
    blocks first, then values; whole: key of the post that was built; why_empty: what to say when there is none."""

    entries: list[Entry] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    whole: str = ""
    why_empty: str = "nothing was recorded of the post"


class Known:
    """Know what a record says, as long as what it depends on is as it was."""

    def __init__(self, record: Record, outside: Outside):
        self.record, self._outside = record, outside
        self._by_key = {entry.key: entry for entry in record.entries}
        self._by_text = {entry.text: entry for entry in record.entries}
        self._instead: dict[int, Entry] = {}

    def find(self, key: str) -> Entry | None:
        """Find the entry of a key, as long as all that it took from outside is as it was."""
        entry = self._by_key.get(key)
        if entry and all(self._outside.digest(place) == said for place, said in entry.outside.items()):
            return entry
        return None

    def changed(self, entry: Entry) -> list[str]:
        """List what an entry took from outside and is otherwise now."""
        return [place for place, said in entry.outside.items() if self._outside.digest(place) != said]

    def last(self, key: str, text: str) -> Entry | None:
        """Find the entry of a key, whatever is outside by now, or else the last one of a unit with this text."""
        return self._by_key.get(key) or self.like(text)

    def like(self, text: str) -> Entry | None:
        """Find the last entry of a unit with this text, whatever it depended on."""
        return self._by_text.get(digest(text))

    def align(self, units: Sequence[Unit]) -> None:
        """Find for every unit whose text is new the one that stood in its place."""
        now, then = [digest(u.text) for u in units], [e.text for e in self.record.entries]
        matcher = difflib.SequenceMatcher(None, then, now, autojunk=False)
        self._instead = {
            units[new].index: self.record.entries[old]
            for what, a, b, c, d in matcher.get_opcodes()
            if what == "replace"
            for old, new in zip(range(a, b), range(c, d), strict=False)
        }

    def instead(self, rank: int) -> Entry | None:
        """Find the entry of the unit that stood where one stands now whose text is new."""
        return self._instead.get(rank)

    def outside(self, place: str) -> str:
        """Give the digest of something outside of the post."""
        return self._outside.digest(place)

    def content(self, place: str) -> str:
        """Give the digest of a file as it is now, as the observer gives it."""
        return self._outside.content(place)


class Records:
    """Keep the records of a site's posts in a folder. told: hears of a record that is none."""

    def __init__(self, folder: Path, told: Callable[[str], None] = lambda text: None):
        self.store = Store(folder, told=told)

    def path(self, label: str) -> Path:
        """Give the file of a post's record. label: the post's path."""
        return self.store.path(_key(label))

    def read(self, label: str, base: str) -> Record:
        """Read a post's record; an empty one when there is none, or none that was made on this base."""

        def made(told: dict[str, Any]) -> Record:
            version, of, on = told["version"], told["label"], told["base"]
            if not (type(version) is int and of == label and isinstance(on, str)):
                raise ValueError("foreign")
            if (version, on) != (VERSION, base):
                return Record(
                    why_empty="the engine, Python, the system or a file that `inputs` names has changed"
                )
            return Record(
                order=told["order"],
                whole=told["whole"],
                entries=[_entry(e) for e in told["entries"]],
                shown={key: _shown(s) for key, s in told["shown"].items()},
            )

        return self.store.get(_key(label), made) or Record()

    def write(self, label: str, base: str, record: Record) -> None:
        """Write a post's record whole or not at all; a full disk loses it and nothing else."""
        told = {
            "version": VERSION,
            "label": label,
            "base": base,
            "order": record.order,
            "whole": record.whole,
            "entries": [_told(e) for e in record.entries],
            "shown": {key: _shown_told(s) for key, s in record.shown.items()},
        }
        self.store.put(_key(label), told)


def _key(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:24]


def _told(entry: Entry) -> dict[str, Any]:
    seen = entry.seen
    return {
        "key": entry.key,
        "stamp": entry.stamp,
        "text": entry.text,
        "inputs": dict(entry.inputs),
        "files": dict(entry.files),
        "outside": dict(entry.outside),
        "together": {place: sorted(names) for place, names in entry.together.items()},
        "varies": sorted(entry.varies),
        "output": entry.output,
        "steady": entry.steady,
        "writes": {place: _value_told(value) for place, value in seen.writes.items()},
        "reads": sorted(seen.reads),
        "from": sorted(seen.outside),
        "child": seen.child,
        "seconds": seen.seconds,
    }


def _value_told(value: Value) -> dict[str, Any]:
    # Not asdict, which copies all that a post shows and takes longer than writing it.
    parts = (
        ("digest", value.digest),
        ("friends", value.friends),
        ("uses", value.uses),
        ("reaches", value.reaches),
    )
    return {**{name: part for name, part in parts if part}, **({} if value.exact else {"exact": False})}


def _shown_told(shown: Shown) -> dict[str, Any]:
    result = shown.result
    failure = asdict(result.failure) if result and result.failure else None
    told = {"outputs": result.outputs, "failure": failure, "seconds": result.seconds} if result else None
    return {"result": told, "text": shown.text, "when": shown.when, "lines": shown.lines}


def _entry(told: dict[str, Any]) -> Entry:
    return Entry(
        key=told["key"],
        stamp=told["stamp"],
        text=told["text"],
        inputs=told["inputs"],
        files=told["files"],
        outside=told["outside"],
        together={place: frozenset(names) for place, names in told["together"].items()},
        varies=frozenset(told["varies"]),
        output=told["output"],
        steady=told["steady"],
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
        seconds=told["seconds"],
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
