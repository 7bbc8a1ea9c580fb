"""The adapter itself. It holds no logic of posts: it finds out which files are ours, and translates."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pelican.contents import Content
from pelican.generators import Generator
from pelican.readers import BaseReader, MarkdownReader, Readers
from pelican.writers import Writer

from executable_posts import page
from executable_posts.browser.place import SUFFIX
from executable_posts.errors import PostError
from executable_posts.opting import SUFFIXES
from executable_posts.site.inputs import heard, spoil
from pelican import Pelican, signals  # type: ignore[attr-defined]  # untyped, and its plugins are a namespace here

from .build import KEY, Build, build_of, one_error
from .compiled import keep_templates
from .files import PageFiles, line_of_field, made_by_us

RUNTIME = "python"  # the site's folder for what readers' pages need to run Python


def begin(pelican: Pelican) -> None:
    """Give a run of Pelican its `Build`; one that began as a copy of another's settings gets its own."""
    pelican.settings[KEY] = Build(pelican.settings)
    if inputs := heard():
        inputs.leave_out(Path(pelican.settings["OUTPUT_PATH"]))
        logging.getLogger().addHandler(_Warned(logging.WARNING))


class _Warned(logging.Handler):
    """What a build warns of, the next one has to warn of again."""

    def emit(self, record: logging.LogRecord) -> None:
        """Note that there was a warning."""
        spoil(f"{record.levelname}: {record.msg}")


def begin_again(pelican: Pelican) -> None:
    """Read the settings anew for every run: with --autoreload, files have changed since the one before."""
    build = build_of(pelican.settings)
    for name in ("config", "site", "bare"):
        vars(build).pop(name, None)
    build.files = PageFiles()
    build.generators = []
    build.has_posts = False
    build.site  # noqa: B018 - wrong settings end the build even when there is no post
    if build.config.found:
        keep_templates(build.settings, build.config.cache_dir / "templates")
    if inputs := heard():
        inputs.leave_out(build.config.cache_dir)
        inputs.before_the_end(build.settled)


def add_readers(readers: Readers) -> None:
    """Put a reader before each of Markdown's, which asks whether the file is ours."""
    build = build_of(readers.settings)
    kept = readers.reader_classes
    for suffix in (s.removeprefix(".") for s in SUFFIXES):
        kept[suffix] = _reader(kept.get(suffix, _NoMarkdown), build) if kept.get(suffix, True) else None
    cached, check = readers.get_cached_data, readers.check_file
    # Pelican's cache goes by a file's own date; what a post shows depends on more, and the engine remembers it better.
    readers.get_cached_data = lambda path, default=None: (
        default if _ours(build, path) else cached(path, default)
    )
    readers.check_file = lambda path: None if str(path).endswith(SUFFIXES) else check(path)


def _ours(build: Build, path: str | Path) -> bool:
    return str(path).endswith(SUFFIXES) and build.is_post(path)


class _NoMarkdown(MarkdownReader):
    """Stand in for Pelican's reader where its package is missing."""

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        raise PostError(
            source_path,
            1,
            "an ordinary Markdown post, and Pelican's own reader needs the package Markdown",
            'pip install markdown; or write "executable: true" in its header',
        )


def _reader(original: type[BaseReader], build: Build) -> type[BaseReader]:
    """Return a reader that publishes our posts, and is ``original`` for all others: in its name as well, which themes see."""

    def read(self: BaseReader, source_path: str) -> tuple[str, dict[str, Any]]:
        if build.is_post(source_path):
            return _read(self, build, source_path)
        if issubclass(original, _NoMarkdown):
            with one_error(source_path):
                return original.read(self, source_path)
        return original.read(self, source_path)

    name = "MarkdownReader" if original is _NoMarkdown else original.__name__
    return type(name, (original,), {"read": read, "enabled": True})


def _read(reader: BaseReader, build: Build, source_path: str) -> tuple[str, dict[str, Any]]:
    """Return (HTML body, metadata) of one of our posts."""
    published = build.publish(source_path)
    if not build.bare:
        with one_error(source_path, build.config.commands):
            _check_title(build, source_path, str(published.header.get("title") or ""))
    fields = {name: value for name, value in published.header.items() if value not in (None, "", [])}
    metadata = {name: _value(reader, name, value) for name, value in fields.items()}
    metadata["toc"] = published.toc
    metadata["provenance"] = published.provenance
    metadata["csp"] = published.hashes
    metadata["reading_time"] = published.reading_minutes
    metadata["downloads"] = [{"label": name, "content": text} for name, text in published.downloads.items()]
    metadata["files"] = published.files
    metadata["listings"] = published.listings
    metadata["page_files"] = published.names()
    metadata["block_file"] = next((name for name in published.files if name.endswith(SUFFIX)), "")
    metadata["browser"] = f"{RUNTIME}/{published.browser}" if published.browser else ""
    return published.html if build.bare else page.wrapped(published.html), metadata


