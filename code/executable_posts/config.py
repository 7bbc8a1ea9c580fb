"""Settings of a site: the ``[tool.executable_posts]`` table of its ``pyproject.toml``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from .errors import PostError

DATA_LANGUAGES = ("text", "console", "json", "toml", "yaml", "html", "css", "diff", "http")


@dataclass(frozen=True)
class Config:
    """Hold what the engine may be told; every key has a default that suits a new blog.

    root: folder of ``pyproject.toml``; posts run with it as working directory. posts: folders whose ``*.md`` files
    are posts. notebooks: folder of the paired notebooks. cache: folder of recorded outputs and compiled programs.
    inputs: globs of files a post's results depend on. timeout: seconds one block may take. required: header fields
    every post must have. data_languages: fence languages that are shown, never run.
    """

    root: Path = Path()
    posts: tuple[str, ...] = ("content",)
    notebooks: str = "notebooks"
    cache: str = ".cache/executable_posts"
    inputs: tuple[str, ...] = ()
    timeout: float = 120.0
    required: tuple[str, ...] = ("title", "date")
    data_languages: tuple[str, ...] = field(default=DATA_LANGUAGES)

    @property
    def cache_dir(self) -> Path:
        return self.root / self.cache

    def post_paths(self) -> list[Path]:
        """List every post of the site, sorted; paths are absolute."""
        found = {p for folder in self.posts for p in (self.root / folder).rglob("*.md")}
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
                return self.root / self.notebooks / resolved.relative_to(base).with_suffix(".ipynb")
        return self.root / self.notebooks / (resolved.stem + ".ipynb")


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
    known = {f.name: f for f in fields(Config) if f.name != "root"}
    values = {}
    for key, value in table.items():
        if key not in known:
            raise PostError(
                file,
                0,
                f"[tool.executable_posts] has no key {key!r}",
                f"use one of {', '.join(sorted(known))}",
            )
        default = known[key].default
        wanted = tuple if isinstance(default, tuple) else type(default)
        if wanted is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            value = tuple(value)
        elif (
            wanted is float and isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
        ):
            value = float(value)
        if not isinstance(value, wanted):
            kind = {tuple: "a list of strings", float: "a positive number"}.get(wanted, "a string")
            raise PostError(file, 0, f"[tool.executable_posts] {key} = {value!r}", f"give it {kind}")
        values[key] = value
    return Config(root=root, **values)
