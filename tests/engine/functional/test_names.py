"""Files of posts never overwrite one another, and every reference is right under every address scheme."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

HEADER = "---\ntitle: {title}\ndate: 2026-01-02\nslug: {slug}\nsummary: s\n{more}---\n\n"
PLAIN = '\nARTICLE_URL = ARTICLE_SAVE_AS = "{slug}.html"\nPAGE_URL = PAGE_SAVE_AS = "pages/{slug}.html"\nDRAFT_URL = DRAFT_SAVE_AS = "drafts/{slug}.html"\n'
LANG = 'ARTICLE_LANG_URL = ARTICLE_LANG_SAVE_AS = "{slug}-{lang}.html"\n'
SETUP = """```python tags=["remove-cell"]
%load_ext executable_posts
%matplotlib inline
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
from executable_posts.authors import Explorable, show
from pathlib import Path
```

"""
CHART = """```python caption="c" name="fig-a"
plt.plot([0, 1], [0, 1])
plt.title("WORDS")
plt.show()
```

"""
INDEX = '```python name="index" tags=["hide-output", "remove-input"]\nshow(Path("long.py"))\n```\n\n'
FOLDED = '```python name="post" tags=["hide-input"]\n' + "x = 1\n" * 14 + "```\n\n"
TOY = """```python name="toy"
still = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9' role='img' aria-label='{}'></svg>"
Explorable("see-saw", {"who": "WORDS"}, still.format("one") + still.format("two"), {"blocks": ["WORDS"]})
```

"""


def references(page: str) -> list[str]:
    return [
        address
        for address in re.findall(r'\s(?:src|href|data-src|content)="([^"]+)"', page)
        if not re.match(r"[a-z-]+:|#|width=|default-src|\d|[A-Z]", address) and re.search(r"[/.]", address)
    ]


def unresolved(files: dict[str, bytes], root: str = "") -> list[str]:
    """List the references of all pages that lead nowhere. root: the site's absolute address, if pages use it."""
    wrong, seen = [], 0
    for name, body in files.items():
        if not name.endswith(".html"):
            continue
        page = body.decode()
        whole = (
            re.findall(rf'(?:src|href|data-src|content)="{re.escape(root)}/([^"]*)"', page) if root else []
        )
        for address in [posixpath.join("/", a) for a in whole] + references(page):
            path = unquote(urlsplit(urljoin(f"/{name}", address)).path).lstrip("/")
            path = path + "index.html" if path.endswith("/") or not path else path
            seen += 1
            if path not in files and not path.removesuffix("/index.html").startswith(("python/", "pagefind")):
                wrong.append(f"{name}: {address}")
    assert seen
    return wrong


def crowd(blog, settings: str) -> None:
    """Write posts that use one another's names wherever they can."""
    (blog.root / "long.py").write_text("x = 1\n" * 20)
    (blog.root / "images" / "preview.png").write_bytes(b"")
    conf = blog.root / "pelican.conf.py"
    conf.write_text(conf.read_text() + settings)
    body = SETUP + CHART + INDEX + FOLDED + TOY
    for name, slug, more in (
        ("one/post.md", "one", ""),
        ("two/post.md", "post", ""),
        ("two/deutsch.md", "post", "lang: de\n"),
        ("draft.md", "sketch", "status: draft\n"),
        ("pages/post.md", "toy", ""),
        ("toy blocks & more.md", "toy_blocks", ""),
    ):
        (blog.root / "content" / name).parent.mkdir(exist_ok=True)
        title = name.replace("/", " ").replace(".md", "")
        header = HEADER.format(title=f'"{title}"', slug=slug, more=more)
        blog.write(body.replace("WORDS", f"drawn by {name}"), name, header)


@pytest.mark.parametrize("scheme", ["own folders", "plain files", "absolute"])
def test_everybody_has_their_own_files(blog, scheme):
    crowd(blog, "" if scheme == "own folders" else PLAIN + LANG)
    site = "https://blog.example/sub" if scheme == "absolute" else ""
    done = blog.html(SITEURL=site)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr, "Pelican looks for nothing that is made later"
    files = blog.output()
    assert unresolved(files, site) == []
    for name, page in (
        ("one/post.md", "one"),
        ("two/post.md", "post"),
        ("two/deutsch.md", "post-de"),
        ("draft.md", "drafts/sketch"),
        ("pages/post.md", "toy" if scheme == "own folders" else "pages/toy"),
        ("toy blocks & more.md", "toy_blocks"),
    ):
        own = scheme == "own folders" and page != "post-de"  # Pelican's own address of a translation
        at = f"{page}/index.html" if own else f"{page}.html"
        html = files[at].decode()
        assert "content/" + name.replace("&", "&amp;") in html, "a block named index replaces no page"
        chart = re.search(r'<img class="chart" src="([^"]*fig-a-1\.svg)"', html)[1]
        data = re.search(r'data-src="([^"]*toy\.json)"', html)[1]
        frame = re.search(r'<iframe class="listing" src="([^"]*index\.source\.html)"', html)[1]
        for address in (chart, data, frame):
            assert address.startswith(f"{site}/") if site else not address.startswith("/")
        place = {
            a: unquote(
                a.removeprefix(site + "/")
                if site
                else posixpath.normpath(posixpath.join(posixpath.dirname(at), a))
            )
            for a in (chart, data, frame)
        }
        assert f"drawn by {name}".replace("&", "&amp;") in files[place[chart]].decode()
        assert f"drawn by {name}" in files[place[data]].decode()
        assert f"drawn by {name}" in files[place[data].replace(".json", ".blocks.json")].decode()
        assert 'class="listing-page"' in files[place[frame]].decode()
        stills = re.findall(r'src="([^"]*toy-still[^"]*)" alt="(\w+)"', html)
        assert [words for _, words in stills] == ["one", "two"]
        assert len({address for address, _ in stills}) == 2
    feed = ET.fromstring(files["feeds/all.atom.xml"])
    base = site or "http://127.0.0.1:8000"
    for entry in feed.iter("{http://www.w3.org/2005/Atom}entry"):
        content = entry.find("{http://www.w3.org/2005/Atom}content").text
        for address in re.findall(r'<img [^>]*src="([^"]+)"', content):
            assert unquote(address.removeprefix(base + "/")) in files, address


