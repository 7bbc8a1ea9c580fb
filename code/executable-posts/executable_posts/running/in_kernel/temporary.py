"""The folder of temporary files, which has another path in every run: its files get the same names in every run, and values
that name them the same fingerprints."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator


class Temporary:
    """Know the folder. path: as the environment gives it; "" for none."""

    def __init__(self, path: str = ""):
        self.path = path
        self.bytes = os.fsencode(path)

    def within(self, text: str) -> tuple[str, set[str]]:
        """Name the folder by `$TMP` in a text; give the parts of it that are named, the first step of their paths."""
        if not self.path or self.path not in text:
            return text, set()
        parts = text.split(self.path)
        named = {part[1:].partition(os.sep)[0] for part in parts[1:] if part.startswith(os.sep)}
        return "$TMP".join(parts), {name.split("'")[0].split('"')[0] for name in named} - {""}


class Names(Iterator[str]):
    """Give names for temporary files: by what the unit is that makes them, and by their number."""

    def __init__(self) -> None:
        self.unit, self.count = "", 0

    def begin(self, unit: str) -> None:
        """Begin with a unit. unit: a text that is the same in every run."""
        self.unit, self.count = unit, 0

    def __next__(self) -> str:
        self.count += 1
        return hashlib.blake2b(f"{self.unit} {self.count}".encode(), digest_size=4).hexdigest()

    def install(self) -> None:
        """Make all temporary files of this process get their names here."""
        tempfile._name_sequence = self  # type: ignore[attr-defined]  # a name of its own, since ever
