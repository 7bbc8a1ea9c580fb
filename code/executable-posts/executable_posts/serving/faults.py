"""A build's fault as a page shows it: where, what, how to mend it, and the lines around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

AROUND = 3  # lines
_ERROR = re.compile(r"^error: (?:(?P<path>[^\s:]+):(?:(?P<line>\d+):)? )?(?P<found>.+)$", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def told_fault(fault: dict[str, Any] | None, text: str, root: Path) -> dict[str, Any]:
    """Make what a page shows of a fault.

    fault: as the build told it, None when it told none: then ``text``, what it printed, is all there is. root:
    where paths start. Gives `path`, `line`, `found`, `mend`, `detail` and `excerpt`: lines as [number, text].
    """
    shown: dict[str, Any] = {"path": "", "line": 0, "found": "", "mend": "", "detail": "", **(fault or {})}
    if not fault:
        text = _ANSI.sub("", text.replace("\r\n", "\n").rpartition("\r")[2]).strip()
        said = _ERROR.search(text)
        if said:
            shown.update(path=said["path"] or "", line=int(said["line"] or 0), found=said["found"])
        shown["found"] = shown["found"] or "The site's generator ended with an error."
        shown["detail"] = "\n".join(text.splitlines()[-25:])
    shown["excerpt"] = excerpt(root / shown["path"], shown["line"]) if shown["path"] else []
    return shown


def excerpt(path: Path, line: int) -> list[tuple[int, str]]:
    """Give the lines of a file around one of them (1-based); none where there is no such line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if line else []
    except OSError:
        return []
    if line > len(lines):
        return []
    first = max(1, line - AROUND)
    return [(first + at, text) for at, text in enumerate(lines[first - 1 : line + AROUND])]
