"""Execute the code blocks of Markdown posts, prove them, and render them.

As an IPython extension (``%load_ext executable_posts``) it provides a cell magic a language, such as ``%%c++`` and ``%%bash``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Register the cell magics in an IPython shell."""
    from .running.in_kernel.magics import load_ipython_extension as load

    load(ip)
