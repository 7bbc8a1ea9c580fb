"""Watch what each unit of a post does: names that changed, what shares with them, files, variables, modules, what goes on.

Only what a unit can reach is compared, by the fingerprints of values before and after it. The observer holds addresses
and hashes, and keeps no value alive.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..plan import EVERYTHING, NUMBERS, RUNNING
from . import states
from .contents import ABSENT, content
from .fingerprint import fingerprint
from .going_on import GoingOn
from .listening import Listening
from .modules import Modules, code_of
from .temporary import Names, Temporary
from .values import Print

_SHELL = frozenset(["In", "Out", "get_ipython", "exit", "quit"])
_SHELL_NAMES = re.compile(r"_+|__\w+__|_\d+|_i\d*|_ii|_iii|_ih|_oh|_dh|_exit_code")


class Observer:
    """Watch units that run in a namespace. listening: hears of files, variables and programs."""

    def __init__(self, namespace: dict[str, Any], listening: Listening):
        self.namespace = namespace
        self.listening = listening
        self.prints: dict[str, Print] = {}
        self.addresses: dict[str, int] = {}
        self.modules = Modules(listening)
        self.going_on = GoingOn()
        self.running = ""
        self.friends: dict[str, set[str]] = {}
        self.started: set[str] = set()  # names that what goes on by itself can reach
        self.seen: dict[int, dict[str, Any]] = {}
        self.unit: dict[str, Any] = {}
        self.names = Names()
        self.temporary = Temporary(listening.temporary)
        self.begun = 0.0

    def start(self) -> None:
        """Take what is there now for what was there before the post."""
        self.prints = {name: self._print(name) for name in self._names()}
        self.addresses = {name: id(self.namespace[name]) for name in self.prints}
        self.modules.start()
        self.going_on.start()

    def before(self, unit: Mapping[str, Any]) -> None:
        """Begin with a unit, told as ``index``, ``text``, ``wants``, ``binds``, ``changes``, ``all`` and ``shell``."""
        if not self.begun:
            self.start()  # anew: what the kernel does by itself until the first unit is nobody's
        self.unit = dict(unit)
        self.names.begin(str(unit["text"]))
        self.going_on.begin()
        self.listening.begin()
        self.begun = time.perf_counter()

    def after(self) -> None:
        """End with the unit; note what it did."""
        if not self.unit:
            return
        took = time.perf_counter() - self.begun
        unit, self.unit = self.unit, {}
        self.names.begin("")
        self.listening.end()
        writes = self._written(unit)
        reached = {m for n in self._reach(unit["wants"]) if n in self.prints for m in self.prints[n].modules}
        writes.update({place: {} for place in self.modules.changed(unit, self.namespace, reached)})
        imported = self.modules.imported(writes)
        if unit["shell"]:
            writes[f"state:{unit['shell']}"] = {}
        self._still_running(writes)
        heard = self.listening
        for place in sorted(heard.writes):
            said = content(heard.path(place))
            if said == ABSENT and place in heard.new:
                continue  # it came and went
            writes[f"file:{place}"] = {"digest": said}
            writes.setdefault(f"file:{os.path.dirname(place)}/", {})
        self.seen[unit["index"]] = {
            "writes": writes,
            "reads": sorted({*(f"file:{p}" for p in (*heard.reads, *heard.folders)), *self._drew(writes)}),
            "outside": sorted({*imported, *(f"env:{name}" for name in heard.variables)}),
            "child": heard.child,
            "seconds": round(took, 4),
        }

    def _drew(self, writes: Mapping[str, Any]) -> set[str]:
        """Tell whether the unit used Python's random numbers: a draw changes their state, and the rest is heard."""
        return {NUMBERS} if self.listening.random or NUMBERS in writes else set()

    def told(self) -> dict[int, dict[str, Any]]:
        """Give what was noted since the last call."""
        seen, self.seen = self.seen, {}
        return seen

    def _print(self, name: str) -> Print:
        return fingerprint(self.namespace[name], self.namespace, temporary=self.temporary)

    def _names(self) -> list[str]:
        return [n for n in list(self.namespace) if n not in _SHELL and not _is_shell(n)]

    def _written(self, unit: Mapping[str, Any]) -> dict[str, Any]:
        names = set(self._names())
        binds = set(unit["binds"])
        moved = {n for n in names if self.addresses.get(n) != id(self.namespace[n])}
        gone = self.prints.keys() - names
        looked = self._reach([*unit["wants"], *binds, *moved, *(self.started if self.running else ())])
        self.looked = looked
        if unit["all"] or EVERYTHING & looked:
            looked = set(names)
        looked &= names
        writes: dict[str, Any] = {}
        for name in sorted(looked | moved | (binds & names)):
            value = self.namespace[name]
            now, before = self._print(name), self.prints.get(name)
            self.addresses[name] = id(value)
            changed = before is None or now.digest != before.digest or now.exact != before.exact
            changed = changed or name in binds or name in moved
            self.prints[name] = now
            if before is None or now.shared != before.shared:
                self._befriend(name)
            if changed:
                writes[name] = now
        for name in writes:
            writes[name] = self._told(name)
        for name in gone:
            del self.prints[name]
            self._befriend(name)
            self.addresses.pop(name, None)
            writes[name] = {"digest": "absent"}
        return writes

    def _reach(self, names: Iterable[str]) -> set[str]:
        """List the names that are reached from some: by the functions that they hold, and by what they share."""
        waiting, found = list(names), set()
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            known = self.prints.get(name)
            if known is None and name in self.namespace:
                known = self._print(name)
            if known:
                waiting += known.uses
                waiting += self.friends.get(name, ())
        return found

    def _befriend(self, name: str) -> None:
        """Find anew which names share something mutable with one."""
        for friend in self.friends.pop(name, ()):
            self.friends[friend].discard(name)
        if now := self.prints.get(name):
            others = {n for n, o in self.prints.items() if n != name and not now.shared.isdisjoint(o.shared)}
            self.friends[name] = others
            for friend in others:
                self.friends.setdefault(friend, set()).add(name)

    def _told(self, name: str) -> dict[str, Any]:
        now = self.prints[name]
        told: dict[str, Any] = {"digest": now.digest}
        if not now.exact:
            told["exact"] = False
        if others := self.friends.get(name):
            told["friends"] = sorted(others)
        if now.uses:
            told["uses"] = sorted(now.uses)
        if reaches := [*self._places(now.modules), *(f"file:$TMP/{name}" for name in sorted(now.files))]:
            told["reaches"] = reaches
        return told

    def _places(self, modules: Iterable[str]) -> list[str]:
        """Say what leads on from modules: their own state, the site's code, and what everything else may look at."""
        found: set[str] = set()
        for name in modules:
            top = name.partition(".")[0]
            if top in states.KNOWN:
                found.add(f"state:{top}")
            if place := code_of(name, self.listening):
                found |= {f"code:{place}", f"state:{top}", *(f"state:{known}" for known in states.KNOWN)}
            elif top in sys.stdlib_module_names:
                found.add("state:os")
            else:
                found |= {f"state:{top}", *(f"state:{known}" for known in states.KNOWN)}
        return sorted(found)

    def _still_running(self, writes: dict[str, Any]) -> None:
        said = self.going_on.told(self.listening.child)
        if said != self.running:
            self.started |= self.looked
            self.running = said
            # Not exact: whatever runs meanwhile lets it go on.
            writes[RUNNING] = {"digest": said, **({"exact": False} if said else {})}


def _is_shell(name: str) -> bool:
    return bool(_SHELL_NAMES.fullmatch(name))
