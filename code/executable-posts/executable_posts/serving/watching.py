"""Notice what was saved: by looking at every source ten times a second, which misses nothing, on any file system."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from pathlib import Path
from stat import S_ISREG

from ..site.sources import content, files_below, mark

SMALL = 1_000_000  # bytes up to which a file is known by its content
_Known = tuple[list[int], str]


class Sources:
    """Know the files below some paths. ignored: folders that builds write to."""

    def __init__(self, paths: Iterable[Path], ignored: Collection[Path] = ()):
        self.paths = list(paths)
        self._ignored = {str(Path(path).resolve()) for path in ignored}
        self._known: dict[str, _Known] = {}
        self.rest = (
            0.0  # seconds to wait between two looks, so that looking takes a twentieth of a core at most
        )
        self.changed()

    def changed(self) -> list[Path]:
        """List what was saved, made, renamed or removed since the last call.

        A file counts by its content, so what a build writes as it was before does not begin another one.
        """
        begun = time.perf_counter()
        now: dict[str, _Known] = {}
        changed = []
        for path, stat in files_below(self.paths, self._ignored):
            if not S_ISREG(stat.st_mode):
                continue
            seen = mark(stat)
            before = self._known.get(path)
            if before and before[0] == seen:
                now[path] = before
                continue
            now[path] = (seen, (content(path) if stat.st_size <= SMALL else "") or repr(seen))
            if not before or before[1] != now[path][1]:
                changed.append(Path(path))
        changed += [Path(path) for path in self._known.keys() - now.keys()]
        self._known = now
        self.rest = 20 * (time.perf_counter() - begun)
        return sorted(changed)
