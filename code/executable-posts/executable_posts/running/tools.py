"""Which program runs a language here, and from when it is."""

from __future__ import annotations

import os
import shutil

from ..languages import Language, ToolAbsent


def tool_identity(language: Language) -> tuple[object, ...]:
    """Say which program runs a language here, and from when it is; starting it to ask would take longer than the rest."""
    if language.tool is None:
        return ()
    try:
        command = language.tool()
    except ToolAbsent:
        return ("absent",)
    path = shutil.which(command[0]) or command[0]
    try:
        file = os.stat(path)
    except OSError:
        return command
    return (*command, path, file.st_size, file.st_mtime_ns)
