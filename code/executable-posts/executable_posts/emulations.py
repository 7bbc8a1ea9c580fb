"""What a site puts in the place of packages that a reader's page cannot have: a network's clients, say, on a network in memory.

A folder of the site holds modules under the names of the real ones. In the page's Python that folder stands last on the
import path; nowhere else is it on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import PostError
from .toml_lines import line_of_key

TABLE = "[tool.executable_posts.emulations]"


@dataclass(frozen=True, kw_only=True)
class Emulations:
    """Hold what a site emulates. folder: from the site's root, "" without any; packages: top-level package -> what a
    reader is told it is, such as "MQTT broker"."""

    folder: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)

    def modules(self, root: Path) -> dict[Path, bytes]:
        """Read every module of the folder; path below the folder -> content. root: the site's."""
        if not self.folder:
            return {}
        base = root / self.folder
        return {p.relative_to(base): p.read_bytes() for p in sorted(base.rglob("*.py"))}


def checked(file: Path, table: object) -> Emulations:
    """Read the settings' table; raise PostError for what is wrong in it. file: the ``pyproject.toml`` it stands in."""

    def fault(found: str, mend: str) -> PostError:
        line = line_of_key(file.read_text(encoding="utf-8"), "emulations") if file.is_file() else 0
        return PostError(file, line, f"{TABLE} {found}", mend)

    example = 'say folder = "emulated" and packages = { aiomqtt = "MQTT broker" }'
    if not isinstance(table, dict):
        raise fault("is no table", example)
    if unknown := sorted(set(table) - {"folder", "packages"}):
        raise fault(f"has no key {unknown[0]!r}", "use folder and packages")
    folder, packages = table.get("folder"), table.get("packages")
    if not isinstance(folder, str) or not folder:
        raise fault("names no folder" if folder is None else f"folder = {folder!r}", example)
    if not isinstance(packages, dict) or not packages:
        raise fault("names no packages" if packages is None else f"packages = {packages!r}", example)
    inside = Path(folder)
    if inside.is_absolute() or ".." in inside.parts or not inside.parts:
        raise fault(f"folder = {folder!r} is not below the site's root", "name a folder of the site")
    base = file.parent / inside
    if not base.is_dir():
        raise fault(f"folder = {folder!r}: there is no such folder", "make it, or name the one that is meant")
    for package, told in packages.items():
        if not isinstance(told, str) or not told.strip():
            raise fault(f"{package} = {told!r}", "say in a few words what a reader has there")
        if not package.isidentifier():
            raise fault(f"names the package {package!r}", "name a top-level package, without a dot")
        if not any(p.is_file() for p in (base / f"{package}.py", base / package / "__init__.py")):
            raise fault(
                f"names {package}, and neither {folder}/{package}.py nor {folder}/{package}/__init__.py is there",
                "write it, or take the name out",
            )
    return Emulations(folder=inside.as_posix(), packages=dict(packages))
