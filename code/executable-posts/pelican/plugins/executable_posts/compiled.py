"""Keep a theme's templates compiled, as long as nothing changes that a compiled template may hold."""

from __future__ import annotations

import hashlib
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from executable_posts.running.environment import installed

KEPT = 4  # sets of compiled templates: a site may have several settings


def keep_templates(settings: dict[str, Any], folder: Path) -> None:
    """Let Jinja keep what it compiles in a folder. Its own key is a template's name and text."""
    environment = dict(settings["JINJA_ENVIRONMENT"])  # that dictionary may be Pelican's own, of all sites
    if not isinstance(environment.pop("bytecode_cache", None), _Compiled | None):
        return  # the site has its own
    # What a filter of the site makes of a constant is part of what is compiled.
    known = (jinja2.__version__, sorted(installed()), repr(sorted(environment.items())), _own_modules())
    place = folder / hashlib.sha256(repr(known).encode()).hexdigest()[:16]
    try:
        place.mkdir(parents=True, exist_ok=True)
        place.touch()
        others = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return  # templates are compiled anew, as ever
    for old in others[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    settings["JINJA_ENVIRONMENT"] = {**environment, "bytecode_cache": _Compiled(str(place))}


class _Compiled(FileSystemBytecodeCache):
    """Be known as ours. A damaged file is compiled anew, and one that has no place is not kept."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Find a template compiled."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # whatever half a pickle makes of itself
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _own_modules() -> list[tuple[str, int, int]]:
    """Tell the modules that are loaded, but not installed, from what they were: settings, plugins, the site's own, ours."""
    outside = tuple({str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)})
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    own = (Path(file).resolve() for file in files if file)
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.stat().st_size)
        for path in own
        if path.is_file() and not str(path).startswith(outside)
    )
