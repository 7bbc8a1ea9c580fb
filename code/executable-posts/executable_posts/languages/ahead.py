"""Do for cells what can be done before their turn, a few at a time.

A program of its own (`running.ahead` holds the other end)::

    python -P -m executable_posts.languages.ahead WORKERS

It reads lines of JSON: {"environ": {...}} replaces the environment, {"rank": 3, "language": "c++", "cell": {...}} is a cell.
For each cell it writes a line: {"rank": 3, "later": false}; later: it cannot be done yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import known
from .language import Cell


def _do(told: dict[str, Any], writing: threading.Lock) -> None:
    later = False
    with contextlib.suppress(Exception):  # the cell's own run will say it, at its line
        ahead = known(told["language"]).ahead
        later = ahead is not None and not ahead(Cell(**told["cell"]))
    with writing:
        print(json.dumps({"rank": told["rank"], "later": later}), file=sys.__stdout__, flush=True)


def main(arguments: list[str]) -> int:
    """Do what standard input asks for; end with it."""
    writing = threading.Lock()
    sys.stdout = sys.stderr  # what a language prints is no answer
    with ThreadPoolExecutor(int(arguments[0])) as workers:
        for line in sys.stdin:
            told = json.loads(line)
            if "environ" in told:
                os.environ.clear()
                os.environ.update(told["environ"])
            else:
                workers.submit(_do, told, writing)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
