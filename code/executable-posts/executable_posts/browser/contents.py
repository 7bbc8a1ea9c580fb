"""What is in the Python of a reader's page: the engine's part, the site's packages, what the site emulates, its data.

`runtime` ships exactly this, and `place` decides by exactly this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PostError
from ..running.pieces import Pieces
from .packing import Module, gather

ENGINE = Path(__file__).parents[1]
# The driver, whole, what posts import, and the languages, which are found by their names, in no import; what these import
# when they are loaded comes along.
SEEDS = (ENGINE / "in_page", ENGINE / "authors" / "__init__.py", ENGINE / "languages")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Hold what is in the page. engine, site: full name -> module; emulated: path below the site's folder of emulations
    -> content; packages: top-level package that is emulated -> what a reader is told it is; data: path -> content."""

    engine: Mapping[str, Module]
    site: Mapping[str, Module]
    emulated: Mapping[Path, bytes]
    packages: Mapping[str, str]
    data: Mapping[str, bytes]

    def modules(self) -> dict[str, Module]:
        """Give every module that is there under its own name: full name -> module."""
        return {**self.site, **self.engine}


def contents(config: Config, pieces: Pieces | None = None) -> Contents:
    """Read what a site's pages have; raise PostError for a package in the settings that does not exist. pieces: what is known of
    modules' imports."""
    found = [config.root / place for place in config.browser_packages]
    for path in found:
        if not path.exists():
            raise PostError(
                "pyproject.toml", 0, f"browser_packages: there is no {config.label(path)}", "name a package"
            )
    data = {
        config.label(path): path.read_bytes()
        for pattern in config.browser_files
        for path in config.root.glob(pattern)
        if path.is_file()
    }
    return Contents(
        engine=shipped(pieces),
        site=gather(found, pieces=pieces),
        emulated=config.emulations.modules(config.root),
        packages=config.emulations.packages,
        data=data,
    )


def shipped(pieces: Pieces | None = None) -> dict[str, Module]:
    """Read the modules of the engine that a page has: full name -> module."""
    return gather(SEEDS, lazy=False, pieces=pieces)
