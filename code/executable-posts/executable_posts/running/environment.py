"""What a build is given by the machine: variables, of which some are no input, and packages; and how it says that it looked."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

HEARD = "executable_posts.outside"  # an audit event of ours, for what none of Python's tells: a file that is looked at, a variable


@dataclass(frozen=True)
class Variables:
    """Hold a set of environment variables. names: whole ones; beginnings: of all others."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def has(self, name: str) -> bool:
        """Tell whether a variable is one of them."""
        return name in self.names or name.startswith(self.beginnings)


# What a kernel is given by who starts it, another in every run.
OURS = Variables(
    frozenset(["TMPDIR", "IPYTHONDIR", "PYTHONHASHSEED", "COLUMNS", "LINES"]),
    ("PYDEVD_", "EXECUTABLE_POSTS_", "JPY_", "PYTEST_"),
)
# What a shell, a terminal and a build say of themselves: no reason when a unit takes the whole environment, to hand it on.
SESSION = Variables(
    frozenset(
        ["_", "OLDPWD", "PWD", "SHLVL", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "COLORTERM",
         "WINDOWID", "WINDOW", "STY", "TMUX", "TMUX_PANE",
         "XDG_RUNTIME_DIR", "XDG_SEAT", "XDG_VTNR", "DBUS_SESSION_BUS_ADDRESS",
         "MAKE", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKEFILES", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR",
         "MAKE_RESTARTS", "CACHE", "SITEURL"]
    ),
    ("SSH_", "XDG_SESSION_"),
)  # fmt: skip


def installed() -> set[str]:
    """List the installed distributions as name-version; by folder names, since reading metadata takes ten times longer."""
    found: set[str] = set()
    for folder in sys.path:
        try:
            found.update(
                e[: -len(".dist-info")] for e in os.listdir(folder or ".") if e.endswith(".dist-info")
            )
        except OSError:
            continue
    return found