def test_a_static_file_of_the_same_name_is_refused_with_both_named(blog):
    conf = blog.root / "pelican.conf.py"
    conf.write_text(conf.read_text() + '\nSTATIC_PATHS = ["images", "a-post"]\n')
    (blog.root / "a-post").mkdir()
    (blog.root / "a-post" / "A-Post.PY").write_text("mine")
    blog.write("```python\n1\n```\n")
    done = blog.html()
    assert done.returncode == 1
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "a-post/A-Post.PY" in error or "a-post/a-post.py" in error
    assert "content/post.md" in error
    assert "mend: " in done.stderr
    assert not (blog.root / "output").exists()


def test_a_page_of_the_theme_over_a_post_s_file_is_refused(blog):
    conf = blog.root / "pelican.conf.py"
    conf.write_text(conf.read_text() + '\nARCHIVES_SAVE_AS = "a-post/a-post.py"\n')
    blog.write("```python\n1\n```\n")
    done = blog.html()
    assert done.returncode == 1
    assert "error: content/post.md: its file a-post/a-post.py" in done.stderr
    assert not (blog.root / "output").exists()


@pytest.mark.parametrize("target", ["{tag}nosuch", "{category}no%20such"])
def test_a_link_to_a_group_of_no_post_is_one_error_at_its_line(blog, target):
    """Pelican gives it an address, and makes no page for it."""
    header = HEADER.format(title="A", slug="a", more="tags: hot oven\nblocks: none\n")
    blog.write(f"[ovens]({{tag}}hot%20oven)\n\nand [x]({target})\n", header=header)
    done = blog.html()
    assert done.returncode == 1
    assert f"error: content/post.md:{blog.line_of('and [x]')}: a link to the {target[1:4]}" in done.stderr
    assert "which no post has" in done.stderr


def test_a_theme_without_a_policy_shows_pictures_from_elsewhere_on_every_page(blog):
    """Pelican's own theme and addresses, which show whole posts on the index."""
    (blog.root / "pelicanconf.py").write_text(
        'PATH = "content"\nSITENAME = "s"\nAUTHOR = "a"\nTIMEZONE = "UTC"\nPLUGINS = ["executable_posts"]\n'
        'SITEURL = ""\nRELATIVE_URLS = True\nFEED_ALL_ATOM = None\nCATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None\n'
        "AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None\nOUTPUT_PATH = 'output'\n"
    )
    for name in ("one", "two"):
        body = SETUP + CHART.replace("WORDS", f"drawn by {name}") + "![x](https://example.net/a.png)\n"
        blog.write(body, f"{name}.md", HEADER.format(title=name, slug=name, more=""))
    done = blog.run("-m", "pelican", "-s", "pelicanconf.py", "--fatal", "errors")
    assert done.returncode == 0, done.stderr
    files = blog.output()
    for name in ("one", "two"):
        assert f"drawn by {name}" in files[f"{name}/fig-a-1.svg"].decode()
        assert f'src="./{name}/fig-a-1.svg"' in files[f"{name}.html"].decode()
    for page in ("index.html", "category/misc.html"):
        for address in re.findall(r'class="chart" src="([^"]+)"', files[page].decode()):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(page), address)) in files


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("index.html", "the site's own page 'index'"),
        ("feeds/ALL.atom.xml", "a feed"),
        ("theme/x.html", "a file of the theme's"),
        ("executable-posts/page.css", "a file of the engine's"),
    ],
)
def test_a_page_with_the_name_of_something_else_of_the_site_is_one_error(blog, name, whose):
    header = HEADER.format(title="A", slug="a", more=f"save_as: {name}\n")
    blog.write("```python\n1\n```\n", header=header)
    done = blog.html()
    assert done.returncode == 1
    assert (
        f"error: content/post.md:{blog.line_of('save_as')}: would write {name}, which is {whose}"
        in done.stderr
    )
    assert "Traceback" not in done.stderr
