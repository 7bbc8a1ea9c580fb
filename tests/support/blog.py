"""A small site of its own for every test that builds one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from executable_posts.config import load
from executable_posts.notebooks import pairing
from executable_posts.reading import post as posts

from . import warm

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "code" / "executable-posts" / "executable_posts"

HEADER = """---
title: A post
date: 2026-01-02
slug: a-post
tags: C++, reactor
summary: One sentence.
---

"""


class BlogSite:
    """A blog in a temporary folder: write posts, run the engine's commands on it."""

    cold = False

    def __init__(self, root: Path):
        self.root = root
        (root / "content").mkdir()
        (root / "images").mkdir()
        (root / "pyproject.toml").write_text(
            '[tool.executable_posts]\nposts = ["content"]\ninputs = ["data/*"]\n'
        )
        # The real site's settings, so that what they get wrong fails here too.
        settings = (ROOT / "pelican.conf.py").read_text(encoding="utf-8")
        (root / "pelican.conf.py").write_text(
            settings.replace("code/theme", (ROOT / "code/theme").as_posix())
        )
        (root / "images" / "x.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    def write(self, body: str, name: str = "post.md", header: str = HEADER) -> Path:
        path = self.root / "content" / name
        path.write_text(header + body, encoding="utf-8")
        return path

    def line_of(self, text: str, name: str = "post.md") -> int:
        """Find the 1-based line of the first line that holds ``text``."""
        lines = (self.root / "content" / name).read_text(encoding="utf-8").splitlines()
        return next(n for n, line in enumerate(lines, 1) if text in line)

    def run(self, *args: str, **env: str) -> subprocess.CompletedProcess:
        """Run a Python program. The engine's, Pelican and kernels are forks of warm ones, unless the site is `cold`."""
        with contextlib.nullcontext() if self.cold else warm.forks():
            return subprocess.run(
                [sys.executable, *args],
                cwd=self.root,
                capture_output=True,
                text=True,
                timeout=240,
                env={**os.environ, "CACHE": "on", **env},
            )

    def engine(self, *args: str, **env: str) -> subprocess.CompletedProcess:
        return self.run("-m", "executable_posts", *args, **env)

    def sync(self) -> None:
        """Bring every pair in step as `sync` does, in this process."""
        config = load(self.root)
        for path in config.post_paths():
            pairing.sync(posts.read(path, config.label(path), config.data_languages, config.required), config)

    def html(self, **env: str) -> subprocess.CompletedProcess:
        """Publish as `make html` does."""
        pelican = ["pelican", ".", "-s", "pelican.conf.py", "--fatal", "errors", "-o", "{output}"]
        return self.engine("publish", "--", sys.executable, "-m", *pelican, **env)

    def pytest(self, *args: str) -> subprocess.CompletedProcess:
        return self.run("-m", "pytest", "-p", "no:cacheprovider", "-v", "content", *args)

    def output(self) -> dict[str, bytes]:
        folder = self.root / "output"
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def files(folder: Path) -> set[str]:
    """Name all files below a folder."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