def _check_title(build: Build, source_path: str, title: str) -> None:
    """Raise PostError for a title of which a theme that takes it as HTML, as most do, would not show all."""
    if "<" not in title:
        return
    from executable_posts.html.contained import leak

    if out := leak(title):
        line = line_of_field(source_path, "title")
        found = f"the theme would take a part of the title for HTML: {out}"
        raise PostError(build.config.label(Path(source_path)), line, found, "write &lt; for each <")


def _value(reader: BaseReader, name: str, value: object) -> Any:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return reader.process_metadata(name, str(value))


def will_read(generator: Generator) -> None:
    """Note a generator of articles or pages, which will read files; all are made before the first one reads."""
    build_of(generator.settings).generators.append(generator)


def plan_files(generators: list[Generator]) -> None:
    """Decide where the files of every page of ours will be."""
    build_of(generators[0].settings).files.plan(generators)


def write_files(generator: Generator, writer: Writer) -> None:
    """Write what pages of ours read, frame and offer."""
    build = build_of(generator.settings)
    build.files.write(generator, writer, build.bare)


def finish_page(path: str, context: dict[str, Any]) -> None:
    """Look at a page that was just written: it may be no file of a post's, and it is dressed if it shows one."""
    build = build_of(context)
    build.files.check(path, context)
    if not build.bare:
        dress(Path(path), Path(build.settings["OUTPUT_PATH"]), context.get("article") or context.get("page"))


def dress(path: Path, output: Path, content: Content | None) -> None:
    """Put style and script into the head of a written page, if it shows a post of ours; any other stays as it is."""
    if path.suffix not in (".html", ".htm", ".xhtml", ""):
        return
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if f'<div class="{page.WRAPPER}">' not in text:
        return
    folder = path.parent
    runtime, blocks = (
        quote(os.path.relpath(output / unquote(name), folder).replace(os.sep, "/")) if name else ""
        for name in (getattr(content, "browser", ""), getattr(content, "block_file", ""))
    )
    tags = page.head_tags(page.way(path, output), runtime, blocks)
    path.write_text(page.into_head(text, tags), encoding="utf-8", newline="")


def undress_feed(context: dict[str, Any], feed: Any) -> None:
    """Leave out of a feed what only a page needs."""
    for item in feed.items:
        for key in ("content", "description"):
            body = item.get(key) or ""
            if f'<div class="{page.WRAPPER}">' in body or 'class="cell' in body:
                item[key] = page.unwrapped(body)


def write_page_files(pelican: Pelican) -> None:
    """Put the style and scripts of pages into the site, and the Python that they run, if it has posts of ours."""
    build = build_of(pelican.settings)
    if not build.has_posts:
        return
    with one_error("executable-posts"):
        config, site = build.config, build.site
        page.write(
            Path(pelican.output_path), config.root / config.explorables if config.explorables else None
        )
        if site.runtime:
            target = Path(pelican.output_path, RUNTIME, site.runtime.name)
            shutil.copytree(site.runtime.folder, target, dirs_exist_ok=True)
        for compiler in site.compilers():
            shutil.copytree(
                compiler.folder, Path(pelican.output_path, RUNTIME, compiler.name), dirs_exist_ok=True
            )


def connect() -> None:
    """Connect to Pelican's signals; connecting twice changes nothing."""
    signals.initialized.connect(begin)
    signals.get_generators.connect(begin_again)
    signals.readers_init.connect(add_readers)
    signals.article_generator_init.connect(will_read)
    signals.page_generator_init.connect(will_read)
    signals.article_generator_finalized.connect(made_by_us)
    signals.page_generator_finalized.connect(made_by_us)
    signals.all_generators_finalized.connect(plan_files)
    signals.article_writer_finalized.connect(write_files)
    signals.content_written.connect(finish_page)
    signals.feed_generated.connect(undress_feed)
    signals.finalized.connect(write_page_files)
