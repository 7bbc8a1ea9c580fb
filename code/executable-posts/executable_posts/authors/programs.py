"""The programs that a post's blocks compiled under a name."""

from __future__ import annotations

from pathlib import Path

from ..languages.cpp import named_programs, programs_folder


def program(name: str) -> Path:
    """Return the path of the program that a C++ block with ``-o NAME`` compiled; raise FileNotFoundError if none did."""
    path = named_programs(programs_folder()) / name
    if not path.is_file():
        raise FileNotFoundError(f"no C++ block has made {name}: give it the flag -o {name}, and run it first")
    return path
