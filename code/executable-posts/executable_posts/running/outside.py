"""What a post's results depend on besides its own text, as digests: files, folders, variables, packages, the site's code.

A digest is made once a build. Of the site's code, a module counts with all modules of the site that it imports, in
functions as well, and theirs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys

from ..config import Config
from ..reading import imports
from .cache import matching
from .environment import HEARD
from .in_kernel.contents import content
from .pieces import Pieces
from .plan import CHILDREN, CODE, FILE


class Outside:
    """Know the digests of what is outside of posts, during one build. pieces: what modules were found to import before."""

    def __init__(self, config: Config, pieces: Pieces | None = None):
        self.config, self.root, self.pieces = config, config.root, pieces or Pieces()
        self._start = os.fspath(config.root)
        self._known: dict[str, str] = {}
        self._contents: dict[str, str] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._imported: dict[str, frozenset[str]] = {}
        self._files: dict[str, bool] = {}

    def digest(self, place: str) -> str:
        """Hash what a place is now, named as the observer names it; "" where nothing is."""
        if place not in self._known:
            self._known[place] = self._look(place)
            if place.startswith("env:"):
                sys.audit(HEARD, "env", place.removeprefix("env:"))
        return self._known[place]

    def content(self, place: str) -> str:
        """Hash a file of the site as the observer does."""
        if place not in self._contents:
            self._contents[place] = content(self.root / place.removeprefix(FILE))
        return self._contents[place]

    def forget(self) -> None:
        """Look at everything anew, after blocks have run."""
        self._known.clear()
        self._contents.clear()

    def _look(self, place: str) -> str:
        kind, _, name = place.partition(":")
        if place.startswith(CODE):
            inside = "".join(f"{p}={self._file(p)}\n" for p in sorted(self.imported(name)))
            return hashlib.sha256(inside.encode()).hexdigest()[:24]
        if place.startswith(FILE):
            return self._file(name)
        if kind == "env":
            said = os.environ.get(name)
            return (
                "" if said is None else hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24]
            )
        if kind == "package":
            return self._package(name)
        if place == CHILDREN:
            files = sorted(matching(self.config, (*self.config.inputs, *self.config.child_inputs)))
            inside = "".join(f"{p}={self._file(self.config.label(p))}\n" for p in files)
            return hashlib.sha256(inside.encode()).hexdigest()[:24]
        raise ValueError(place)

    def _file(self, name: str) -> str:
        if name.startswith("$TMP/"):
            return ""  # it went with the run
        known = self._known.get(f"{FILE}{name}")
        if known is not None:
            return known
        path = os.path.join(self._start, name)
        try:
            if name.endswith("/"):
                said = "\n".join(sorted(n for n in os.listdir(path) if n != "__pycache__")).encode()
            else:
                with open(path, "rb") as file:
                    said = file.read()
        except OSError:
            said = b""
        found = self._known[f"{FILE}{name}"] = hashlib.sha256(said).hexdigest()[:24]
        return found

    def _package(self, name: str) -> str:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            return ""
        place = spec.origin or "".join(spec.submodule_search_locations or ())
        try:
            told = os.stat(place)
        except OSError:
            return place
        sys.audit(HEARD, "file", place)
        return f"{place} {told.st_size} {told.st_mtime_ns}"

    def imported(self, name: str) -> frozenset[str]:
        """List the files of a module of the site and of all that it imports of the site. name: its file, from the root."""
        if name not in self._closures:
            found, waiting = {name}, [name]
            while waiting:
                one = waiting.pop()
                if one not in self._imported:
                    self._imported[one] = frozenset(self._imports(one))
                for more in self._imported[one]:
                    if more not in found:
                        found.add(more)
                        waiting.append(more)
            self._closures[name] = frozenset(found)
        return self._closures[name]

    def _imports(self, name: str) -> set[str]:
        above, _, own = name.rpartition("/")
        parts = [own.removesuffix(".py")]
        while above and self._is_file(f"{above}/__init__.py"):
            above, _, own = above.rpartition("/")
            parts.insert(0, own)
        try:
            with open(os.path.join(self._start, name), encoding="utf-8") as file:
                source = file.read()
        except (OSError, UnicodeDecodeError):
            return set()
        package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if package else parts)
        found: set[str] = set()
        asked = self.pieces.of((source, module, package), lambda: _asked(source, module, package))
        for full in asked:
            place = above
            for step in full.split("."):
                place = f"{place}/{step}" if place else step
                for candidate in (f"{place}.py", f"{place}/__init__.py"):
                    if self._is_file(candidate):
                        found.add(candidate)
        return found - {name}

    def _is_file(self, name: str) -> bool:
        if name not in self._files:
            self._files[name] = os.path.isfile(os.path.join(self._start, name))
        return self._files[name]


def _asked(source: str, module: str, package: bool) -> list[str]:
    """List the names of all modules that a module may mean by its imports, its own among them."""
    found = {module}
    for one in imports.of_source(source, module, package):
        found.update(one.candidates())
    return sorted(found)
