"""Settings of a site: the ``[tool.executable_posts]`` table of its ``pyproject.toml``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from . import emulations, opting
from .emulations import Emulations
from .errors import PostError, in_words_of
from .settings_faults import faults
from .toml_lines import line_of_key, nearest, table_of

# No "html": jupytext would make it a cell.
DATA_LANGUAGES = ("text", "console", "json", "toml", "yaml", "xml", "css", "diff", "http")

# What posts may hold beyond CommonMark, tables, footnotes and values: extension -> what it writes; `reading.dialect` has
# the rules.
DIALECT = {
    "math": "`$x^2$`, `$$` on lines of their own, and `\\begin{align}`: formulas, as MathML made at build time.",
    "tasks": "`- [x] done`: lists with boxes.",
    "definitions": "A term on a line, `: its meaning` on the next.",
    "autolinks": "A bare `https://...` is a link.",
    "admonitions": '`!!! note "Title"` with indented text, `??? note` folded, `> [!NOTE]`: boxes.',
    "containers": "`:::note Title`, text, `:::`: boxes too; a longer line of colons holds a shorter one.",
    "attributes": "`## Title {#id .class}`, `![x](y){width=100}`: ids, classes and sizes in braces.",
    "html": '`<div markdown="1">`, Markdown, `</div>`: tags on lines of their own.',
}
EXTENSIONS = tuple(DIALECT)


@dataclass(frozen=True)
class Config:
    """Hold what the engine may be told; every key has a default that suits a new blog.

    root: folder of ``pyproject.toml``; posts run with it as working directory. found: whether a table said so. posts:
    folders in which every ``*.md`` file is an executable post, unless its header says ``executable: false``.
    content_root: folder of all that is written, Pelican's PATH ("": what Pelican's settings say, else ``content``); links
    start there, and below it any Markdown file whose header says ``executable: true`` is a post too. notebooks: folder of
    the paired notebooks. cache: folder of recorded outputs and compiled programs. inputs: globs of files a post's results depend on. incremental: after an edit, run only what it reaches; what
    Python blocks read and import is then seen by itself, so that `inputs` names the rest. child_inputs: globs of further files on which blocks depend that start programs. timeout: seconds one block may take. jobs: how
    many posts run at once, 0 for as many as there are cores; one whose header says ``measures: true`` runs with nothing beside it. required:
    header fields every post must have. data_languages: fence languages that are shown, never run.
    extensions: what posts may hold beyond CommonMark; what is switched off is an error at its line.

    page: "engine" puts style and scripts into the pages of any theme; with "theme", the theme links them itself; "" asks
    the theme's templates. explorables: folder of the site's own modules that play with data, "" for none or where the theme has them.

    browser: let readers run and edit blocks in their page (needs npm when the site is built). browser_languages: whose blocks:
    ``"python"``, and ``"c++"``, compiled to WebAssembly by a clang that npm brings (105 MB, once). browser_packages: packages, subpackages and modules that come along, with what they import from beside themselves. browser_files: globs of data files that come along, at their own
    place below the working directory. run_command: what a reader types to run a block on their own machine; ``{item}``
    stands for the block. code_columns: how long a line of code that a page shows unfolded may be, for `check --lint`; 0: any. emulations: modules of the site that stand, in the page only, for packages it cannot have.

    policy: "strict" when the site's pages have a strict content security policy, so that what it would block is refused;
    "none" when they have none; the default is what the generator finds out of the theme. allow: what that policy allows
    besides, such as ``"img-src https:"`` or ``"media-src data:"``.
    generator: the command that makes the site, with ``{output}`` for the folder to write to; `publish` and `serve` use
    it. commands: a table of what authors type here instead of the engine's commands (`errors.in_words_of`), for mends.
    """

    root: Path = Path()
    found: bool = False
    posts: tuple[str, ...] = ()
    content_root: str = ""
    notebooks: str = "notebooks"
    cache: str = ".cache/executable_posts"
    inputs: tuple[str, ...] = ()
    child_inputs: tuple[str, ...] = ()
    incremental: bool = False
    timeout: float = 120.0
    jobs: int = 0
    required: tuple[str, ...] = ("title", "date")
    data_languages: tuple[str, ...] = field(default=DATA_LANGUAGES)
    page: str = ""
    explorables: str = ""
    extensions: tuple[str, ...] = field(default=EXTENSIONS)
    browser: bool = False
    browser_languages: tuple[str, ...] = ("python",)
    browser_packages: tuple[str, ...] = ()
    browser_files: tuple[str, ...] = ()
    run_command: str = "pytest {item}"
    code_columns: int = 0
    policy: str = ""
    allow: tuple[str, ...] = ()
    generator: str = ""
    commands: Mapping[str, str] = field(default_factory=dict, hash=False)
    emulations: Emulations = field(default_factory=Emulations)

    @property
    def cache_dir(self) -> Path:
        """Give the folder of recorded outputs and compiled programs."""
        return self.root / self.cache

    @property
    def links_start(self) -> Path:
        """Give the folder where links that begin with a slash start."""
        return self.root / (self.content_root or self._pelican_path or ".")

    @property
    def content_dir(self) -> Path:
        """Find the folder of all that is written."""
        return self.root / (self.content_root or self._pelican_path or "content")

    @cached_property
    def _pelican_path(self) -> str:
        for name in ("pelicanconf.py", "pelican.conf.py"):
            file = self.root / name
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            if said := re.search(r"""^PATH\s*=\s*["']([^"'/][^"']*)["']""", text, re.MULTILINE):
                return said[1]
        return ""

    @property
    def file(self) -> Path:
        """Give the file that the settings stand in."""
        return self.root / "pyproject.toml"

    def said(self, text: str) -> str:
        """Put this site's own commands into a text that names the engine's."""
        return in_words_of(self.commands, text)

    def is_post(self, path: Path) -> bool:
        """Tell whether a file is an executable post; raise PostError when its header answers neither yes nor no."""
        path = Path(path)
        if path.suffix not in opting.SUFFIXES or not self._in((*self.posts, self.content_dir), path):
            return False
        said = opting.read_said(path, self.label(path))
        return said if said is not None else path.suffix == ".md" and self._in(self.posts, path)

    def post_paths(self) -> list[Path]:
        """List every executable post of the site, sorted; paths are absolute."""
        places: tuple[str | Path, ...] = (*self.posts, self.content_dir)
        folders = {self.root / folder for folder in places}
        files = {file for folder in folders for file in opting.markdown_files(folder)}
        outside = [self.root / self.notebooks, self.root / self.cache]
        return sorted(p for p in files if not any(map(p.is_relative_to, outside)) and self.is_post(p))

    def _in(self, folders: Iterable[str | Path], path: Path) -> bool:
        below = opting.below(path, self.root)
        if below is not None and any(opting.another_site(self.root / p) for p in list(below.parents)[:-1]):
            return False
        return any(opting.below(path, self.root / folder) is not None for folder in folders)

    def label(self, path: Path) -> str:
        """Name a file as an author would: relative to the root, with forward slashes."""
        found = opting.below(path, self.root)
        return (found if found is not None else Path(path)).as_posix()

    def check(self) -> list[str]:
        """Check that what the settings name is there; return warnings, raise PostError for a fault that would hide posts."""
        for folder in self.posts:
            if not (self.root / folder).is_dir():
                found = "is a file" if (self.root / folder).exists() else "does not exist"
                beside = [p.name for p in self.root.iterdir() if p.is_dir() and p.name[0] != "."]
                near = nearest(folder, beside)
                mend = f"name folders, such as {near!r}" if near else "name folders below this file's"
                self.fault("posts", f"posts: the folder {folder!r} {found}", mend)
        if self.explorables and not (self.root / self.explorables).is_dir():
            self.fault(
                "explorables",
                f"explorables: there is no folder {self.explorables!r}",
                "name the folder of the modules",
            )
        for folder in {*self.posts, str(self.content_dir)}:
            for path in opting.unread_posts(self.root / folder):
                found = f"an executable post, and nobody reads {path.suffix} files"
                raise PostError(self.label(path), 1, found, f"rename it {path.stem}.md")
        warnings = []
        for key, patterns in (
            ("inputs", self.inputs),
            ("child_inputs", self.child_inputs),
            ("browser_files", self.browser_files),
        ):
            for pattern in patterns:
                if not self._matches(key, pattern):
                    where = f"{self.label(self.file)}:{line_of_key(self._text(), key)}"
                    warnings.append(f"{where}: {key}: no file matches {pattern!r}, so nothing depends on it")
        return warnings

    def _matches(self, key: str, pattern: str) -> bool:
        if (self.root / pattern).is_dir():
            mend = f'name its files: "{pattern.rstrip("/")}/**/*"'
            self.fault(key, f"{key}: {pattern!r} is a folder", mend)
        try:
            return next(self.root.glob(pattern), None) is not None
        except (ValueError, NotImplementedError, IndexError) as error:
            mend = 'write globs, such as "data/**/*.csv"'
            self.fault(key, f"{key}: {pattern!r} is no glob: {error}", mend)

    def _text(self) -> str:
        return self.file.read_text(encoding="utf-8") if self.file.is_file() else ""

    def fault(self, key: str, found: str, mend: str) -> NoReturn:
        """Raise PostError at the line of a key of the settings."""
        raise PostError(self.label(self.file), line_of_key(self._text(), key), found, mend) from None

    def notebook_path(self, post: Path) -> Path:
        """Find the place of a post's twin: its path below the posts folder, with ``.ipynb``, below ``notebooks``."""
        places: tuple[str | Path, ...] = (*self.posts, self.content_dir)
        for folder in places:
            below = opting.below(post, self.root / folder)
            if below is not None:
                twins = self.root / self.notebooks
                # With several posts folders, two posts may have the same name: each folder gets its own below.
                twins = twins / Path(folder).name if len(self.posts) > 1 else twins
                return twins / below.with_suffix(".ipynb")
        return self.root / self.notebooks / (Path(post).stem + ".ipynb")


