"""Foreign blogs: written without our theme, settings or addresses. Built in this process, or by another environment's Pelican.

`copy` and `many` make a blog's folder, `build` builds it here, `command` says how any environment's Python builds it, and
`check_*` say what its output must hold, whoever built it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from .blog import ROOT

BLOGS = ROOT / "tests" / "data" / "blogs"
SETTINGS = {"quickstart": "pelicanconf.py", "branches": "settings.py", "many": "pelicanconf.py"}


def copy(name: str, folder: Path) -> Path:
    """Copy a blog of tests/data/blogs into ``folder / name``; return that."""
    return Path(shutil.copytree(BLOGS / name, folder / name))


def many(folder: Path, count: int = 80, ours: int = 2) -> Path:
    """Write a blog of ``count`` posts of all kinds into ``folder / "many"``, the last ``ours`` of them executable; return that."""
    root = folder / "many"
    for name in ("content/a/deep", "content/b", "content/pages", "content/images"):
        (root / name).mkdir(parents=True)
    (root / "pelicanconf.py").write_text(
        'SITENAME = "Many"\nSITEURL = "https://many.example"\nPATH = "content"\nTIMEZONE = "UTC"\nDEFAULT_LANG = "en"\n'
        'THEME = "simple"\nFEED_ALL_ATOM = "feeds/all.atom.xml"\nFEED_ALL_RSS = "feeds/all.rss.xml"\n'
        'DEFAULT_DATE = "2001-01-01"\n'
        'MARKDOWN = {"extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.codehilite": {}}}\n'
    )
    (root / "content/images/x.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (root / "content/pages/about.md").write_text("Title: About\n\nWho *I* am.\n")
    bodies = (
        "Prose with [a link]({{filename}}/a/post-000.md) and ![x]({{static}}/images/x.svg).\n\n    :::python\n    1 / 0  # {n}\n",
        "```python\nraise SystemExit({n})\n```\n\nTerm\n:   definition\n\n*[HTML]: Hyper\n",
        "| a | b |\n| - | - |\n| {n} | 2 |\n\n[^1]: note\n\nText[^1] `{{eval}}` and {{eval}}`1 / 0`.\n",
        "~~~ .py\nfor x in {n}: pass\n~~~\n\n<div markdown=\"1\">\n*inside*\n</div>\n\n<pre><code class='language-python'>1/0</code></pre>\n",
    )
    headers = (
        "Title: Post {n}: a colon\nDate: 2020-01-01 10:{m:02d}\nTags: a, b{k}\nCategory: c{k}\nSummary: One line\n    and *another*.\nAuthors: Ada; Bob\n\n",
        "---\ntitle: Post {n}: not YAML\ndate: 2021-02-03\nslug: fenced-{n}\nstatus: {status}\n---\n\n",
        "title:   Lower {n}\ndate: 2019-07-0{k}\nmodified: 2022-01-01\nlang: {lang}\nslug: pair-{pair}\n\n",
    )
    suffixes = (".md", ".md", ".markdown", ".mkd", ".md")
    for n in range(count - ours):
        header = headers[n % 3].format(
            n=n,
            m=n % 60,
            k=n % 9 + 1,
            status=("published", "draft", "hidden")[n % 7 % 3],
            lang=("en", "de")[n // 3 % 2],
            pair=n // 6,
        )
        path = (
            root / "content" / ("a", "b", "a/deep")[n % 3] / f"post-{n:03d}{suffixes[n % 5] if n else '.md'}"
        )
        path.write_text(header + bodies[n % 4].format(n=n), encoding="utf-8")
    for n in range(ours):
        (root / f"content/b/ours-{n}.md").write_text(
            f"Title: Ours {n}\nDate: 1999-01-0{n + 1}\nExecutable: true\n\n```python\nprint({n} + 40)\n```\n"
        )
    return root


def build(root: Path, name: str, plugin: bool = True, **settings: object) -> dict[str, bytes]:
    """Build a blog by this process's Pelican, from whatever working folder; return its output, by path. settings: overrule its own."""
    from pelican.settings import read_settings

    from pelican import Pelican

    output = root / "built"
    shutil.rmtree(output, ignore_errors=True)
    more = {"OUTPUT_PATH": str(output), "PLUGINS": ["executable_posts"] if plugin else [], **settings}
    Pelican(read_settings(str(root / SETTINGS[name]), override=more)).run()
    return files(output)


def command(python: str, root: Path, name: str, output: str = "built") -> list[str]:
    """Return the command with which another environment's Python builds a blog into ``root / output``; any working folder will do."""
    settings = str(root / SETTINGS[name])
    return [python, "-m", "pelican", "-s", settings, "-o", str(root / output), "--fatal", "errors"]


