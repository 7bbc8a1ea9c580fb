"""Settings that are of the right type and yet would hide something: told before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .toml_lines import nearest

COMMANDS = ("new", "check", "run", "serve", "publish", "sync", "adopt", "diff", "why", "test")
PLACES = ("posts", "content_root", "notebooks", "cache", "explorables")
GLOBS = ("inputs", "child_inputs", "browser_files")
Fault = tuple[str, str, str]


def faults(values: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield (key, what is wrong, mend). values: those of the settings that were checked by type; given: as written, without defaults."""
    if values.get("jobs", 0) < 0:
        yield "jobs", f"jobs = {values['jobs']}", "write a number, or 0 for as many as there are cores"
    if values.get("code_columns", 0) < 0:
        yield "code_columns", f"code_columns = {values['code_columns']}", "write a number, or 0 for any"
    for key in (*PLACES, *GLOBS, "browser_packages"):
        named = values.get(key, ())
        for name in (named,) if isinstance(named, str) else named:
            if Path(name).is_absolute() or name.startswith("~"):
                yield (
                    key,
                    f"{key} names an absolute path",
                    "name files of the site, from this file's folder on",
                )
            elif ".." in Path(name).parts and (key in PLACES or key.startswith("browser")):
                yield key, f"{key} = {name!r} is outside of the site", "name a folder below this file's"
            elif not name and key != "explorables":
                yield key, f"{key} names nothing", 'write "." for this file\'s folder'
    yield from _hidden(values)
    for name in values.get("data_languages", ()):
        if len(name.split()) != 1:
            mend = "name what stands behind the backticks, such as ini"
            yield "data_languages", f"data_languages names {name!r}", mend
    for name in values.get("commands", {}):
        command = name.split(" ")[0]
        if command not in COMMANDS:
            near = nearest(command, COMMANDS)
            mend = f"did you mean {near!r}? " if near else ""
            yield "commands", f"commands names {name!r}", f"{mend}The engine's are {', '.join(COMMANDS)}"
    if (
        isinstance(given.get("generator"), str)
        and given["generator"]
        and "{output}" not in given["generator"]
    ):
        found = f"generator = {given['generator']!r} does not say where to write"
        yield "generator", found, "put {output} where the command takes its output folder"


def _hidden(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Find posts folders that lie in a folder in which nobody looks for posts."""
    for key in ("notebooks", "cache"):
        folder = values.get(key)
        if folder is None:
            continue
        for posts in (*values.get("posts", ()), values.get("content_root") or "content"):
            if posts and PurePosixPath(posts).is_relative_to(PurePosixPath(folder)):
                found = f"{key} = {folder!r} holds the posts of {posts!r}, which would not be found"
                yield key, found, "name a folder of its own"
