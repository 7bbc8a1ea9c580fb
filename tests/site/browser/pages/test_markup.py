"""What the site says to machines: valid markup, links that lead somewhere, a feed without a flaw."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from bs4 import BeautifulSoup

from support.blog import ROOT
from support.browsers import POST, absent
from support.judges import vnu

ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
# The checker's CSS is older than container queries, which every browser has had since February 2023.
NEWER_CSS = (
    "^CSS: (“container-type”: Property “container-type” doesn't exist|Unrecognized at-rule “@container”)"
)
ADDRESSES = ("href", "src", "poster", "data", "action", "cite")


# Asked for by name, which no scheduler sees: the world's is where all of this folder are, the author's is nobody else's.
SITE = pytest.param("site", marks=pytest.mark.xdist_group(Path(__file__).parent.as_posix()))


@pytest.fixture(params=[SITE, "desk_site"])
def either(request):
    """Give the site as the world gets it and as an author sees it."""
    return request.getfixturevalue(request.param)


def addresses(tree: BeautifulSoup) -> list[str]:
    """List every address a page names."""
    found = [tag[name] for name in ADDRESSES for tag in tree.find_all(attrs={name: True})]
    for tag in tree.find_all(attrs={"srcset": True}):
        found += [part.split()[0] for part in tag["srcset"].split(",") if part.strip()]
    for tag in tree.find_all("meta", property=re.compile("^og:(url|image)$")):
        found.append(tag["content"])
    return found


def why_broken(site, base: str, address: str, ids: dict[str, set[str]]) -> str | None:
    """Say why an address on the page ``base`` leads nowhere, None when it leads somewhere."""
    try:
        whole, fragment = urldefrag(urljoin(base, address.strip()))
        parts = urlsplit(whole)
        parts.port  # noqa: B018, reading it is the check
    except ValueError as error:
        return str(error)
    if parts.scheme in ("data", "mailto"):
        return None
    if parts.scheme not in ("http", "https") or re.search(r"[\s<>\"{}|\\^`]", address):
        return "is no address of the web"
    if f"{parts.scheme}://{parts.netloc}" != site.base[: len(f"{parts.scheme}://{parts.netloc}")]:
        return None if re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", parts.hostname or "") else "names no public host"
    if not (whole + "/").startswith(site.base + "/"):
        return "leaves the site's folder"
    path = unquote(whole[len(site.base) + 1 :].split("?")[0])
    file = site.folder / path
    if file.is_dir():
        if path and not path.endswith("/"):
            return "is a folder without its slash: a redirect"
        file /= "index.html"
    if not file.is_file():
        return "leads nowhere"
    if fragment and file.suffix == ".html":
        key = file.relative_to(site.folder).as_posix()
        if key not in ids:
            tree = BeautifulSoup(file.read_bytes(), "html.parser")
            ids[key] = {tag["id"] for tag in tree.find_all(id=True)}
        if unquote(fragment) not in ids[key]:
            return f"has no #{fragment}"
    elif fragment and file.suffix != ".svg":
        return "has a fragment, but is no page"
    return None


@pytest.fixture(scope="module")
def messages(site, judges, tmp_path_factory):
    """Ask the checker about the whole site, and about two files with faults; give (messages, the faulty files' folder)."""
    java = shutil.which("java")
    if not java:
        absent("no Java to run the HTML checker")
    faulty = tmp_path_factory.mktemp("faulty")
    (faulty / "a.html").write_text("<!DOCTYPE html><html lang=en><title>x</title><p><div></p>")
    (faulty / "a.css").write_text("p { colour: red }")
    files = [p for p in site.folder.rglob("*") if p.suffix in (".html", ".css", ".svg")]
    assert len([f for f in files if f.suffix == ".html"]) > 5
    jar = judges / "vnu-jar" / "build" / "dist" / "vnu.jar"
    return vnu(java, jar, site.folder, [*files, faulty / "a.html", faulty / "a.css"]), faulty


def test_every_page_is_valid(site, messages):
    said, faulty = messages
    faults = [
        f"{m['url'].removeprefix(site.folder.as_uri())}:{m.get('lastLine')}: {m['message']} [{m.get('extract')}]"
        for m in said
        if m["type"] != "info"
        and faulty.as_posix() not in m["url"]
        and not re.search(NEWER_CSS, m["message"])
    ]
    assert not faults, "\n".join(faults)


def test_the_checker_does_find_faults(messages):
    said, faulty = messages
    of_two = [m for m in said if faulty.as_posix() in m["url"]]
    assert {m["url"].rsplit("/", 1)[1] for m in of_two if m["type"] == "error"} == {"a.html", "a.css"}


def test_no_link_is_broken(either):
    ids: dict[str, set[str]] = {}
    checked, broken = 0, []
    for path in either.pages:
        for address in addresses(either.soup(path)):
            checked += 1
            if why := why_broken(either, either.url(path), address, ids):
                broken.append(f"{path or 'front page'}: {address} {why}")
    for sheet in either.folder.rglob("*.css"):
        base = either.url(sheet.relative_to(either.folder).as_posix())
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            checked += 1
            if why := why_broken(either, base, address, ids):
                broken.append(f"{sheet.name}: {address} {why}")
    assert checked > 200
    assert not broken, "\n".join(sorted(set(broken)))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nowhere/", "leads nowhere"),
        ("#nothing", "has no #nothing"),
        ("about", "is a folder without its slash: a redirect"),
        ("/", "leaves the site's folder"),
        ("https://exa mple.org/", "is no address of the web"),
        ("https://localhost/", "names no public host"),
        ("ftp://example.org/", "is no address of the web"),
        ("https://example.org:x/", "Port could not be cast"),
    ],
)
def test_the_link_check_sees(site, address, why):
    assert why_broken(site, site.url(""), address, {}).startswith(why)
    assert why_broken(site, site.url(""), "about/#content", {}) is None


