"""Gather the modules that come along into a page, and pack them: the same bytes for the same sources."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..reading import imports
from ..running.pieces import Pieces

_WHEN = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip file knows


@dataclass(frozen=True, kw_only=True)
class Module:
    """Hold a module that comes along. name: its full name; path: its file; root: the folder it is imported from."""

    name: str
    path: Path
    root: Path
    content: bytes

    @property
    def is_package(self) -> bool:
        """Tell whether it is a package's own module."""
        return self.path.name == "__init__.py"

    @property
    def text(self) -> str:
        """Give its source."""
        return self.content.decode("utf-8")

    def loads(self) -> list[tuple[str, bool]]:
        """List the full names of modules that it may load, and whether only a call does so."""
        return [(name, found.deferred) for found in self.imports() for name in found.candidates()]

    def imports(self) -> tuple[imports.Import, ...]:
        """List what it imports."""
        return imports.of_source(self.text, self.name, self.is_package)


def archive(files: dict[str, bytes]) -> bytes:
    """Make a zip file of name -> content, without dates."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system = 3  # else the machine that packs shows in it
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, files[name], compresslevel=9)
    return made.getvalue()


def source_root(path: Path) -> Path:
    """Find the folder from which a package, subpackage or module is imported."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def gather(places: Iterable[Path], lazy: bool = True, pieces: Pieces | None = None) -> dict[str, Module]:
    """Read packages and modules, and whatever they import from beside themselves; return full name -> module.

    places: files and folders; a folder comes whole, with its namespace packages. The ``__init__`` of every package on
    the way comes along. lazy: imports inside functions count, since a page may call these; without it only what loading
    a module loads. pieces: what is known of modules' imports, so that only those that were edited are parsed.
    """
    pieces = pieces or Pieces()
    on_the_way = functools.cache(_on_the_way)
    places = list(places)
    roots = sorted({source_root(place) for place in places})
    waiting = [
        (path, source_root(place))
        for place in places
        for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))
        if "__pycache__" not in path.parts
    ]
    found: dict[str, Module] = {}
    while waiting:
        path, root = waiting.pop()
        name = module_name(path, root)
        if name in found:
            continue
        module = found[name] = Module(name=name, path=path, root=root, content=path.read_bytes())
        loads = pieces.of(("loads", module.name, module.is_package, module.content), module.loads)
        for candidate, deferred in loads:
            if lazy or not deferred:
                waiting += [(p, base) for base in roots for p in on_the_way(candidate, base)]
        waiting += [(p, root) for p in on_the_way(name, root)]
    return found


def _on_the_way(name: str, root: Path) -> list[Path]:
    """List the files that importing a full name loads from below a source root: packages first, namespaces left out."""
    parts = name.split(".")
    steps = (".".join(parts[:size]) for size in range(1, len(parts) + 1))
    return [path for step in steps if (path := find_module(step, root))]


def find_module(name: str, root: Path) -> Path | None:
    """Find the file of a module below a source root; a package goes before a module of its name, as in Python."""
    base = root.joinpath(*name.split("."))
    return next((p for p in (base / "__init__.py", base.with_name(f"{base.name}.py")) if p.is_file()), None)


def module_name(path: Path, root: Path) -> str:
    """Give the full name under which a file below a source root is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
