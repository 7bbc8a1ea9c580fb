"""Which modules a unit imports, and which states of modules it changes; what an import does by itself is no change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

from ..plan import NUMBERS
from . import states
from .listening import Listening

_SITE_PACKAGES = ("site-packages", "dist-packages")
_fresh: dict[str, str] = {}  # name of a module -> its state when it had just been imported


def note_imports(listening: Listening) -> None:
    """Note from now on what state modules are in when they have been imported; a process cannot take that back."""
    usual: Callable[[Any, ModuleType], None] = SourceFileLoader.exec_module

    def exec_module(self: SourceFileLoader, module: ModuleType) -> None:
        usual(self, module)
        name = module.__name__
        if look := states.KNOWN.get(name):
            _fresh[name] = states.digest(look, module)
        elif code_of(name, listening):
            _fresh[name] = states.of_module(module)

    SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign, assignment]


def code_of(module: str, listening: Listening) -> str:
    """Give the file of a module of the site, "" for any other."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(file, str) or any(part in file for part in _SITE_PACKAGES):
        return ""
    place = listening.place(file)
    return "" if place.startswith("$TMP") else place


class Modules:
    """Know the modules of a process and their states, from unit to unit."""

    def __init__(self, listening: Listening):
        self.listening = listening
        self.names: set[str] = set()
        self.states: dict[str, str] = {}
        self.site: dict[str, str] = {}  # module of the site -> its state

    def start(self) -> None:
        """Take what is imported now for what was there before the post."""
        self.states = states.known()
        self.names = set(sys.modules)

    def imported(self, writes: dict[str, Any]) -> set[str]:
        """Give what the modules that a unit imported depend on; note entries that no import system made as written."""
        now = set(sys.modules)
        new, self.names = now - self.names, now
        places: set[str] = set()
        for name in new:
            module, top = sys.modules.get(name), name.partition(".")[0]
            if module is None or name == "__main__":
                continue
            if getattr(module, "__spec__", None) is None:
                if not top.startswith("_"):  # what compilers of extensions keep there
                    writes[f"state:{top}"] = {}
            elif place := code_of(name, self.listening):
                places.add(f"code:{place}")
                state = states.of_module(module)
                self.site[name] = state
                if _fresh.get(name, state) != state:
                    writes[f"state:{top}"] = {}
            elif top not in sys.stdlib_module_names and not top.startswith("_"):
                places.add(f"package:{top}")
        return places

    def changed(
        self, unit: Mapping[str, Any], namespace: Mapping[str, Any], reached: Iterable[str]
    ) -> set[str]:
        """Give the states that a unit changed. reached: names of the modules that it could reach."""
        found: set[str] = set()
        now = states.known()
        for name, said in now.items():
            if self.states.get(name, _fresh.get(name, said)) != said:
                found.add(NUMBERS if name == "random" else f"state:{name}")
        self.states = now
        for name in unit["changes"]:
            value = namespace.get(name)
            if isinstance(value, ModuleType):  # an attribute of a module is set: whoever uses it may see that
                found.add(f"state:{value.__name__.partition('.')[0]}")
        tops = {module.partition(".")[0] for module in reached}
        for module, said in self.site.items():
            top = module.partition(".")[0]
            if (top in tops or unit["all"]) and module in sys.modules:
                self.site[module] = states.of_module(sys.modules[module])
                if self.site[module] != said:
                    found.add(f"state:{top}")
        return found
