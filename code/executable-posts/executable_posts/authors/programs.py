"""The programs that a post's blocks compiled under a name."""

from __future__ import annotations

from pathlib import Path

from .. import config


def named_programs(cache: Path) -> Path:
    """Give the folder of programs kept under a name. cache: the folder of compiled programs."""
    return cache / "named"


def program(name: str) -> Path:
    """Return the path of the program that a C++ block with ``-o NAME`` compiled; raise FileNotFoundError if none did."""
    path = named_programs(config.load().cache_dir / "c++") / name
    if not path.is_file():
        raise FileNotFoundError(f"no C++ block has made {name}: give it the flag -o {name}, and run it first")
    return path
