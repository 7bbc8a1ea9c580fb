"""What a site is besides its posts: series, search, a map, a feed that stands on its own."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
HOME = "https://example.org/blog"


def post(blog, slug: str, day: int, more: str = "", body: str = "Words.") -> None:
    header = f"---\ntitle: The {slug}\ndate: 2026-01-{day:02d}\nslug: {slug}\ntags: x\n{more}---\n\n"
    blog.write(f"{body}\n\n```python\n1\n```\n", f"{slug}.md", header)


def pages(blog, **env) -> dict[str, str]:
    done = blog.html(**env)
    assert done.returncode == 0, done.stderr
    return {
        name: body.decode()
        for name, body in blog.output().items()
        if name.endswith((".html", ".xml", ".txt"))
    }


def test_a_series_has_a_page_and_every_part_says_so(blog):
    post(blog, "second", 1, "series: Two kitchens\nseries_index: 2\n")
    post(blog, "first", 2, "series: Two kitchens\nseries_index: 1\n")
    post(blog, "alone", 3)
    files = pages(blog)
    page = files["series/two-kitchens/index.html"]
    assert page.index("The first") < page.index("The second")
    assert "The alone" not in page
    assert "part 2 of 2" in files["second/index.html"]
    assert '<a href="../first/">The first</a>' in files["second/index.html"]
    assert "<h1>Two kitchens</h1>" in page
    assert 'class="series"' not in files["alone/index.html"]


def test_the_front_page_leads_through_a_series_with_a_picture_each(blog):
    chart = (
        '```python caption="A dot." name="fig-dot"\n%config InlineBackend.figure_formats = ["svg"]\n'
        "import matplotlib.pyplot as plt\nplt.plot([1], [2], 'o')\nplt.show()\n```"
    )
    post(
        blog,
        "second",
        1,
        "series: Two kitchens\nseries_index: 2\npicture: fig-dot-1.svg\nsummary: Then this.\n",
        chart,
    )
    post(
        blog,
        "first",
        2,
        "series: Two kitchens\nseries_index: 1\npicture: images/x.svg\nsummary: First this.\n",
    )
    post(blog, "alone", 3, "summary: And this.\n")
    files = pages(blog)
    page = files["index.html"]
    places = [page.index(words) for words in ("Two kitchens", "The first", "The second", "The alone")]
    assert places == sorted(places), "a series in its order, then what stands alone"
    assert "A series of 2 posts" in page
    assert all(page.count(words) == 1 for words in ("First this.", "Then this.", "And this."))
    pictures = re.findall(r'<img class="picture" src="([^"]*)"', page)
    assert [name.removeprefix("./") for name in pictures] == ["images/x.svg", "second/fig-dot-1.svg"]
    assert "second/fig-dot-1.svg" in blog.output()
    post(blog, "second", 1)
    assert "A series of" not in pages(blog)["index.html"], "one part is no series"


def test_there_is_a_search_with_two_posts_and_none_with_one(blog):
    post(blog, "one", 1, body="Margherita.")
    files = pages(blog)
    assert not any('id="search"' in page for page in files.values())
    assert not any(name.startswith("pagefind/") for name in blog.output())
    post(blog, "two", 2, body="Calzone.")
    files = pages(blog)
    for name, place in {
        "index.html": "pagefind/",
        "one/index.html": "../pagefind/",
        "tag/x/index.html": "../../pagefind/",
    }.items():
        assert f'data-index="./{place}"' in files[name] or f'data-index="{place}"' in files[name], name
    assert "pagefind/pagefind.js" in blog.output()


def test_the_map_names_every_page_and_robots_find_it(blog):
    post(blog, "one", 1, "series: S\n")
    post(blog, "two", 2)
    files = pages(blog, SITEURL=HOME)
    named = [e.text for e in ET.fromstring(files["sitemap.xml"]).iter() if e.tag.endswith("loc")]
    written = {
        f"{HOME}/{name.removesuffix('index.html')}"
        for name, page in files.items()
        if name.endswith(".html") and 'content="noindex"' not in page
    }
    assert sorted(named) == sorted(written)
    assert f"Sitemap: {HOME}/sitemap.xml" in files["robots.txt"]
    assert "Sitemap" not in pages(blog, SITEURL="")["robots.txt"]


def test_an_entry_of_the_feed_stands_on_its_own(blog):
    (blog.root / "long.py").write_text("x = 1\n" * 40)
    post(
        blog,
        "one",
        1,
        body="![an x]({static}/images/x.svg) [self]({filename}one.md)\n\n```python\nfrom pathlib import Path\n"
        "from executable_posts.authors import show\n```\n\n"
        '```python name="long" tags=["hide-output", "remove-input"]\nshow(Path("long.py"))\n```',
    )
    feed = ET.fromstring(pages(blog, SITEURL=HOME)["feeds/all.atom.xml"])
    content = feed.find(f"{ATOM}entry/{ATOM}content").text
    assert "<iframe" not in content
    assert f'href="{HOME}/one/long.source.html"' in content
    for address in re.findall(r'\b(?:src|href)="([^"]*)"', content):
        assert address.startswith((HOME, "#")), address


def test_a_published_page_has_a_picture_for_previews(blog):
    post(blog, "one", 1)
    page = pages(blog, SITEURL=HOME)["one/index.html"]
    assert f'<meta property="og:image" content="{HOME}/images/preview.png">' in page
    assert '<meta property="og:image:width" content="1200">' in page
    assert "og:image" not in pages(blog, SITEURL="")["one/index.html"]
