"""Tell that a site is up to date without generating it: all that its last build took in, and all that it wrote, is as it was.

What it took in is what the sources' folders held when it began, and what the generator told (`inputs`): files wherever they
are, folders it looked through, variables. The environment, the engine and the packages that are installed count too, and so does the
day, since a post may have a date to come. A file is as it was when its size, its time and its number are; and its content, if
it was written so shortly before that its time could not tell.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..running.environment import OURS, SESSION, installed
from ..running.store import Store
from .inputs import names
from .sources import content, engine_marks, files_below, mark, recent

COUNTED = frozenset(["SITEURL", "COLUMNS", "LINES"])  # of a session's variables, those a generator may go by


@dataclass(frozen=True, kw_only=True)
class Before:
    """Hold what there was before a build. output: of the published site; key: of its record; made_by: what generates, and where; sources: path -> mark;
    recent: path -> content, of what was written too shortly before to be told by its time from a later one."""

    output: Path
    key: str
    made_by: str
    sources: dict[str, list[int]]
    recent: dict[str, str]


class UpToDate:
    """Know the last builds of a site. cache: its folder of records; sources: folders and files that it is made from; ignored:
    folders that builds write to."""

    def __init__(self, cache: Path, sources: Iterable[Path], ignored: Iterable[Path]) -> None:
        self.store = Store(cache / "up-to-date")
        self._sources = sorted(sources)
        self._ignored = frozenset(os.path.realpath(path) for path in ignored)

    def look(self, command: list[str], output: Path) -> Before:
        """Look at what a build is going to take in. output: the published site."""
        found = list(files_below(self._sources, self._ignored))
        output = output.resolve()
        return Before(
            output=output,
            key=hashlib.blake2b(os.fsencode(output), digest_size=12).hexdigest(),
            made_by=_made_by(command),
            sources={path: mark(stat) for path, stat in found},
            recent={path: content(path) for path, stat in found if recent(stat)},
        )

    def since(self, before: Before) -> str:
        """Say from when the site is, date and time, UTC; "" when it is not, or may not be, up to date."""
        record = self.store.get(before.key, _whole)
        if record is None or record["made_by"] != before.made_by or record["sources"] != before.sources:
            return ""
        if record["variables"] != _variables(record["variables"]):
            return ""
        if any(_marked(path) != told for path, told in record["files"].items()):
            return ""
        if any(content(path) != told for path, told in record["recent"].items()):
            return ""
        if any(_names(path) != told for path, told in record["folders"].items()):
            return ""
        when: str = record["when"]
        return when if record["site"] == site(before.output) else ""

    def keep(self, before: Before, report: Path) -> None:
        """Record a build that has just put its site in place, if its generator told what it read and nothing spoils that.
        report: the file in which it did."""
        try:
            told = json.loads(report.read_bytes())
            files, folders, variables = told["files"], told["folders"], told["variables"]
            spoiled, read_at_once = told["spoiled"], told["recent"]
        except (OSError, ValueError, KeyError):
            return
        old = f"{before.output}{os.sep}"  # which whoever looks for posts looks through as well
        files, folders = (
            {path: seen for path, seen in found.items() if not f"{path}{os.sep}".startswith(old)}
            for found in (files, folders)
        )
        if above := folders.get(str(before.output.parent)):
            folders[str(before.output.parent)] = sorted({*above, before.output.name})
        changed = any(before.sources.get(path, seen) != seen for path, seen in files.items())
        if spoiled or changed:
            return
        at_once = {path: seen for path, seen in read_at_once.items() if path in files}
        self.store.put(
            before.key,
            {
                "made_by": before.made_by,
                "sources": before.sources,
                "files": {path: seen for path, seen in files.items() if path not in before.sources},
                "folders": folders,
                "recent": {**at_once, **before.recent},
                "variables": _variables(variables),
                "site": site(before.output),
                "when": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
            },
        )


def site(output: Path) -> str:
    """Hash which files a site has, and what tells each from another one in its place."""
    digest = hashlib.blake2b(digest_size=16)
    for folder, folders, found in os.walk(output):
        folders.sort()
        digest.update(os.fsencode(folder) + b"\0")
        for name in sorted(found):
            digest.update(os.fsencode(name) + repr(_marked(os.path.join(folder, name))).encode())
    return digest.hexdigest()


def _made_by(command: list[str]) -> str:
    """Hash what generates: the command, the day, the environment, packages and programs, the engine's own files."""
    known = {
        name: value
        for name, value in os.environ.items()
        if name in COUNTED or not (SESSION.has(name) or OURS.has(name))
    }
    named = [(word, _marked(word)) for word in command if os.path.isfile(word)]
    files = engine_marks()
    programs = [(path, _marked(path or ".")) for path in os.environ.get("PATH", "").split(os.pathsep)]
    today = datetime.date.today().isoformat()
    packages = sorted(installed())
    said = repr((command, named, os.getcwd(), today, sorted(known.items()), packages, programs, files))
    return hashlib.blake2b(said.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _variables(heard: Iterable[str]) -> dict[str, str]:
    """Hash the variables that blocks asked for by name, whatever session they are of."""
    said: Mapping[str, str] = os.environ
    return {
        name: hashlib.blake2b(
            said.get(name, "\0").encode("utf-8", "surrogateescape"), digest_size=16
        ).hexdigest()
        for name in heard
    }


def _marked(path: str) -> list[int] | None:
    try:
        return mark(os.stat(path))
    except OSError:
        return None


def _names(folder: str) -> list[str]:
    try:
        return names(folder)
    except OSError:
        return []


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    """Take a record; raise KeyError or TypeError when it is none."""
    for name in ("sources", "files", "folders", "recent", "variables"):
        if not isinstance(record[name], dict):
            raise TypeError(name)
    if not all(isinstance(record[name], str) for name in ("made_by", "site", "when")):
        raise TypeError("text")
    return record
