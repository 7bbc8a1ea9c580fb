"""Python: its cells are the kernel's own, and share one state."""

from __future__ import annotations

from .language import Language

PYTHON = Language(
    name="python",
    label="Python",
    misspelt=("py", "python3", "ipython", "ipython3"),
    suffixes=(".py",),
)