def test_the_feed_is_valid_atom(site):
    path = site.folder / "feeds" / "all.atom.xml"
    feed = feedparser.parse(
        path.read_bytes(), response_headers={"content-type": "application/atom+xml; charset=utf-8"}
    )
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    root = ET.fromstring(path.read_bytes())
    own = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == [site.url("feeds/all.atom.xml")]
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == len(feed.entries) == len(list((ROOT / "content").glob("*.md")))
    for part in (root, *entries):
        for name in ("id", "title", "updated"):
            assert [e.text for e in part.findall(ATOM + name) if e.text], f"{part.tag} needs one {name}"
        stamp = datetime.fromisoformat(part.findtext(f"{ATOM}updated"))
        assert stamp.tzinfo
        assert urlsplit(part.findtext(f"{ATOM}id")).scheme in ("http", "https", "tag", "urn")
        assert "None" not in part.findtext(f"{ATOM}id")
        for link in part.findall(f"{ATOM}link"):
            assert link.get("href", "").startswith(site.base + "/")
    for entry in entries:
        authors = entry.findall(f"{ATOM}author") or root.findall(f"{ATOM}author")
        assert [a.findtext(f"{ATOM}name") for a in authors]
        assert all((a.findtext(f"{ATOM}name") or "").strip() for a in authors), "an author has a name"
    ids = [e.findtext(f"{ATOM}id") for e in (root, *entries)]
    assert len(ids) == len(set(ids))


def test_the_feed_s_links_lead_somewhere(site):
    root = ET.fromstring((site.folder / "feeds" / "all.atom.xml").read_bytes())
    broken, checked, ids = [], 0, {}
    for entry in root.findall(f"{ATOM}entry"):
        page = next(
            link.get("href") for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"
        )
        content = BeautifulSoup(entry.findtext(f"{ATOM}content"), "html.parser")
        assert not content.find_all(["script", "style"]), "no reader of feeds runs scripts"
        for address in [page, *addresses(content)]:
            checked += 1
            # A reader shows the entry anywhere, so only whole addresses and fragments of the entry itself work.
            if not re.match("https?:|#|data:", address):
                broken.append(f"{address} is relative")
            elif why := why_broken(site, page, address, ids):
                broken.append(f"{address} {why}")
    assert checked > 20
    assert not broken, "\n".join(sorted(set(broken)))


def test_the_site_map_names_every_page(site):
    root = ET.fromstring((site.folder / "sitemap.xml").read_bytes())
    named = [e.text for e in root.iter(f"{MAPS}loc")]
    assert len(named) == len(set(named))
    hidden = {
        p
        for p in site.pages
        if (tag := site.soup(p).find("meta", attrs={"name": "robots"})) and "noindex" in tag["content"]
    }
    assert "404.html" in hidden
    assert set(named) == {site.url(path) for path in set(site.pages) - hidden}


def test_the_published_page_names_itself(site):
    tree = site.soup(f"{POST.stem}/")
    assert tree.find("link", rel="canonical")["href"] == site.url()
    assert tree.find("meta", property="og:url")["content"] == site.url()
    picture = tree.find("meta", property="og:image")["content"]
    assert (site.folder / picture[len(site.base) + 1 :]).read_bytes()[:4] == b"\x89PNG", (
        "no forge shows an SVG"
    )
