"""IPython's commands in a block of Python: lines that begin with a percent sign or an exclamation mark."""

from __future__ import annotations

import re

_LINE = re.compile(r"^([%!]+)([\w.]*)(.*)$", re.MULTILINE)
# Magic commands that change nothing for others, and those that change one module's ways.
_HARMLESS = frozenset(
    [
        "time",
        "timeit",
        "prun",
        "pwd",
        "ls",
        "cat",
        "who",
        "whos",
        "psource",
        "pdef",
        "pdoc",
        "pinfo",
        "lsmagic",
    ]
)
_OF_MODULES = {
    "matplotlib": "matplotlib",
    "config InlineBackend": "matplotlib",
    "load_ext executable_posts": "",
}


def as_statements(source: str) -> str:
    """Put a statement in the place of every command, as IPython does; what cannot be cut stays as it is, and no Python."""
    if re.search(r"^%%|^[%!].*\\$", source, re.MULTILINE):
        return source
    return _LINE.sub("get_ipython()", source)


def begins(text: str) -> bool:
    """Tell whether a text begins with a command."""
    return bool(_LINE.match(text))


def any_changes(source: str) -> bool:
    """Tell whether some command in a source changes anything for others."""
    return any(changed_by(found[0]) for found in _LINE.finditer(source))


def changed_by(line: str) -> str:
    """Give the module whose ways a command changes: "IPython" for all that is shown, "" for none."""
    found = _LINE.match(line)
    if not found or found[1][0] == "!" or found[2] in _HARMLESS:
        return ""
    words = f"{found[2]}{found[3]}".replace(".", " ").split()
    for known, module in _OF_MODULES.items():
        if words[: len(known.split())] == known.split():
            return module
    return "IPython"
