"""Pelican reads Markdown posts through the `executable_posts` engine; this adapter only translates."""

from __future__ import annotations

import shutil
import signal
import sys
import traceback
from pathlib import Path

from pelican.readers import BaseReader, MarkdownReader

from executable_posts.browser.place import SUFFIX
from executable_posts.errors import PostError
from executable_posts.running.progress import TerminalProgress
from executable_posts.site.build import Site
from pelican import signals

from .files import PageFiles, prefix_of, theme_policy

RUNTIME = "python"  # the site's folder for what readers' pages need to run Python


class ExecutablePostReader(BaseReader):
    """Give Pelican the rendered body and the header of a post whose blocks have all run."""

    enabled = True
    file_extensions = ("md",)
    site = None

    def read(self, source_path):
        """Return (HTML body, metadata); a faulty post ends the build with its one error."""
        cls = type(self)
        if cls.site is None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the kernel is stopped
        source = Path(source_path).resolve().relative_to(Path(self.settings["PATH"]).resolve()).as_posix()
        try:
            if cls.site is None:
                cls.site = Site(progress=TerminalProgress(), policy=theme_policy(self.settings))
            published = cls.site.publish(Path(source_path), prefix_of(source))
        except PostError as error:
            commands = cls.site.config.commands if cls.site else {}
            print(f"error: {error.told(commands)}", file=sys.stderr)
            # Pelican would log any other exception and publish the rest of the site.
            raise SystemExit(1) from None
        except Exception:
            print(
                f"error: {source_path}: a fault of the engine, not of the post; please report it",
                file=sys.stderr,
            )
            traceback.print_exc()
            raise SystemExit(1) from None
        fields = {name: value for name, value in published.header.items() if value not in (None, "", [])}
        metadata = {name: self._value(name, value) for name, value in fields.items()}
        metadata["toc"] = published.toc
        metadata["provenance"] = published.provenance
        metadata["csp"] = published.hashes
        metadata["reading_time"] = published.reading_minutes
        metadata["downloads"] = [
            {"label": name, "content": text} for name, text in published.downloads.items()
        ]
        metadata["files"] = published.files
        metadata["listings"] = published.listings
        metadata["page_files"] = published.names()
        metadata["block_file"] = next((name for name in published.files if name.endswith(SUFFIX)), "")
        metadata["browser"] = f"{RUNTIME}/{published.browser}" if published.browser else ""
        return published.html, metadata

    def _value(self, name, value):
        if isinstance(value, list):
            value = ", ".join(map(str, value))
        return self.process_metadata(name, str(value))


def add_reader(readers):
    readers.reader_classes["md"] = ExecutablePostReader


def write_runtime(pelican):
    """Put the Python that pages run into the site."""
    site = ExecutablePostReader.site
    if site and site.runtime:
        shutil.copytree(
            site.runtime.folder, Path(pelican.output_path, RUNTIME, site.runtime.name), dirs_exist_ok=True
        )


def start_run(pelican):
    """Begin a run of Pelican with nothing known of the one before."""
    pelican.executable_posts_files = PageFiles()
    pelican.executable_posts_files.connect()


def register():
    """Connect to Pelican."""
    MarkdownReader.file_extensions = []  # or Pelican warns for every post that its own reader is not installed
    signals.initialized.connect(start_run)
    signals.readers_init.connect(add_reader)
    signals.finalized.connect(write_runtime)
