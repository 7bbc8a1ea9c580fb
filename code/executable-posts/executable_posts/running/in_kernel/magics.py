"""What ``%load_ext executable_posts`` adds to a notebook: a cell magic for every language that is a program.

So a reader's JupyterLab runs a post's cells as the site build does. The engine adds ``--at=LABEL:LINE`` to a cell's
arguments, so that errors name the post's line.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ... import config, languages
from .chartdata import mimebundle

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Register the cell magics in an IPython shell, and what charts tell about themselves."""
    for name in languages.programs():
        ip.magics_manager.register_function(_magic(name), magic_kind="cell", magic_name=name)
    # By name: importing matplotlib takes half a second, and most posts draw nothing.
    if ip.display_formatter:
        formatter = ip.display_formatter.mimebundle_formatter
        formatter.for_type_by_name("matplotlib.figure", "Figure", mimebundle)
    site = config.find()
    if site:  # a notebook started below the site runs where its post runs: in the site's root
        os.chdir(site.root)


def _magic(name: str) -> Callable[[str, str], None]:
    # A plug-in is loaded when a cell of it runs: one that is faulty must not take the others along.
    def magic(args: str, source: str) -> None:
        run = languages.known(name).run
        assert run is not None  # only programs get a magic
        cell = languages.Cell.of_magic(args, source)
        try:
            run(cell)
        except languages.BlockFailed as error:
            error.line = error.line or cell.line
            raise

    magic.__doc__ = f"Run the cell as a program in {name}."
    return magic
