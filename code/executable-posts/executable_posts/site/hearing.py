"""Run Pelican and hear what it takes in, from its settings on: `python -m executable_posts.site.hearing PELICAN ARGUMENTS`.

Its adapter tells the rest (`inputs`). PELICAN is its script, beside this interpreter, or the word `pelican`.
"""

from __future__ import annotations

import os
import runpy
import sys

from .inputs import heard


def main() -> None:
    """Be Pelican, as its script or `python -m pelican` would be."""
    heard()
    sys.argv = sys.argv[1:]
    # As where it was asked for by its script, which has its own folder there.
    sys.path[0] = os.path.dirname(sys.argv[0]) or os.getcwd()
    runpy.run_module("pelican", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
