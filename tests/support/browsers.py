"""What the browser tests share: one published site, one server, one Chromium, one folder of pictures."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from executable_posts.config import load
from executable_posts.site.build import Site

from .blog import ROOT
from .judges import install
from .pages import serve

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POST = ROOT / "content" / "asynchronous-pizzeria.md"
# A site of a project lives in a folder of its host, so nothing in it may take the host's root for its own.
PREFIX = "/a-blog"


def absent(what: str) -> None:
    """Skip on a desk, fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true: .ci/run installs it")
    pytest.skip(what)


@dataclass(frozen=True)
class Website:
    """A published site and its address, without a slash at the end."""

    base: str
    folder: Path
    sent: dict[str, int]

    @functools.cached_property
    def pages(self) -> list[str]:
        """List the path of every HTML page below ``base``: "" is the front page."""
        found = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*.html"))
        return [p.removesuffix("index.html") for p in found]

    @contextmanager
    def weigh(self) -> Iterator[dict[str, int]]:
        """Give the bytes that were sent meanwhile, by path; complete when the block is left."""
        self.sent.clear()
        sizes: dict[str, int] = {}
        yield sizes
        sizes.update(self.sent)

    def soup(self, path: str) -> BeautifulSoup:
        """Parse the page at ``path``."""
        file = self.folder / path
        return BeautifulSoup((file / "index.html" if file.is_dir() else file).read_bytes(), "html.parser")

    def url(self, path: str = f"{POST.stem}/") -> str:
        return f"{self.base}/{path}"


def publish(folder: Path, siteurl: str = "") -> None:
    """Publish the real site as `make html` does, or for the world when given its address."""
    pelican = [sys.executable, "-m", "pelican", ".", "-s", "pelican.conf.py", "--fatal", "errors"]
    command = [sys.executable, "-m", "executable_posts", "publish", "--output", str(folder), "--", *pelican]
    done = subprocess.run(
        [*command, "-o", "{output}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "CACHE": "on", "SITEURL": siteurl},
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Publish the site for the world, and serve it compressed, in a folder of its host.

    `make test` names a folder for both of its phases (PROVED_SITE): the second serves what the first has published.
    """
    kept = os.environ.get("PROVED_SITE")
    parent = Path(kept) if kept else tmp_path_factory.mktemp("site")
    folder, note = parent / "output", parent / "address"
    sent: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        base = ""
        if note.exists():  # a site knows its own address, so it is the same one, or published anew
            with contextlib.suppress(OSError):
                port = urlsplit(note.read_text()).port or 0
                base = stack.enter_context(serve(folder, PREFIX, sent, port))
        if not base:
            base = stack.enter_context(serve(folder, PREFIX, sent))
            publish(folder, base)
            note.write_text(base)
        yield Website(base, folder, sent)


@pytest.fixture(scope="session")
def desk_site(tmp_path_factory):
    """Publish the site as `make html` does, with relative addresses, and serve it from the root."""
    folder = tmp_path_factory.mktemp("desk") / "output"
    publish(folder)
    sent: dict[str, int] = {}
    with serve(folder, sent=sent) as base:
        yield Website(base, folder, sent)


@pytest.fixture(scope="session")
def told(site):
    """Give the post and the results that its page shows."""
    engine = Site(load(ROOT), use_recorded=True)
    post = engine.read(POST)
    return post, engine.execute(post)


@pytest.fixture(scope="session")
def browser():
    """Give the one Chromium of these tests."""
    if not BROWSER:
        absent("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        loop = asyncio._get_running_loop()
        yield chromium
        asyncio._set_running_loop(loop)  # the session may end with a test that does not see it
        chromium.close()


@pytest.fixture(scope="session")
def judges() -> Path:
    """Give the folder of the judges that come from npm, installed once."""
    try:
        return install()
    except RuntimeError as error:
        absent(str(error))


@pytest.fixture(scope="session")
def shots() -> Path:
    """Give the folder that pictures are kept in; CI keeps them as artefacts."""
    folder = Path(os.environ.get("SCREENSHOTS") or ROOT / ".cache" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