def find(start: Path | str | None = None) -> Config | None:
    """Read the settings of the site that holds ``start``; None when no ``pyproject.toml`` has the table."""
    config = load(start)
    return config if config.found else None


def reuse_asked() -> bool:
    """Tell whether what is recorded may be taken: unless the environment says CACHE=off."""
    return os.environ.get("CACHE", "on").lower() not in ("off", "no", "false", "0")


def load(start: Path | str | None = None, root: Path | None = None) -> Config:
    """Read the settings of the site that holds ``start`` (default: the current folder), or use the defaults.

    root: the site's folder when no ``pyproject.toml`` has the table (default: ``start``). Raise PostError for an unknown key
    or a value of the wrong type, naming file and line.
    """
    folder = Path(start or os.getcwd()).resolve()
    for candidate in (folder, *folder.parents):
        file = candidate / "pyproject.toml"
        if file.is_file():
            table = table_of(file)
            if table is not None:
                return _checked(file, candidate, table)
    return Config(root=root or folder)


KINDS = {
    tuple: "a list of strings",
    float: "a positive number",
    bool: "true or false",
    str: "a string",
    int: "a whole number",
}
PAGES = ("engine", "theme")


def _checked(file: Path, root: Path, table: dict[str, Any]) -> Config:
    known = {f.name: f for f in fields(Config) if f.name not in ("root", "found")}
    values: dict[str, Any] = {}
    text = file.read_text(encoding="utf-8")

    def fault(key: str, found: str, mend: str) -> NoReturn:
        raise PostError(file, line_of_key(text, key), f"[tool.executable_posts] {found}", mend)

    for key, value in table.items():
        if key not in known:
            near = nearest(key, known)
            meant = f"did you mean {near!r}? Keys are" if near else "use one of"
            fault(key, f"has no key {key!r}", f"{meant} {', '.join(sorted(known))}")
        if key == "commands":
            if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
                fault(
                    key, f"{key} = {value!r}", 'give it a table of strings, such as sync = "just notebooks"'
                )
            values[key] = dict(value)
            continue
        if key == "emulations":
            values[key] = emulations.checked(file, value)
            continue
        wanted = type(known[key].default)
        if wanted is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            value = tuple(value)
        elif wanted is float and type(value) in (int, float) and 0 < value < float("inf"):
            value = float(value)
        elif wanted in (tuple, float) or type(value) is not wanted:
            fault(key, f"{key} = {value!r}", f"give it {KINDS.get(wanted, 'a ' + wanted.__name__)}")
        values[key] = value
    unknown = [name for name in values.get("extensions", ()) if name not in EXTENSIONS]
    if unknown:
        near = nearest(unknown[0], EXTENSIONS)
        mend = f"use some of {', '.join(EXTENSIONS)}" + (f"; did you mean {near}?" if near else "")
        fault("extensions", f"extensions names {unknown[0]!r}", mend)
    for key, found, mend in faults(values, table):
        fault(key, found, mend)
    if values.get("page", "engine") not in PAGES:
        near = nearest(values["page"], PAGES)
        fault(
            "page",
            f"page = {values['page']!r}",
            f"write one of {', '.join(PAGES)}" + (f"; did you mean {near}?" if near else ""),
        )
    if not (root / values.get("content_root", ".")).is_dir():
        found = f"content_root = {values['content_root']!r} is no folder"
        fault("content_root", found, "name the folder where your links start: Pelican's PATH")
    return Config(root=root, found=True, **values)
