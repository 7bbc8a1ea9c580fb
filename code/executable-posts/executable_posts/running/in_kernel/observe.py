"""Watch what each unit of a post does: names that changed, what shares with them, files, variables, modules, what goes on.

Only what a unit can reach is compared, by the fingerprints of values before and after it. The observer holds addresses
and hashes, and keeps no value alive.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..plan import EVERYTHING, RUNNING
from . import states
from .contents import ABSENT, content
from .fingerprint import fingerprint
from .listening import Listening
from .temporary import Names, Temporary
from .values import Print

_SHELL = frozenset(["In", "Out", "get_ipython", "exit", "quit"])
_SHELL_NAMES = re.compile(r"_+|__\w+__|_\d+|_i\d*|_ii|_iii|_ih|_oh|_dh|_exit_code")
_SITE_PACKAGES = ("site-packages", "dist-packages")


class Observer:
    """Watch units that run in a namespace. listening: hears of files, variables and programs."""

    def __init__(self, namespace: dict[str, Any], listening: Listening):
        self.namespace = namespace
        self.listening = listening
        self.prints: dict[str, Print] = {}
        self.addresses: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.modules: set[str] = set()
        self.site: dict[str, str] = {}  # module of the site -> its state
        self.tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self.threads: set[int] = set()
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
        self.states = states.known()
        self.modules = set(sys.modules)
        self.threads = {t.ident or 0 for t in threading.enumerate()}

    def before(self, unit: Mapping[str, Any]) -> None:
        """Begin with a unit, told as ``index``, ``text``, ``wants``, ``binds``, ``changes`` and ``all``."""
        self.unit = dict(unit)
        self.names.begin(str(unit["text"]))
        self.tasks_before = weakref.WeakSet(self._all_tasks())
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
        imported = self._imported()
        writes = self._written(unit)
        self._state_writes(unit, writes)
        writes.update({f"state:{top}": {} for top in imported["odd"]})
        self._still_running(writes)
        heard = self.listening
        for place in sorted(heard.writes):
            said = content(heard.path(place))
            if said == ABSENT and heard.child and place not in heard.before:
                continue  # it came and went
            writes[f"file:{place}"] = {"digest": said}
            writes.setdefault(f"file:{os.path.dirname(place)}/", {})
        self.seen[unit["index"]] = {
            "writes": writes,
            "reads": sorted({f"file:{p}" for p in (*heard.reads, *heard.folders)}),
            "outside": sorted({*imported["places"], *(f"env:{name}" for name in heard.variables)}),
            "child": heard.child,
            "seconds": round(took, 4),
        }

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
            if place := self._code(name):
                found |= {f"code:{place}", f"state:{top}", *(f"state:{known}" for known in states.KNOWN)}
            elif top in sys.stdlib_module_names:
                found.add("state:os")
            else:
                found |= {f"state:{top}", *(f"state:{known}" for known in states.KNOWN)}
        return sorted(found)

    def _code(self, module: str) -> str:
        """Give the file of a module of the site, "" for any other."""
        file = getattr(sys.modules.get(module), "__file__", None)
        if not isinstance(file, str) or any(part in file for part in _SITE_PACKAGES):
            return ""
        place = self.listening.place(file)
        return "" if place.startswith("$TMP") else place

    def _imported(self) -> dict[str, set[str]]:
        """Find the modules that a unit imported: what they depend on, and entries that no import system made."""
        now = set(sys.modules)
        new, self.modules = now - self.modules, now
        places: set[str] = set()
        odd: set[str] = set()
        for name in new:
            module, top = sys.modules.get(name), name.partition(".")[0]
            if module is None or name == "__main__":
                continue
            if getattr(module, "__spec__", None) is None:
                if not top.startswith("_"):  # what compilers of extensions keep there
                    odd.add(top)
            elif place := self._code(name):
                places.add(f"code:{place}")
                self.site[name] = states.of_module(module)
            elif top not in sys.stdlib_module_names and not top.startswith("_"):
                places.add(f"package:{top}")
        return {"places": places, "odd": odd}

    def _state_writes(self, unit: Mapping[str, Any], writes: dict[str, Any]) -> None:
        now = states.known()
        for name, said in now.items():
            if name in self.states and self.states[name] != said:
                writes[f"state:{name}"] = {}
        self.states = now
        reached = {m for n in self._reach(unit["wants"]) if n in self.prints for m in self.prints[n].modules}
        for name in unit["changes"]:
            value = self.namespace.get(name)
            if isinstance(value, type(sys)):  # an attribute of a module is set: whoever uses it may see that
                writes[f"state:{value.__name__.partition('.')[0]}"] = {}
        tops = {m.partition(".")[0] for m in reached}
        for module, said in self.site.items():
            top = module.partition(".")[0]
            if (top in tops or unit["all"]) and module in sys.modules:
                self.site[module] = states.of_module(sys.modules[module])
                if self.site[module] != said:
                    writes[f"state:{top}"] = {}

    def _all_tasks(self) -> set[asyncio.Task[Any]]:
        try:
            return asyncio.all_tasks()
        except RuntimeError:
            return set()

    def _still_running(self, writes: dict[str, Any]) -> None:
        for task in self._all_tasks() - set(self.tasks_before):
            code = getattr(task.get_coro(), "cr_code", None)
            if code is None or not any(
                f"{os.sep}{host}{os.sep}" in code.co_filename for host in states.HOSTS
            ):
                self.tasks.add(task)
        going = [f"task {getattr(t.get_coro(), '__qualname__', '?')}" for t in self.tasks if not t.done()]
        going += ["thread" for t in threading.enumerate() if t.ident not in self.threads and not _idle(t)]
        if self.listening.child:
            going += ["program"] * _children()
        said = " ".join(sorted(going))
        if said != self.running:
            self.started |= self.looked
            self.running = said
            writes[RUNNING] = {"digest": said}


def _is_shell(name: str) -> bool:
    return bool(_SHELL_NAMES.fullmatch(name))


def _idle(thread: threading.Thread) -> bool:
    """Tell whether a thread is one that a pool keeps for later, or the kernel's own, some of which come late."""
    of = getattr(thread, "_target", None) or type(thread)
    return thread.name.startswith(("asyncio_", "ThreadPoolExecutor-")) or (
        (getattr(of, "__module__", "") or "").partition(".")[0] in states.HOSTS
    )


def _children() -> int:
    """Count the programs that this process has started and that have not ended; 0 where the system does not tell."""
    count = 0
    for listed in Path("/proc/self/task").glob("*/children"):
        try:
            pids = listed.read_text().split()
            count += sum(
                Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z" for pid in pids
            )
        except (OSError, IndexError):
            continue
    return count
