"""A development server of a small blog, as a process of its own, and what it says."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

PATIENCE = 120  # seconds; only what hangs reaches it


class Server:
    """A server that was started in ``folder``, with the command line ``words`` after `serve`."""

    def __init__(self, folder: Path, *words: str, **environment: str):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "executable_posts", "serve", "--port", "0", *words],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "CACHE": "on", **environment},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.base = ""  # once it has said so

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, pattern: str) -> re.Match[str]:
        """Wait for a line that the pattern is found in."""
        while True:
            try:
                self.said.append(self._lines.get(timeout=PATIENCE))
            except queue.Empty:
                raise AssertionError(f"never said {pattern}:\n{''.join(self.said)}") from None
            if found := re.search(pattern, self.said[-1]):
                return found

    def built(self) -> str:
        """Wait for the next build that went well; give its line."""
        return self.until(r"^built in .*|^NOT built.*")[0]

    def get(self, path: str = "/") -> str:
        """Get a page, as the server gives it."""
        with urllib.request.urlopen(self.base + path, timeout=60) as answer:
            return answer.read().decode()

    def states(self) -> Iterator[dict]:
        """Yield the states that pages are told, from the present one on."""
        begun = time.monotonic()
        with urllib.request.urlopen(f"{self.base}/.serve/events", timeout=PATIENCE) as events:
            for line in events:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
                assert time.monotonic() < begun + PATIENCE, "".join(self.said)

    def below(self) -> list[psutil.Process]:
        """List the processes that the server has started, and what those have."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> int:
        """End the server; give its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=60)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        return code


@contextlib.contextmanager
def server(folder: Path, *words: str, **environment: str) -> Iterator[Server]:
    """Start a server, and end it."""
    started = Server(folder, *words, **environment)
    try:
        started.base = started.until(r"(http://127\.0\.0\.1:\d+)/ serves")[1]
        yield started
    finally:
        started.stop()


HEAD = "---\ntitle: {0}\ndate: 2026-01-02\nslug: {0}\n---\n\n"
SETTINGS = """SITENAME = "A blog"
SITEURL = ""
RELATIVE_URLS = True
TIMEZONE = "UTC"
PATH = "content"
PLUGINS = ["executable_posts"]
THEME = "theme"
ARTICLE_URL = "{slug}/"
ARTICLE_SAVE_AS = "{slug}/index.html"
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
DIRECT_TEMPLATES = ["index"]
"""
# A strict policy: nothing inline, nothing from elsewhere.
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
ARTICLE = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{{{{ article.title }}}}</title><link rel="stylesheet" href="../theme/style.css">
<link rel="icon" href="../theme/icon.svg"></head>
<body><main><h1>{{{{ article.title }}}}</h1>{{{{ article.content }}}}</main></body></html>
"""


def small_blog(folder: Path, generator: str = "pelican content -s pelicanconf.py -o {output}") -> Path:
    """Make a blog with a theme of a few lines; give the folder."""
    (folder / "theme" / "templates").mkdir(parents=True)
    (folder / "theme" / "static").mkdir()
    (folder / "content").mkdir()
    (folder / "theme" / "templates" / "article.html").write_text(ARTICLE)
    (folder / "theme" / "templates" / "index.html").write_text("<!DOCTYPE html><title>All</title>\n")
    for name in ("page", "category", "tag", "author", "archives"):
        (folder / "theme" / "templates" / f"{name}.html").write_text("")
    (folder / "theme" / "static" / "style.css").write_text("body { margin: 40px; }\n")
    (folder / "theme" / "static" / "icon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>\n')
    (folder / "pelicanconf.py").write_text(SETTINGS)
    (folder / "pyproject.toml").write_text(
        f"[tool.executable_posts]\nposts = ['content']\ngenerator = '{generator}'\npolicy = 'strict'\n"
    )
    return folder


def write(folder: Path, body: str, name: str = "post") -> Path:
    """Write a post of that blog, in one step, as careful editors do."""
    path = folder / "content" / f"{name}.md"
    aside = path.with_name(f"{name}.md~")
    aside.write_text(HEAD.format(name) + body, encoding="utf-8")
    aside.replace(path)
    return path
