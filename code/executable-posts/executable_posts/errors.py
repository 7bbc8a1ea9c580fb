"""The one kind of error an author sees: where, what was found, how to mend it."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath

_COMMAND = re.compile(r"`(executable-posts|pytest)(?: ([^`]*))?`")


class PostError(Exception):
    """Report a fault in a post at ``path:line``.

    path: path as the author knows it (relative to the site root). line: 1-based, 0 when the whole file is meant.
    found: what is wrong, one sentence. mend: what to do, one sentence; it names the engine's own commands in
    backticks, and whoever prints it puts the site's words there (`in_words_of`). detail: longer text shown below (a
    block's source, a traceback); may be empty.
    """

    def __init__(self, path: str | PurePath, line: int, found: str, mend: str = "", detail: str = "") -> None:
        self.path, self.line, self.found, self.mend, self.detail = str(path), line, found, mend, detail
        super().__init__(str(self))

    @property
    def where(self) -> str:
        """Give the place as editors open it: ``path:line``, or the path alone."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        return self.told({})

    def told(self, commands: Mapping[str, str]) -> str:
        """Give the whole text, with the commands that this site's authors type."""
        text = f"{self.where}: {self.found}"
        if self.mend:
            text += f"\n  mend: {in_words_of(commands, self.mend)}"
        if self.detail:
            text += "\n\n" + "\n".join("  " + line for line in self.detail.rstrip().splitlines()) + "\n"
        return text.encode("utf-8", "backslashreplace").decode()  # half a character can be written nowhere


Report = Callable[[PostError], None]


def stop(error: PostError) -> None:
    """Hear of a fault by raising it: the build ends at the first one. A list's ``append`` hears of all of them."""
    raise error


def in_words_of(commands: Mapping[str, str], text: str) -> str:
    """Put a site's own commands in the place of `` `executable-posts ...` `` and `` `pytest ...` `` in a text.

    commands: what follows ``executable-posts`` (``"sync"``, ``"sync --prefer post"``; ``"test"`` for pytest) -> what
    is typed instead. The longest name that fits wins. A name that ends with ``{}`` fits any words in its place, and
    they stand where the command has ``{}``; words after any other name are added at the end.
    """

    def typed(match: re.Match[str]) -> str:
        words = match[2].split(" ") if match[2] else []
        words = words if match[1] == "executable-posts" else ["test", *words]
        for count in range(len(words), 0, -1):
            name, rest = " ".join(words[:count]), " ".join(words[count:])
            if rest and f"{name} {{}}" in commands:
                return f"`{commands[name + ' {}'].replace('{}', rest)}`"
            if name in commands:
                return "`" + " ".join(filter(None, (commands[name], rest))) + "`"
        return str(match[0])

    return _COMMAND.sub(typed, text) if commands else text


# The package that has a module, where the names differ, for what the engine itself imports; extras where one brings it.
_PACKAGES = {"yaml": "pyyaml", "markdown_it": "markdown-it-py", "pelican": "executable-posts[pelican]"}


def missing_module(error: ModuleNotFoundError) -> PostError:
    """Tell of a package that is not installed: it is neither the post's fault nor the engine's."""
    name = (error.name or "?").partition(".")[0]
    package = _PACKAGES.get(name, name.replace("_", "-"))
    return PostError(
        f"the package {name}", 0, "is not installed in this environment", f"run: pip install '{package}'"
    )


_NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def no_place(error: OSError) -> PostError | None:
    """Tell of a disk that takes nothing more, which is nobody's fault here; None when an error is another one."""
    found = error.strerror or ""
    # What `tempfile` says when it can write nowhere.
    if error.errno not in _NO_PLACE and not found.startswith("No usable temporary directory"):
        return None
    path = error.filename if isinstance(error.filename, str) else "a disk"
    return PostError(
        path, 0, f"cannot be written: {found}", "make room there; the published site is as it was"
    )
