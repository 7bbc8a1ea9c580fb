"""Links and pictures start where the generator's content starts, and name something that is there."""

from __future__ import annotations

import pytest

from executable_posts.config import Config, load
from executable_posts.errors import PostError
from executable_posts.html.render import render
from executable_posts.reading.links import as_named, check_drawn, check_links, file_of
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"/>'
HEADER = "---\ntitle: T\ndate: 2026-01-02\n---\n\n"


@pytest.fixture
def site(tmp_path):
    """A blog as pelican-quickstart lays it out: everything that is published lies in content/."""
    content = tmp_path / "content"
    for folder in ("images", "notes", "bilder"):
        (content / folder).mkdir(parents=True)
    for name in ("images/oven.svg", "images/two words.svg", "bilder/öfen.svg", "notes/beside.svg"):
        (content / name).write_text(SVG)
    (tmp_path / "outside.svg").write_text(SVG)
    (content / "other.md").write_text(
        HEADER
        + '## The Sauce\n\n<p id="by-hand">x</p>\n\n```python name="fig-knee"\nHTML(\'<b id="made">\')\n```\n'
    )
    (content / "images/pointer.png").write_text("version https://git-lfs.github.com/spec/v1\n")
    (content / "images/empty.webp").write_bytes(b"")
    (content / "skipped.md").write_text(HEADER.replace("date:", "Status: skip\ndate:"))
    (content / "bare.md").write_text(HEADER + "Words.\n")
    config = Config(root=tmp_path, posts=("content",), content_root="content")

    def check(text, where="notes/post.md"):
        post = parse(text, f"content/{where}", content / where)
        check_links(post, config)
        return post

    return config, check


@pytest.mark.parametrize(
    "target",
    [
        "{static}/images/oven.svg",
        "{attach}/images/oven.svg",
        "|static|/images/oven.svg",
        "{static}beside.svg",
        "{static}../images/oven.svg",
        "{static}/images/two%20words.svg",
        "<{static}/images/two words.svg>",
        "{static}/bilder/öfen.svg",
        "{static}/bilder/%C3%B6fen.svg",
        "{static}/images/oven.svg?v=2#dot",
    ],
)
def test_pictures_are_found_and_measured(site, target):
    config, check = site
    post = check(f"![An oven]({target})\n")
    html = render(post, Executed([], [], False, "", 0.0), links_start=config.links_start).html
    assert 'width="40" height="20"' in html


def test_a_name_that_is_percent_encoded_is_published_as_the_file_is_called(site):
    config, check = site
    post = check("![x]({static}/bilder/%C3%B6fen.svg#a) [y]({static}/images/two%20words.svg)\n")
    html = render(post, Executed([], [], False, "", 0.0), links_start=config.links_start).html
    assert 'src="{static}/bilder/öfen.svg#a"' in html
    assert 'href="{static}/images/two words.svg"' in html


@pytest.mark.parametrize(
    "target",
    [
        "{filename}/other.md",
        "{filename}../other.md#the-sauce",
        "{filename}/other.md#fig-knee",
        "{filename}/other.md#by-hand",
        "{filename}/other.md#made",
        "{filename}/other.md#L10",
        "{filename}/other.md#top",
        "{filename}/other.md#fnref1:2",
        "{static}/images/oven.svg#dot",
        "|filename|/other.md",
        "{tag}hot oven",
        "{category}kitchen",
        "{author}anna",
        "{index}",
        "/archives.html",
        "//example.org/x",
        "https://example.org/a b".replace(" ", "%20"),
        "mailto:anna@example.org",
        "tel:+41",
    ],
)
def test_links_that_lead_somewhere(site, target):
    site[1](f"[words](<{target}>)\n")


