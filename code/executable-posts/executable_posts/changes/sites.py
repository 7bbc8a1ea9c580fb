"""Compare two published sites, whatever made their pages: by the records that lie beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PostError
from . import SUFFIX

if TYPE_CHECKING:
    from .change import Change
    from .record import Record

# What compares is imported when there is something to compare: at most builds there is not.


class Compared:
    """Hold a comparison. changes: all of them, post by post; troubles: records that cannot be read, whose posts are not
    compared; records: how many the old and the new site have."""

    def __init__(self, old: int, new: int) -> None:
        self.changes: list[Change] = []
        self.troubles: list[PostError] = []
        self.records = (old, new)


def compare_sites(old: Path, new: Path) -> Compared:
    """Compare the site that was published with another; folders."""
    places = [dict(_places(folder)) for folder in (old, new)]
    done = Compared(len(places[0]), len(places[1]))
    for place in sorted(places[0].keys() & places[1].keys()):
        if _same(places[0][place], places[1][place]):
            del places[0][place], places[1][place]
    if not any(places):
        return done
    before, after = (_records(found, done.troubles) for found in places)
    for place in {*before, *after}:  # the other side of a record that cannot be read is neither new nor gone
        if any(place in found and found[place] is None for found in (before, after)):
            before.pop(place, None)
            after.pop(place, None)
    done.changes = _posts(_sound(before), _sound(after))
    return done


def published(site: Path, troubles: list[PostError]) -> dict[str, Record]:
    """Read all records of a site: post -> record. troubles: gets those that cannot be read."""
    records = _records(dict(_places(site)), troubles)
    return {record.post: record for record in records.values() if record}


def _places(folder: Path) -> Iterator[tuple[str, Path]]:
    """Find the files below a folder that are named as records are; hidden folders are none of a site's."""
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(SUFFIX):
                path = Path(at, name)
                yield path.relative_to(folder).as_posix(), path


def _same(old: Path, new: Path) -> bool:
    """Tell by their bytes whether two records are the same, as nearly all are at every build."""
    try:
        return old.stat().st_size == new.stat().st_size and old.read_bytes() == new.read_bytes()
    except OSError:
        return False  # reading them will tell


def _records(places: dict[str, Path], troubles: list[PostError]) -> dict[str, Record | None]:
    """Read records; None for one that cannot be read. A file of somebody else's is left out."""
    from .record import read

    found: dict[str, Record | None] = {}
    for place in sorted(places):
        try:
            if record := read(places[place]):
                found[place] = record
        except PostError as error:
            troubles.append(error)
            found[place] = None
        except OSError as error:
            found[place] = None
            troubles.append(
                PostError(places[place], 0, f"cannot be read: {error.strerror}", "check the file")
            )
    return found


def _sound(records: dict[str, Record | None]) -> list[tuple[str, Record]]:
    return [(place, record) for place, record in records.items() if record]


def _posts(old: list[tuple[str, Record]], new: list[tuple[str, Record]]) -> list[Change]:
    """Compare all posts: the same file at the same address, else the same file, else the same address."""
    from . import matching
    from .change import Change
    from .comparing import compare

    found: matching.Matched = {}
    matching.by_key(old, new, found, lambda one: (one[0], one[1].post))
    matching.by_key(old, new, found, lambda one: one[1].post)
    matching.by_key(old, new, found, lambda one: one[0])
    changes: list[Change] = []
    for rank in sorted(range(len(new)), key=lambda rank: new[rank][1].post):
        place, record = new[rank]
        if rank not in found:
            changes.append(Change(what="post", kind="new", file=record.post, new=_size(record)))
            continue
        old_place, before = old[found[rank]]
        if old_place != place:
            was, now = _address(old_place), _address(place)
            changes.append(Change(what="post", kind="moved", file=record.post, old=was, new=now))
        if before.post != record.post:
            was, now = before.post, record.post
            changes.append(Change(what="post", kind="renamed", file=record.post, old=was, new=now))
        changes += compare(before, record)
    gone = sorted(set(range(len(old))) - set(found.values()), key=lambda rank: old[rank][1].post)
    for _, record in (old[rank] for rank in gone):
        changes.append(Change(what="post", kind="removed", file=record.post, old=_size(record)))
    return changes


def _size(record: Record) -> str:
    blocks, values = len(record.blocks), len(record.values)
    return f"{blocks} block{'s' * (blocks != 1)}, {values} value{'s' * (values != 1)}"


def _address(place: str) -> str:
    """Give the address of a record's page: its folder."""
    return f"{place.rpartition('/')[0]}/"
