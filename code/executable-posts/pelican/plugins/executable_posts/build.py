"""One run of Pelican: its settings, the site's, and the engine's `Site`. It lives in that run's settings, where every signal
finds it, so that two runs in one process have nothing in common."""

from __future__ import annotations

import datetime
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pelican.generators import Generator

from executable_posts import page
from executable_posts.config import Config, load
from executable_posts.errors import PostError, no_place
from executable_posts.running.progress import TerminalProgress
from executable_posts.running.telling import Telling, tell_fault
from executable_posts.site.build import Published, Site
from executable_posts.site.inputs import spoil

from .files import PageFiles, files_of, prefix_of, source, theme_policy, theme_says

KEY = "EXECUTABLE_POSTS_BUILD"  # of Pelican's settings


class Build:
    """Hold what one run of Pelican needs. settings: that run's."""

    def __init__(self, settings: dict[str, Any]):
        self.settings = settings
        self.files = PageFiles()
        self.generators: list[Generator] = []
        self.has_posts = False

    def __deepcopy__(self, memo: dict[int, Any]) -> Build:
        return self  # plugins that build a site more than once copy the settings

    def __reduce__(self) -> tuple[type[Build], tuple[dict[str, Any]]]:
        return Build, ({},)  # Pelican's cache pickles contents, and with them the settings

    @cached_property
    def config(self) -> Config:
        """Read and check the site's settings, once; a fault ends the build."""
        path = Path(self.settings["PATH"]).resolve()
        with one_error("pyproject.toml"):
            config = load(path, _root_of(path))
            inside = os.path.relpath(path, config.root)
            content_root = Path(inside).as_posix()
            if config.content_root not in ("", content_root):
                config.fault(
                    "content_root",
                    f"content_root = {config.content_root!r}, and Pelican's PATH is {content_root!r}",
                    f'write content_root = "{content_root}"',
                )
            for warning in config.check():
                spoil(f"warning: {warning}")
                print(f"warning: {warning}", file=sys.stderr)
            return replace(config, content_root=content_root)

    @cached_property
    def site(self) -> Site:
        """Give the engine's site; end the build when its settings are wrong."""
        with one_error("pyproject.toml"):
            return Site(self.config, progress=Telling(_Aloud()), policy=theme_policy(self.settings))

    @cached_property
    def bare(self) -> bool:
        """Tell whether the theme dresses blocks itself: the settings say so, or it links our script."""
        if self.config.page:
            return self.config.page == "theme"
        return theme_says(self.settings, f"{page.FOLDER}/cells.js")

    def is_post(self, path: str | Path) -> bool:
        """Tell whether a file is an executable post; end the build when its header answers neither yes nor no."""
        with one_error(str(path), self.config.commands):
            return self.config.is_post(Path(path))

    def publish(self, path: str) -> Published:
        """Run and render a post; end the build at its first fault."""
        if not self.has_posts:
            self._begin()
        with one_error(self.config.label(Path(path)), self.config.commands):
            source = Path(os.path.relpath(path, self.settings["PATH"])).as_posix()
            published = self.site.publish(Path(path), prefix_of(source))
            if not self.bare:
                self._check_modules(path, published.html)
            return published

    def _begin(self) -> None:
        """Run all that Pelican is going to read, several posts at once: it asks for them one by one."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the kernels are stopped
        self.has_posts = True
        files = {file for generator in self.generators for file in files_of(generator)}
        paths = sorted(Path(self.settings["PATH"], file) for file in files)
        with one_error("executable-posts", self.config.commands):
            self.site.ahead([path for path in paths if self.is_post(path)])

    def settled(self) -> None:
        """Say why the next build could differ from this one although nothing changed."""
        if again := self.site.runs.unsettled():
            spoil(f"{again} would run again")
        for generator in self.generators:
            for name in ("articles", "drafts", "hidden_articles", "pages", "draft_pages", "hidden_pages"):
                for content in getattr(generator, name, ()):
                    date = getattr(content, "date", None)
                    if date and date > datetime.datetime.now(date.tzinfo):
                        spoil(f"{content.source_path} has a date to come")

    def _check_modules(self, path: str, body: str) -> None:
        """Raise PostError for something to play with whose module the site does not bring; a theme of ours brings its own."""
        for component, name in re.findall(
            r'data-component="([^"]+)" data-src="(?:[^"]*/)?([^"/]+)\.json"', body
        ):
            folder = self.config.explorables
            if not folder or not Path(self.config.root, folder, f"{component}.js").is_file():
                lines = source(path).split("\n")
                line = next((n for n, text in enumerate(lines, 1) if f'name="{name}"' in text), 0)
                raise PostError(
                    self.config.label(Path(path)),
                    line,
                    f"an explorable {component!r}, and the site has no {folder or 'explorables'}/{component}.js",
                    "add that module"
                    if folder
                    else 'say where modules are: explorables = "FOLDER" in [tool.executable_posts]',
                )


class _Aloud(TerminalProgress):
    """What a build has to say besides, the next one has to say again."""

    def note(self, text: str) -> None:
        """Write a line of its own."""
        spoil(text)
        super().note(text)


@contextmanager
def one_error(label: str, commands: Mapping[str, str] | None = None) -> Iterator[None]:
    """End the build with one error: Pelican would log any other exception and publish the rest of the site."""
    try:
        yield
    except PostError as error:
        print(f"error: {error.told(commands or {})}", file=sys.stderr)
        tell_fault(error, commands or {})
        raise SystemExit(1) from None
    except ModuleNotFoundError as error:
        missing = (error.name or str(error)).partition(".")[0]
        print(
            f"error: {label}: the engine needs {missing!r}, which is not installed here\n"
            f'  mend: pip install "executable-posts[pelican]" into the environment of {sys.executable}',
            file=sys.stderr,
        )
        raise SystemExit(1) from None
    except Exception as error:
        if isinstance(error, OSError) and (full := no_place(error)):
            print(f"error: {full}", file=sys.stderr)
            raise SystemExit(1) from None
        print(f"error: {label}: a fault of the engine, not of the post; please report it", file=sys.stderr)
        traceback.print_exc()
        raise SystemExit(1) from None


def _root_of(path: Path) -> Path:
    """Find the folder of a site without settings of ours: where Pelican's own are, or what holds PATH."""
    marks = ("pelicanconf.py", "pyproject.toml", ".git")
    found = next((p for p in (path, *path.parents) if any((p / mark).exists() for mark in marks)), None)
    return found or (path.parent if path.name == "content" else path)


def build_of(settings: dict[str, Any]) -> Build:
    """Return the one `Build` of a run of Pelican."""
    build = settings.get(KEY)
    if build is None:
        build = settings[KEY] = Build(settings)
    return build
