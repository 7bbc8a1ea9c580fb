"""A place where the manual's commands are tried: an empty folder, and the environment of an author's shell."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

# What a build, a test run or CI says to itself is none of an author's business.
NOT_AN_AUTHORS = ("CACHE", "CI", "SITEURL", "GITHUB_WORKSPACE", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE")  # a kernel asks for them; what is shown here went into a pipe


def sit_down() -> None:
    """Go to a new empty folder, as an author whose environment has the engine; it goes with the kernel."""
    for name in (*NOT_AN_AUTHORS, *COLOURS):
        os.environ.pop(name, None)
    beside = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])
    os.chdir(tempfile.mkdtemp(prefix="desk-"))