@pytest.mark.parametrize(
    ("text", "line", "found", "mend"),
    [
        ("a\n\n![x]({static}/images/no.svg)\n", 3, "no file content/images/no.svg", "add the file"),
        ("![x]({static}/outside.svg)\n", 1, "no file content/outside.svg", "links start in content"),
        ("![x]({static}../../outside.svg)\n", 1, "outside content", "content_root"),
        ("![x](../images/oven.svg)\n", 1, "'../images/oven.svg'", "{static}../images/oven.svg"),
        ("![x](/images/oven.svg)\n", 1, "'/images/oven.svg'", "{static}/images/oven.svg"),
        ("[x](../other.md)\n", 1, "'../other.md'", "{filename}../other.md"),
        ("[x]({filename}/other.md#the-sauces)\n", 1, "#the-sauces of content/other.md", "heading's id"),
        ("[x]({filename}/other.md#The-Sauce)\n", 1, "#The-Sauce", "#the-sauce"),
        ("[x]({statik}/images/oven.svg)\n", 1, "{statik}", "{static}, {filename}"),
        ("[x]({filename}/other.md#L9)\n", 1, "#L9 of content/other.md", "heading's id"),
        ("[x]({filename}/other.md#top-1)\n", 1, "#top-1 of content/other.md", "heading's id"),
        ("![x]({static}/images/n%20o.svg)\n", 1, "no file content/images/n o.svg", "add the file"),
        ("![x]({static}../outside.svg)\n", 1, "no file content/outside.svg", "correct the path"),
        ("![x]({static}/" + "a" * 300 + ".svg)\n", 1, "no file content/aaa", "correct the path"),
        ("[x](notes.txt)\n", 1, "'notes.txt'", "{filename}NAME.md or {static}/NAME"),
        ("![x](notes.png)\n", 1, "'notes.png'", "write {static}/images/NAME"),
        ("![x](other.md)\n", 1, "'other.md'", "write {static}/images/NAME"),
        ("[x](beside.svg#a)\n", 1, "'beside.svg#a'", "write {static}beside.svg#a"),
        ("[x]({tag})\n", 1, "without a name", "{tag}NAME"),
        ("[x]({static}/)\n", 1, "no file is named", "correct"),
        ('a\n\n<p>\n<img src="{static}/images/gone.svg" alt="x">\n</p>\n', 4, "gone.svg", "add the file"),
        ("b\n<a href={filename}/gone.md>x</a>\n", 2, "gone.md", "add the file"),
        ("![x]({static}/images/pointer.png)\n", 1, "no picture that a browser can read", "Git LFS"),
        ("![x]({static}/images/empty.webp)\n", 1, "no picture that a browser can read", "fetch or save"),
        ("[x]({filename}/skipped.md)\n", 1, "not published (status: skip)", "remove the link"),
        ("[x]({filename}/bare.md#x)\n", 1, "#x of content/bare.md", "heading's id"),
        ("a\n<a href='file:///home/me/x'>x</a>\n", 2, "a file of this machine", "{static}/NAME"),
        (
            "<img alt='' src='{static}/images/oven.svg' srcset='{static}/images/o2.svg 2x'>\n",
            1,
            "o2.svg",
            "add the file",
        ),
    ],
)
def test_a_link_that_names_nothing_is_refused_at_its_line(site, text, line, found, mend):
    with pytest.raises(PostError) as caught:
        site[1](text)
    assert caught.value.line == line
    assert found in caught.value.found
    assert mend in caught.value.mend


def test_a_picture_that_a_block_draws_is_looked_for_after_the_run(site):
    config, check = site
    post = check(
        '```python\nplt.savefig("content/images/knee.svg")\n```\n\n![The knee]({static}/images/knee.svg)\n'
    )
    with pytest.raises(PostError, match="no block has written") as caught:
        check_drawn(post, config)
    assert caught.value.line == 5
    (config.root / "content/images/knee.svg").write_text(SVG)
    check_drawn(post, config)


@pytest.mark.parametrize(
    ("source", "name", "drawn"),
    [
        ("save('knee.png')", "knee.png", True),
        ("save(f'{n}.png')", "knee.png", True),
        ("save('knee' + kind)", "knee.png", True),
        ("save('abc' + kind)", "abc.x", True),
        ("cab = 1", "ab.c", False),
        ("save('hip.svg')", "knee.png", False),
    ],
)
def test_a_block_that_speaks_of_a_picture_may_draw_it(site, source, name, drawn):
    text = f"```python\n{source}\n```\n\n![x]({{static}}/images/{name})\n"
    if drawn:
        site[1](text)
    else:
        with pytest.raises(PostError, match="there is no file"):
            site[1](text)


def test_what_names_no_file_of_the_site_stays_as_it_is(tmp_path):
    (tmp_path / "a%20b.svg").write_text(SVG)
    for target in ("https://e.org/a%20b", "{tag}a%20b", "{static}a%20b.svg", "{static}a%23b.svg?x"):
        assert as_named(target, tmp_path, tmp_path) == target
    assert as_named("{static}/c%20d.svg#e%20f", tmp_path, tmp_path) == "{static}/c d.svg#e%20f"
    assert as_named("|static|c%20d.svg?v", tmp_path, tmp_path) == "|static|c d.svg?v"
    assert file_of("{tag}a", tmp_path, tmp_path) is None
    assert file_of("{static}/a?b#c", tmp_path / "x", tmp_path) == tmp_path / "a"
    assert file_of("{static}a\0b", tmp_path, tmp_path) is None
    assert file_of("{static}a%00b", tmp_path, tmp_path) == tmp_path / "a%00b"


def test_one_side_that_an_author_chose_decides_the_other(site):
    config, check = site
    post = check("![x]({static}/images/oven.svg){width=10}\n")
    html = render(post, Executed([], [], False, "", 0.0), links_start=config.links_start).html
    assert 'width="10"' in html
    assert 'height="5"' in html


def test_without_a_content_root_links_start_at_the_sites_own_folder(tmp_path):
    (tmp_path / "outside.svg").write_text(SVG)
    post = parse("![x]({static}/outside.svg)\n", "p.md", tmp_path / "p.md")
    check_links(post, Config(root=tmp_path))
    assert file_of("https://e.org/x", tmp_path, tmp_path) is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('content_root = "nowhere"', "no folder"),
        ('extensions = ["maths"]', "'maths'"),
        ('extensions = "math"', "list"),
    ],
)
def test_settings_that_name_nothing_are_refused(tmp_path, line, words):
    (tmp_path / "pyproject.toml").write_text(f"[tool.executable_posts]\n{line}\n")
    with pytest.raises(PostError, match=words):
        load(tmp_path)
