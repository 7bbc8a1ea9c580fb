"""Why a block or a value of a post ran in a build: the chain from it to what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .choice import Choice
from .plan import CODE, FILE, NUMBERS, RUNNING, Step, Unit

if TYPE_CHECKING:
    from .records import Known

LONGEST = 12  # steps of a chain


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Hold why something ran. chain: sentences, each about what the one before names; shown: its outputs are from this
    build, or else it only helped others."""

    chain: tuple[str, ...]
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class _Cause:
    """Hold one step of a chain. leads: the rank of the unit that it names, None at the end."""

    text: str
    leads: int | None = None


class Reasons:
    """Note why what runs, in the passes of one build. earlier: what was recorded before."""

    def __init__(self, earlier: Known):
        self.earlier = earlier
        self.units: dict[int, Unit] = {}
        self.causes: dict[int, _Cause] = {}
        self.groups: dict[str, _Cause] = {}
        self.helps: dict[int, int] = {}
        self.all_ran = ""

    def everything(self, why: str) -> None:
        """Note that everything runs."""
        self.all_ran = why

    def note(self, steps: list[Step], dirty: set[str], choice: Choice) -> None:
        """Note what a pass runs, and why. dirty: groups that cannot be shown as they are recorded."""
        self.units.update((step.unit.index, step.unit) for step in steps)
        if self.all_ran:
            return
        writers: dict[str, int] = {}
        for step in steps:
            rank = step.unit.index
            if step.entry is None and rank not in self.causes:
                self.causes[rank] = self._cause(step, writers)
            writers.update(dict.fromkeys(step.seen.writes, rank))
            group = step.unit.group
            if group in dirty and group not in self.groups and rank in self.causes:
                self.groups[group] = self._of_first(group, steps)
        for group in dirty - self.groups.keys():
            first = next(s.unit for s in steps if s.unit.group == group)
            self.groups[group] = _Cause(
                text=f"line {first.line}: it has lost a statement, or its output names a line that has moved"
            )
        for group, (rank, place, source) in choice.joined.items():
            if group not in self.groups:
                reads, wrote = self.units[rank].line, self.units[source].line
                self.groups[group] = _Cause(
                    text=f"line {reads} reads {told(place)}, which comes out otherwise in every run of line {wrote}; what is "
                    "shown of it is shown from one run",
                    leads=source,
                )
        for rank, user in choice.helps.items():
            self.helps.setdefault(rank, user)

    def _of_first(self, group: str, steps: list[Step]) -> _Cause:
        """Prefer a cause that ends here to one that leads on."""
        found = [
            self.causes[s.unit.index] for s in steps if s.unit.group == group and s.unit.index in self.causes
        ]
        return next((cause for cause in found if cause.leads is None), found[0])

    def _cause(self, step: Step, writers: Mapping[str, int]) -> _Cause:
        line, rank = f"line {step.unit.line}", step.unit.index
        if step.unit.volatile:
            return _Cause(text=f"{line}: its block is tagged volatile")
        if not self.earlier.record.entries:
            return _Cause(text=f"{line}: {self.earlier.record.why_empty}")
        before = self.earlier.last(step.key, step.unit.text)
        if before is None:
            return _Cause(text=f"{line}: its text is new, or has changed")
        changed = self.earlier.changed(before)
        if changed:
            return _Cause(text=f"{line}: {told(changed[0])} has changed, or is gone")
        now, then = {**step.inputs, **step.files}, {**before.inputs, **before.files}
        places = [p for p in (*now, *then) if now.get(p) != then.get(p)]
        led = [(p, writers[p]) for p in places if p in writers and writers[p] != rank]
        if code := next((p for p in places if p.startswith(CODE)), None):
            return _Cause(text=f"{line}: {told(code)} has changed, or what it imports")
        if led:
            place, writer = min(led, key=lambda one: one[1] not in self.causes)
            return _Cause(
                text=f"{line} depends on {told(place)}, which line {self._line(writer)} gives", leads=writer
            )
        if places:
            return _Cause(text=f"{line}: nothing gives it {told(places[0])} any more")
        return _Cause(text=f"{line}: it stands elsewhere among what it depends on")

    def _line(self, rank: int) -> int:
        return self.units[rank].line

    def by_group(self) -> dict[str, Reason]:
        """Give why each group ran, in the post's order; those are missing that did not."""
        found: dict[str, Reason] = {}
        for unit in self.units.values():
            group = unit.group
            if group in found:
                continue
            if group in self.groups:
                found[group] = Reason(chain=self._chain(self.groups[group]))
            elif not self.all_ran and (rank := self._helping(group)) is not None:
                user = self.units[self.helps[rank]]
                text = f"line {self._line(rank)} ran because line {user.line} needs it"
                because = self.groups.get(user.group) or (
                    self.causes.get(user.index)
                    or _Cause(text=f"line {user.line} runs", leads=self.helps.get(user.index))
                )
                found[group] = Reason(chain=(text, *self._chain(because)), shown=False)
            elif self.all_ran:
                found[group] = Reason(chain=(self.all_ran,))
        return found

    def _helping(self, group: str) -> int | None:
        return next((r for r in self.helps if self.units[r].group == group), None)

    def _chain(self, cause: _Cause) -> tuple[str, ...]:
        chain, met = [cause.text], set[int]()
        while (rank := cause.leads) is not None and rank not in met and len(chain) < LONGEST:
            met.add(rank)
            following = self.causes.get(rank)
            if following is None and rank in self.helps:
                user = self.helps[rank]
                following = _Cause(
                    text=f"line {self._line(rank)} ran because line {self._line(user)} needs it", leads=user
                )
            if following is None:
                break
            cause = following
            chain.append(cause.text)
        return tuple(chain)


def told(place: str) -> str:
    """Say what a place is, in words."""
    kind, _, name = place.partition(":")
    if place.startswith(CODE):
        return name
    if place == f"{FILE}/":
        return "the site's folder"
    if place.startswith(FILE):
        return f"the folder {name}" if name.endswith("/") else f"the file {name}"
    if place == NUMBERS:
        return "the state of Python's random numbers"
    if place == RUNNING:
        return "what is left running (a thread, a task or a program)"
    if place == "state:os":
        return "the environment, or the working directory"
    if kind == "state" and name:
        return f"the state of the module {name}"
    if kind == "env" and name:
        return f"the environment variable {name}"
    if kind == "package" and name:
        return f"the package {name}"
    return "a file that child_inputs names" if place == "children" else f"`{place}`"
