"""Which units of a post have to run, and what each of them needs: decided by what runs were seen to do.

A unit is a top-level statement, a program, or an inline value. What units share are *places*: a name (``orders``), the
state of a module (``state:random``), the code of the site's modules (``code:``), a file that a unit wrote (``file:``),
and what goes on by itself (`RUNNING`). A unit's key is a hash of its text and of the versions of all places it can
reach; a place's version is the key of the unit that wrote it last. So a unit whose key was seen before gives what it
gave, and nothing has to be compared but hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

RUNNING = "going on:"  # no name has a colon
CODE, FILE = "code:", "file:"
TEMPORARY = "file:$TMP/"
KEPT_PROGRAM = "/named/"
CHILDREN = "children"  # what programs may read that blocks start
NUMBERS = "numbers:"  # the state of Python's own random numbers
HEARD = frozenset([NUMBERS])  # states of which is known who used them: who drew, asked or set
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
    """Hold what a unit was seen to do. writes: places; reads: files, and states that are `HEARD`;
    outside: what it took from outside of the post, such as an environment variable; child: it started a program, which
    may read any file; present: the names that were there to be compared, None when that is not known; seconds: it took."""

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

    def besides(self, other: Observation) -> Observation:
        """Add what another run of the same did to states and files. Who does now this and now that is followed alike in
        every build, and nothing that depends on it is new each time."""
        also = {p: v for p, v in other.writes.items() if ":" in p and p != RUNNING}
        return replace(
            self,
            writes={**also, **self.writes},
            reads=self.reads | other.reads,
            outside=self.outside | other.outside,
            child=self.child or other.child,
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Hold a unit that is recorded. stamp: makes the versions of what it wrote; inputs: place -> version;
    files: what it read of them and of what is `HEARD`, likewise;
    outside: what it took from there, with its digest; together: place that it wrote -> what shared with that, and was
    compared as well; varies: the places that got other values in another run; output: digest of what its group showed;
    steady: when what it reaches came out otherwise, it showed the same."""

    key: str
    stamp: str
    text: str
    inputs: Mapping[str, str]
    files: Mapping[str, str]
    outside: Mapping[str, str]
    together: Mapping[str, frozenset[str]]
    seen: Observation
    varies: frozenset[str] = frozenset()
    output: str = ""
    steady: bool = False


def taken(seen: Observation, files: Mapping[str, str]) -> list[str]:
    """List what a unit took from outside of the post. files: those that it has from other units."""
    found = {*seen.outside, *(place for place in seen.reads - HEARD if place not in files)}
    return sorted({*found, CHILDREN} if seen.child else found)


class Recorded(Protocol):
    """Know what earlier builds saw."""

    def find(self, key: str) -> Entry | None:
        """Find the entry of a key, as long as all that it took from outside is as it was."""
        ...

    def like(self, text: str) -> Entry | None:
        """Find the last entry of a unit with this text, whatever it depended on."""
        ...

    def instead(self, rank: int) -> Entry | None:
        """Find the entry of the unit that stood where one stands now whose text is new."""
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
    stamp: str
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


def expected(unit: Unit, instead: Entry | None = None) -> Observation:
    """Guess what a unit does that never ran: it binds its names, and does to files and states what the one did that stood
    in its place."""
    writes = {name: Value(uses=tuple(sorted(unit.later))) for name in unit.binds}
    if instead is None:
        return Observation(writes=writes)
    was = instead.seen
    more = {p: v for p, v in was.writes.items() if p not in writes and (":" in p or p in unit.wants)}
    return Observation(writes={**writes, **more}, reads=was.reads, child=was.child, seconds=was.seconds)
