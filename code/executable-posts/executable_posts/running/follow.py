"""Follow a post's units in order: what each can reach, by the versions of all places, and what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .plan import (
    CODE,
    EVERYTHING,
    FILE,
    HEARD,
    KEPT_PROGRAM,
    RUNNING,
    TEMPORARY,
    Entry,
    Observation,
    Recorded,
    Step,
    Unit,
    Value,
    digest,
    expected,
    taken,
)


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

    def files(self, unit: Unit, seen: Observation, wanted: set[str]) -> dict[str, str]:
        """Give the versions of the files that a unit reads, of those that units wrote, and of the states that it was heard
        to use. A program may read any file, but of the temporary ones, whose names nobody guesses, only what its unit
        can name; and a program that a block keeps is heard when Python starts it, or a shell names its path."""

        def may_read(place: str) -> bool:
            if place in seen.reads or place in HEARD or not seen.child:
                return place in seen.reads
            if place.startswith(TEMPORARY):
                return "/".join(place.split("/")[:2]) in wanted
            if KEPT_PROGRAM in place:
                return KEPT_PROGRAM in unit.text
            return True

        places = (p for p in self.versions if p.startswith(FILE) or p in HEARD)
        return self.inputs(place for place in places if may_read(place))

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
        self, unit: Unit, stamp: str, wanted: set[str], seen: Observation, entry: Entry | None
    ) -> dict[str, frozenset[str]]:
        """Note what a unit writes, in versions that a stamp makes: what it was seen to, what it may without being seen, and what has begun to share with
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
            self.versions[place] = digest(stamp, place, before)
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
        wanted = state.reach(unit) - HEARD
        inputs = state.inputs(wanted)
        key = digest(unit.text, inputs)
        entry = None if unit.volatile else recorded.find(key)
        if entry and state.files(unit, entry.seen, wanted) != entry.files:
            entry = None
        guess = entry or recorded.like(unit.text)
        doing = seen.get(unit.index) or (
            guess.seen if guess else expected(unit, recorded.instead(unit.index))
        )
        files = state.files(unit, doing, wanted)
        needs = state.needs([*wanted, *files])
        held = None if unit.index in seen else guess
        # What a unit writes is new with all that it was given, files and what is outside, too.
        given = {} if entry else {place: recorded.outside(place) for place in taken(doing, files)}
        stamp = entry.stamp if entry else digest(key, files, given)
        together = state.write(unit, stamp, wanted, doing, held)
        steps.append(
            Step(
                unit=unit,
                key=key,
                stamp=stamp,
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