def run(root: Path, name: str, python: str = sys.executable, cwd: Path | None = None) -> dict[str, bytes]:
    """Build a blog in a process of its own, by default from a folder that is not the blog's; return its output, by path.

    Unlike `build`, this may be called while a browser is there: Playwright keeps an event loop in the main thread.
    """
    done = subprocess.run(
        command(python, root, name),
        cwd=cwd or root.parent,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return files(root / "built")


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def soup(site: dict[str, bytes], page: str) -> BeautifulSoup:
    return BeautifulSoup(site[page], "html.parser")


def place(page: str, address: str) -> str:
    """Return the path of an output that an address on a page means; folders with their index.html."""
    path = unquote(urlsplit(urljoin(f"/{page}", address)).path).lstrip("/")
    return path + "index.html" if path.endswith("/") or not path else path


def addresses(site: dict[str, bytes], page: str) -> Iterable[str]:
    """Yield what a page fetches or links to within the site, as paths of its output; folders with their index.html."""
    for element in soup(site, page).find_all(True):
        for name in ("src", "href"):
            value = element.get(name)
            if not value or urlsplit(value).scheme or value.startswith(("//", "#")):
                continue
            yield place(page, value)


def check_posts(site: dict[str, bytes], pages: Iterable[str], whole: Iterable[str] = ()) -> None:
    """Check pages that show posts of ours: dressed, all that they name is there, nothing names this machine.

    pages: paths of pages of one post each. whole: addresses that the theme promises and this blog does not have.
    """
    for page in pages:
        html = site[page].decode()
        tree = soup(site, page)
        assert tree.select("div.executable-post .cell"), page
        assert html.count("executable-posts/page.css") == html.count("executable-posts/page.js") == 1, page
        missing = {a for a in addresses(site, page) if a not in site} - set(whole)
        assert not missing, (page, missing)
        assert "/tmp/" not in html, page
        assert str(ROOT) not in html, page
        assert tree.select(".cell")[0].parent.get("class") == ["executable-post"], page
    for name in ("page.css", "cells.css", "page.js", "cells.js", "run.js", "python.js", "explorables.js"):
        assert site[f"executable-posts/{name}"], name


def check_feed(site: dict[str, bytes], path: str) -> None:
    """Check that a feed holds posts as its readers may have them."""
    text = site[path].decode()
    assert "<entry>" in text or "<item>" in text
    for word in (
        "executable-post&quot;",
        'executable-post"',
        "executable-posts/",
        "&lt;script",
        "<script",
        "&lt;link",
    ):
        assert word not in text, (path, word)


def check_quickstart(site: dict[str, bytes]) -> None:
    """Check the output of the blog in pelican-quickstart's own layout."""
    page = "how-fast-it-gets.html"
    check_posts(site, [page])
    tree = soup(site, page)
    assert "best: 25" in tree.get_text()
    assert [e.get_text() for e in tree.select(".eval")] == ["3", "25"]
    (chart,) = tree.select("img.chart")
    assert site[place(page, chart["src"])].startswith(b"<svg")
    index = site["index.html"]
    dressed = b"executable-posts/page.css" in index
    assert dressed == (b'<div class="executable-post">' in index), (
        "dressed where, and only where, a post is shown"
    )
    assert site["executable-posts/explorables/dial.js"]
    assert site[place(page, tree.select_one(".explorable")["data-src"])]
    frame = tree.select_one("iframe.listing")
    source = place(page, frame["src"])
    listing = soup(site, source)
    assert "total + 10" in listing.get_text()
    assert not [a for a in addresses(site, source) if a not in site]
    assert [name for name in site if name.endswith(".ipynb")]
    assert "shown, as ever" in site["an-old-post-with-colons.html"].decode()
    for old in (
        "an-old-post-with-colons.html",
        "older.html",
        "a-raw-page.html",
        "notes-in-another-markup.html",
    ):
        assert b"executable-post" not in site[old], old
    check_feed(site, "feeds/all.atom.xml")


def check_branches(site: dict[str, bytes]) -> None:
    """Check the output of the site of sub-folders, translations, drafts and a theme of its own."""
    pages = [
        "2026/sums.html",
        "de/2026/sums.html",
        "2025/update-2025.html",
        "2026/update-2026.html",
        "drafts/unready.html",
    ]
    pages += ["2026/secret.html", "pages/tools.html"]
    check_posts(site, [page for page in pages if page in site])
    assert not [page for page in pages if page not in site], sorted(site)
    assert "Summe: 7" in soup(site, "de/2026/sums.html").get_text()
    assert "this is 2025" in soup(site, "2025/update-2025.html").get_text()
    assert re.search(r">\s*7\s*<", soup(site, "2026/sums.html").select_one(".cell-output").decode())
    for old in ("2026/plain-news.html", "2026/off.html"):
        assert b"executable-post" not in site[old], old
    check_feed(site, "feeds/all.atom.xml")
    check_feed(site, "feeds/all.rss.xml")


def environment() -> dict[str, str]:
    """Return the environment of a build in a process of its own."""
    return {**os.environ, "CACHE": "on", "PYTHONNOUSERSITE": "1"}


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory) -> tuple[Path, dict[str, bytes]]:
    """Build the blog in pelican-quickstart's own layout, once; give its folder and its output."""
    root = copy("quickstart", tmp_path_factory.mktemp("blogs"))
    return root, run(root, "quickstart")


@pytest.fixture(scope="session")
def branches(tmp_path_factory) -> tuple[Path, dict[str, bytes]]:
    """Build the site of branches, once; give its folder and its output."""
    root = copy("branches", tmp_path_factory.mktemp("blogs"))
    return root, run(root, "branches")
