"""Settings of a site: the ``[tool.executable_posts]`` table of its ``pyproject.toml``."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from . import emulations
from .emulations import Emulations
from .errors import PostError, in_words_of

# No "html": jupytext would make it a cell.
DATA_LANGUAGES = ("text", "console", "json", "toml", "yaml", "xml", "css", "diff", "http")

# What posts may hold beyond CommonMark, tables, footnotes and values; `reading.dialect` has the rules.
EXTENSIONS = (
    *("math", "tasks", "definitions", "autolinks"),
    *("admonitions", "containers", "attributes", "html"),
)


@dataclass(frozen=True)
class Config:
    """Hold what the engine may be told; every key has a default that suits a new blog.

    root: folder of ``pyproject.toml``; posts run with it as working directory. found: whether a table said so. posts: folders whose ``*.md`` files
    are posts. notebooks: folder of the paired notebooks. cache: folder of recorded outputs and compiled programs.
    inputs: globs of files a post's results depend on. timeout: seconds one block may take. required: header fields
    every post must have. data_languages: fence languages that are shown, never run. extensions: what posts may
    hold beyond CommonMark; what is switched off is an error at its line. content_root: folder where ``{static}/x`` and
    ``{filename}/x`` start (Pelican's ``PATH``), "." for the site's own.

    browser: let readers run and edit Python blocks in their page (needs npm when the site is built). browser_packages:
    packages, subpackages and modules that come along, with what they import from beside themselves. browser_files: globs of data files that come along, at their own
    place below the working directory. run_command: what a reader types to run a block on their own machine; ``{item}``
    stands for the block. emulations: modules of the site that stand, in the page only, for packages it cannot have.

    policy: "strict" when the site's pages have a strict content security policy, so that what it would block is refused;
    "none" when they have none; the default is what the generator finds out of the theme. allow: what that policy allows
    besides, such as ``"img-src https:"`` or ``"media-src data:"``.
    generator: the command that makes the site, with ``{output}`` for the folder to write to; `publish` and `serve` use
    it. commands: a table of what authors type here instead of the engine's commands (`errors.in_words_of`), for mends.
    """

    root: Path = Path()
    found: bool = False
    posts: tuple[str, ...] = ("content",)
    notebooks: str = "notebooks"
    cache: str = ".cache/executable_posts"
    inputs: tuple[str, ...] = ()
    timeout: float = 120.0
    required: tuple[str, ...] = ("title", "date")
    data_languages: tuple[str, ...] = field(default=DATA_LANGUAGES)
    extensions: tuple[str, ...] = field(default=EXTENSIONS)
    content_root: str = "."
    browser: bool = False
    browser_packages: tuple[str, ...] = ()
    browser_files: tuple[str, ...] = ()
    run_command: str = "pytest {item}"
    policy: str = ""
    allow: tuple[str, ...] = ()
    generator: str = ""
    commands: Mapping[str, str] = field(default_factory=dict, hash=False)
    emulations: Emulations = field(default_factory=Emulations)

    @property
    def cache_dir(self) -> Path:
        return self.root / self.cache

    @property
    def links_start(self) -> Path:
        """Give the folder where links that begin with a slash start."""
        return self.root / self.content_root

    def said(self, text: str) -> str:
        """Put this site's own commands into a text that names the engine's."""
        return in_words_of(self.commands, text)

    def post_paths(self) -> list[Path]:
        """List every post of the site, sorted; paths are absolute."""
        found = set()
        for folder in self.posts:
            base = self.root / folder
            # Editors and Jupyter keep copies in dot folders.
            found.update(
                p for p in base.rglob("*.md") if not any(x[0] == "." for x in p.relative_to(base).parts)
            )
        return sorted(found)

    def label(self, path: Path) -> str:
        """Name a file as an author would: relative to the root, with forward slashes."""
        try:
            return Path(path).resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return Path(path).as_posix()

    def notebook_path(self, post: Path) -> Path:
        """Find the place of a post's twin: its path below the posts folder, with ``.ipynb``, below ``notebooks``."""
        resolved = Path(post).resolve()
        for folder in self.posts:
            base = (self.root / folder).resolve()
            if resolved.is_relative_to(base):
                twins = self.root / self.notebooks
                # With several posts folders, two posts may have the same name: each folder gets its own below.
                twins = twins / Path(folder).name if len(self.posts) > 1 else twins
                return twins / resolved.relative_to(base).with_suffix(".ipynb")
        return self.root / self.notebooks / (resolved.stem + ".ipynb")


def find(start: Path | str | None = None) -> Config | None:
    """Read the settings of the site that holds ``start``; None when no ``pyproject.toml`` has the table."""
    config = load(start)
    return config if config.found else None


def load(start: Path | str | None = None) -> Config:
    """Read the settings of the site that holds ``start`` (default: the current folder), or use the defaults.

    Raise PostError for an unknown key or a value of the wrong type, naming the file.
    """
    folder = Path(start or os.getcwd()).resolve()
    for candidate in (folder, *folder.parents):
        file = candidate / "pyproject.toml"
        if file.is_file():
            try:
                table = (
                    tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("executable_posts")
                )
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise PostError(file, 0, f"not valid TOML: {error}", "correct the file") from None
            if table is not None:
                return _checked(file, candidate, table)
    return Config(root=folder)


def _checked(file: Path, root: Path, table: dict) -> Config:
    known = {f.name: f for f in fields(Config) if f.name not in ("root", "found")}
    values = {}
    for key, value in table.items():
        if key not in known:
            raise PostError(
                file,
                0,
                f"[tool.executable_posts] has no key {key!r}",
                f"use one of {', '.join(sorted(known))}",
            )
        if key == "commands":
            if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
                raise PostError(
                    file,
                    0,
                    f"[tool.executable_posts] {key} = {value!r}",
                    'give it a table of strings, such as sync = "just notebooks"',
                )
            values[key] = dict(value)
            continue
        if key == "emulations":
            values[key] = emulations.checked(file, value)
            continue
        default = known[key].default
        wanted = tuple if isinstance(default, tuple) else type(default)
        if wanted is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            value = tuple(value)
        elif (
            wanted is float and isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
        ):
            value = float(value)
        if not isinstance(value, wanted):
            kind = {tuple: "a list of strings", float: "a positive number", bool: "true or false"}.get(
                wanted, "a string"
            )
            raise PostError(file, 0, f"[tool.executable_posts] {key} = {value!r}", f"give it {kind}")
        values[key] = value
    unknown = [name for name in values.get("extensions", ()) if name not in EXTENSIONS]
    if unknown:
        found = f"[tool.executable_posts] extensions names {unknown[0]!r}"
        raise PostError(file, 0, found, f"use some of {', '.join(EXTENSIONS)}")
    if not (root / values.get("content_root", ".")).is_dir():
        found = f"[tool.executable_posts] content_root = {values['content_root']!r} is no folder"
        raise PostError(file, 0, found, "name the folder where your links start: Pelican's PATH")
    if any(Path(pattern).is_absolute() for pattern in values.get("inputs", ())):
        raise PostError(
            file, 0, "[tool.executable_posts] inputs names an absolute path", "name files of the site"
        )
    return Config(root=root, found=True, **values)
