"""What the browser tests of a worker share: a published site, its server, a Chromium, a folder of pictures."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from executable_posts.config import load
from executable_posts.site.build import Site
from pizzeria.common.files import one_at_a_time

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
# Chromium listens to the last list of features alone: Playwright's own, and the address bar's two pages, which every
# window without a screen would load too, for twice the processor time of opening a page.
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
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


def addressed(siteurl: str) -> list[str]:
    """List the settings that differ in the world at that address, as Pelican's command line takes them.

    They come from the settings' own reading of SITEURL; in the environment of the build it would run the manual's blocks
    anew, which look at it, for every address.
    """
    settings = ROOT / "pelican.conf.py"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SITEURL", raising=False)
        usual = runpy.run_path(str(settings))
        patch.setenv("SITEURL", siteurl)
        there = runpy.run_path(str(settings))
    changed = {name: value for name, value in there.items() if name.isupper() and value != usual[name]}
    assert changed.get("SITEURL") == siteurl
    return [f"{name}={json.dumps(value)}" for name, value in changed.items()]


@contextmanager
def as_published() -> Iterator[None]:
    """Have the environment of `publish`, without which what it recorded would be no record of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE", "on")
        patch.delenv("SITEURL", raising=False)
        yield


def publish(folder: Path, siteurl: str = "") -> None:
    """Publish the real site as `make html` does, or for the world when given its address; one worker at a time."""
    pelican = [sys.executable, "-m", "pelican", ".", "-s", "pelican.conf.py", "--fatal", "errors"]
    command = [sys.executable, "-m", "executable_posts", "publish", "--output", str(folder), "--", *pelican]
    command += ["-o", "{output}", *(["-e", *addressed(siteurl)] if siteurl else [])]
    turn = ROOT / ".cache" / "publishing"
    turn.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(turn), as_published():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Publish the site for the world, and serve it compressed, in a folder of its host.

    A worker has a site of its own: only its own browser may be weighed. Their posts run once: who comes second finds
    what the first has recorded. `make test` names a folder for both of its phases (PROVED_SITE): the second serves what
    the first has published, and so does a worker that comes when another has gone.
    """
    kept = os.environ.get("PROVED_SITE")
    parent = Path(kept) if kept else tmp_path_factory.mktemp("site")
    sent: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        for note in sorted(parent.glob("*/address")):
            folder = note.parent / "output"
            with contextlib.suppress(
                OSError
            ):  # a site knows its own address: it is served there, or by somebody else
                base = stack.enter_context(serve(folder, PREFIX, sent, urlsplit(note.read_text()).port or 0))
                break
        else:
            folder = Path(tempfile.mkdtemp(dir=parent)) / "output"
            base = stack.enter_context(serve(folder, PREFIX, sent))
            publish(folder, base)
            (folder.parent / "address").write_text(base)
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
    with as_published():
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
        chromium = playwright.chromium.launch(
            executable_path=BROWSER, args=[*FLAGS, f"--disable-features={OFF}"]
        )
        yield chromium
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
