"""Which units of a post have to run, and what each of them needs: decided by what runs were seen to do.

A unit is a top-level statement, a program, or an inline value. What units share are *places*: a name (``orders``), the
state of a module (``state:random``), the code of the site's modules (``code:``), a file that a unit wrote (``file:``),
and what goes on by itself (`RUNNING`). A unit's key is a hash of its text and of the versions of all places it can
reach; a place's version is the key of the unit that wrote it last. So a unit whose key was seen before gives what it
gave, and nothing has to be compared but hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

RUNNING = "going on:"  # no name has a colon
CODE, FILE = "code:", "file:"
TEMPORARY = "file:$TMP/"
EVERYTHING = frozenset(
    ["globals", "locals", "exec", "eval", "get_ipython", "__main__"]
)  # whoever uses these may use all


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Hold one unit. index: its rank; group: what is shown of it, a block or a value; line: of the post; text: all that says
    what it does; wants, binds, later: names it uses, binds, and uses in the bodies of functions; certain: names that it
    binds on every path; reads_all: it may read whatever there is; volatile: it runs in every build."""

    index: int
    group: str
    line: int
    text: str
    wants: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    reads_all: bool = False
    volatile: bool = False


@dataclass(frozen=True, kw_only=True)
class Value:
    """Hold what was seen of a place after a unit wrote it. digest: of its content; exact: all of it was seen; friends:
    names whose values share something mutable with it; uses: names that its functions use; reaches: places that it
    leads to."""

    digest: str = ""
    exact: bool = True
    friends: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Observation:
    """Hold what a unit was seen to do. writes: places; reads: files; outside: what it took from outside of the post, such
    as an environment variable; child: it started a program, which may read any file; present: the names that were there
    to be compared, None when that is not known; seconds: it took."""

    writes: Mapping[str, Value] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    child: bool = False
    present: frozenset[str] | None = None
    seconds: float = 0.0

    def differing(self, other: Observation) -> frozenset[str]:
        """List the places to which the two wrote different things."""
        places = self.writes.keys() | other.writes.keys()
        nothing = Value(digest="nothing was written")
        return frozenset(
            p for p in places if self.writes.get(p, nothing).digest != other.writes.get(p, nothing).digest
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Hold a unit that is recorded. inputs: place -> version; files: those that it read, likewise;
    outside: what it took from there, with its digest; together: place that it wrote -> what shared with that, and was
    compared as well; varies: the places that got other values in another run; output: digest of what its group showed;
    steady: when what it reaches came out otherwise, it showed the same."""

    key: str
    text: str
    inputs: Mapping[str, str]
    files: Mapping[str, str]
    outside: Mapping[str, str]
    together: Mapping[str, frozenset[str]]
    seen: Observation
    varies: frozenset[str] = frozenset()
    output: str = ""
    steady: bool = False


class Recorded(Protocol):
    """Know what earlier builds saw."""

    def find(self, key: str) -> Entry | None:
        """Find the entry of a key, as long as all that it took from outside is as it was."""
        ...

    def like(self, text: str) -> Entry | None:
        """Find the last entry of a unit with this text, whatever it depended on."""
        ...

    def outside(self, place: str) -> str:
        """Give the digest of something outside of the post."""
        ...

    def content(self, place: str) -> str:
        """Give the digest of a file as it is now, as the observer gives it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """Hold a unit in its place. entry: what is recorded of it, None when it has to run; before: the same, or else what
    was recorded last of a unit with this text; needs: ranks of the units that wrote what it can reach."""

    unit: Unit
    key: str
    inputs: Mapping[str, str]
    files: Mapping[str, str]
    needs: frozenset[int]
    entry: Entry | None
    before: Entry | None
    seen: Observation
    together: Mapping[str, frozenset[str]]


def digest(*parts: object) -> str:
    """Hash parts by how they are written."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _State:
    """Follow the versions, writers and friends of all places."""

    def __init__(self, recorded: Recorded):
        self.recorded = recorded
        self.versions: dict[str, str] = {}
        self.values: dict[str, Value] = {}
        self.writers: dict[str, list[int]] = {}
        self.friends: dict[str, set[str]] = {}

    def reach(self, unit: Unit) -> set[str]:
        """List the places that a unit can reach, files aside."""
        waiting = list(unit.wants)
        if unit.reads_all:
            waiting += [p for p in self.versions if not p.startswith(FILE)]
        found: set[str] = set()
        while waiting:
            place = waiting.pop()
            if place in found:
                continue
            found.add(place)
            if value := self.values.get(place):
                waiting += [*value.uses, *value.reaches]
            if place in EVERYTHING:
                waiting += [p for p in self.versions if not p.startswith(FILE)]
        if (running := self.values.get(RUNNING)) and running.digest:
            found.add(RUNNING)
        return found

    def version(self, place: str) -> str:
        return self.recorded.outside(place) if place.startswith(CODE) else self.versions.get(place, "")

    def inputs(self, places: Iterable[str]) -> dict[str, str]:
        found = {place: self.version(place) for place in places}
        return {place: version for place, version in sorted(found.items()) if version}

    def files(self, seen: Observation, wanted: set[str]) -> dict[str, str]:
        """Give the versions of the files that a unit reads, of those that units wrote. A program may read any, but of
        the temporary ones, whose names nobody guesses, only what its unit can name."""

        def may_read(place: str) -> bool:
            if place in seen.reads or not seen.child:
                return place in seen.reads
            return not place.startswith(TEMPORARY) or "/".join(place.split("/")[:2]) in wanted

        return self.inputs(place for place in self.versions if place.startswith(FILE) and may_read(place))

    def needs(self, places: Iterable[str]) -> frozenset[int]:
        return frozenset(r for place in places if not self.kept(place) for r in self.writers.get(place, ()))

    def kept(self, place: str) -> bool:
        """Tell whether a file of the site still is as the only unit that writes it left it, so that nobody has to write it
        anew; or a folder, all of whose files are."""
        if not place.startswith(FILE) or place.startswith(TEMPORARY):
            return False
        if place.endswith("/"):
            inside = [p for p in self.versions if p.startswith(place) and not p.endswith("/")]
            return bool(inside) and all(self.kept(p) for p in inside)
        said = self.values[place].digest if place in self.values else ""
        return bool(said) and len(self.writers[place]) == 1 and self.recorded.content(place) == said

    def component(self, place: str) -> frozenset[str]:
        """List what shares with a place, and with what shares with it."""
        waiting, found = [place], {place}
        while waiting:
            for friend in self.friends.get(waiting.pop(), ()):
                if friend not in found:
                    found.add(friend)
                    waiting.append(friend)
        return frozenset(found)

    def write(
        self, unit: Unit, key: str, wanted: set[str], seen: Observation, entry: Entry | None
    ) -> dict[str, frozenset[str]]:
        """Note what a unit writes: what it was seen to, what it may without being seen, and what has begun to share with
        that since it was seen. Return what shares with what it writes."""
        written: dict[str, Value] = dict(seen.writes)
        for place in wanted:
            if place in self.values and not self.values[place].exact:
                written.setdefault(place, self.values[place])
        fresh = {p for p in seen.writes if p in unit.certain and p not in wanted}
        together = {p: self.component(p) for p in written if p not in fresh and p in self.friends}
        for place, names in together.items():
            compared = entry.together.get(place, frozenset()) if entry else seen.present
            for name in names - (compared or frozenset()):
                if name in self.values:
                    written.setdefault(name, self.values[name])
        for place in fresh:
            for friend in self.friends.pop(place, ()):
                self.friends.get(friend, set()).discard(place)
        for place, value in written.items():
            before = "" if place in fresh else self.versions.get(place, "")
            self.versions[place] = digest(key, place, before)
            self.values[place] = value
            self.writers[place] = (
                [unit.index] if place in fresh else [*self.writers.get(place, ()), unit.index]
            )
            if place == RUNNING and not value.digest:  # all that went on has ended
                del self.versions[place], self.values[place], self.writers[place]
            for friend in value.friends if place in seen.writes else ():
                self.friends.setdefault(place, set()).add(friend)
                self.friends.setdefault(friend, set()).add(place)
        return together


def follow(units: Iterable[Unit], recorded: Recorded, seen: Mapping[int, Observation]) -> list[Step]:
    """Follow a post's units in order, each with what it needs and whether it is recorded.

    seen: rank -> what a unit was seen to do in this build, where that is not what is recorded.
    """
    state = _State(recorded)
    steps = []
    for unit in units:
        wanted = state.reach(unit)
        inputs = state.inputs(wanted)
        key = digest(unit.text, inputs)
        entry = None if unit.volatile else recorded.find(key)
        if entry and state.files(entry.seen, wanted) != entry.files:
            entry = None
        guess = entry or recorded.like(unit.text)
        doing = seen.get(unit.index) or (guess.seen if guess else expected(unit))
        files = state.files(doing, wanted)
        needs = state.needs([*wanted, *files])
        held = None if unit.index in seen else guess
        together = state.write(unit, key, wanted, doing, held)
        steps.append(
            Step(
                unit=unit,
                key=key,
                inputs=inputs,
                files=files,
                needs=needs,
                entry=entry,
                before=guess,
                seen=doing,
                together=together,
            )
        )
    return steps


def expected(unit: Unit) -> Observation:
    """Guess what a unit does that never ran."""
    return Observation(writes={name: Value(uses=tuple(sorted(unit.later))) for name in unit.binds})
