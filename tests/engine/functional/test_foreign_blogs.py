"""The plugin on blogs that exist already: other themes, settings and addresses, and posts that never heard of us."""

from __future__ import annotations

import pytest

from support import blogs


def test_a_blog_as_the_quickstart_makes_it(quickstart):
    blogs.check_quickstart(quickstart[1])
    assert b"executable-posts/page.css" in quickstart[1]["index.html"], (
        "the default theme shows the newest post whole"
    )


def test_a_site_of_branches(branches):
    blogs.check_branches(branches[1])


def test_posts_that_did_not_opt_in_stay_as_they_were(tmp_path):
    root = blogs.many(tmp_path, ours=0)
    before, after = blogs.build(root, "many", plugin=False), blogs.build(root, "many")
    assert len([name for name in before if name.endswith(".html")]) > 90
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []


def test_a_theme_from_the_index(tmp_path):
    import pelican.themes.reflex

    root = blogs.copy("quickstart", tmp_path)
    theme = {"THEME": next(iter(pelican.themes.reflex.__path__)), "MAIN_MENU": True, "CC_LICENSE": None}
    (root / "pyproject.toml").write_text('[tool.executable_posts]\nexplorables = "toys"\n')
    blogs.check_quickstart(blogs.build(root, "quickstart", **theme))


@pytest.mark.parametrize(
    "addresses",
    [
        {
            "SITEURL": "https://example.org/a/blog",
            "ARTICLE_URL": "{slug}/",
            "ARTICLE_SAVE_AS": "{slug}/index.html",
        },
        {
            "RELATIVE_URLS": True,
            "ARTICLE_URL": "{date:%Y}/{slug}/",
            "ARTICLE_SAVE_AS": "{date:%Y}/{slug}/index.html",
        },
        {"ARTICLE_URL": "p/{slug}", "ARTICLE_SAVE_AS": "p/{slug}.html"},
    ],
    ids=["folders", "relative", "without a suffix"],
)
def test_any_addresses(tmp_path, monkeypatch, addresses):
    monkeypatch.chdir("/")
    root = blogs.many(tmp_path, count=1, ours=1)
    site = blogs.build(root, "many", **addresses)
    (page,) = [name for name in site if "ours-0" in name and name.endswith(".html")]
    base = next(a for a in blogs.addresses(site, page) if a.endswith("page.css"))
    assert base == "executable-posts/page.css"
    assert "content/b/ours-0.md:6" in site[page].decode()
    assert "/tmp/" not in site[page].decode()
    folder = page.removesuffix("index.html").removesuffix(".html").rstrip("/")
    assert any(name.startswith(f"{folder}/") and name.endswith(".ipynb") for name in site)


def test_a_page_without_a_head_of_its_own_and_one_that_is_no_html(tmp_path):
    root = blogs.many(tmp_path, count=1, ours=1)
    templates = root / "more"
    templates.mkdir()
    (templates / "feed.json").write_text('{"all": {{ articles | map(attribute="content") | list | tojson }}}')
    (templates / "bare.html").write_text(
        "<!doctype html><title>x</title>{% for a in articles %}{{ a.content }}{% endfor %}"
    )
    settings = {
        "THEME_TEMPLATES_OVERRIDES": [str(templates)],
        "TEMPLATE_EXTENSIONS": [".html", ".json"],
        "DIRECT_TEMPLATES": ["index", "feed", "bare"],
        "FEED_SAVE_AS": "all.json",
    }
    site = blogs.build(root, "many", **settings)
    assert b"executable-posts/" not in site["all.json"]
    assert site["bare.html"].startswith(
        b'<!doctype html><title>x</title><link rel="stylesheet" href="executable-posts/page.css">'
    )


def test_scripts_of_outputs_stay_out_of_feeds(tmp_path):
    root = blogs.many(tmp_path, count=1, ours=1)
    (root / "content/b/ours-0.md").write_text(
        "Title: Ours\nDate: 1999-01-01\nExecutable: true\n\n```python\nfrom IPython.display import HTML\n"
        "HTML('<b>kept</b><script>let dropped = 1</script>')\n```\n"
    )
    site = blogs.build(root, "many")
    assert b"let dropped" in site["ours.html"]
    for feed in ("feeds/all.atom.xml", "feeds/all.rss.xml"):
        assert b"&lt;b&gt;kept" in site[feed]
        assert site[feed].count(b"let dropped") == 1, "once in the block's own source, which is to be read"
        blogs.check_feed(site, feed)


def test_a_site_below_another_has_files_of_its_own(tmp_path):
    """As plugins for translated sites do: a second run of Pelican with a copy of the first one's settings."""
    from pelican.settings import read_settings

    from pelican import Pelican

    root = blogs.many(tmp_path, count=1, ours=1)
    settings = read_settings(
        str(root / "pelicanconf.py"),
        override={"OUTPUT_PATH": str(root / "built"), "PLUGINS": ["executable_posts"]},
    )
    Pelican(settings).run()
    below = {
        **settings,
        "OUTPUT_PATH": str(root / "built/de"),
        "SITEURL": "https://many.example/de",
        "PLUGINS": ["executable_posts"],
    }
    Pelican(below).run()
    site = blogs.files(root / "built")
    for prefix in ("", "de/"):
        base = next(a for a in blogs.addresses(site, f"{prefix}ours-0.html") if a.endswith("page.css"))
        assert base == f"{prefix}executable-posts/page.css"
        assert base in site


@pytest.mark.parametrize(
    ("table", "mend"),
    [("", 'explorables = "FOLDER"'), ('[tool.executable_posts]\nexplorables = "toys"\n', "add that module")],
)
def test_something_to_play_with_that_is_not_there_is_an_error_at_its_line(tmp_path, capsys, table, mend):
    root = blogs.many(tmp_path, count=1, ours=1)
    (root / "toys").mkdir()
    (root / "pyproject.toml").write_text(table)
    (root / "content/b/ours-0.md").write_text(
        "Title: Ours\nDate: 1999-01-01\nExecutable: true\n\n```python\n1\n```\n\n"
        '```python name="toy"\nfrom executable_posts.authors import Explorable\nExplorable("see-saw", {}, "<p>x</p>")\n```\n'
    )
    with pytest.raises(SystemExit):
        blogs.build(root, "many")
    told = capsys.readouterr().err
    assert "error: content/b/ours-0.md:9: an explorable 'see-saw'" in told
    assert mend in told


def test_a_theme_that_does_it_itself_is_let_alone(tmp_path):
    root = blogs.many(tmp_path, count=1, ours=1)
    (root / "pyproject.toml").write_text('[tool.executable_posts]\npage = "theme"\n')
    long = "\n".join(f"echo {n}" for n in range(12))
    (root / "content/b/ours-0.md").write_text(
        f'Title: Ours\nDate: 1999-01-01\nExecutable: true\n\n```bash name="long" tags=["hide-input"]\n{long}\n```\n'
    )
    site = blogs.build(root, "many")
    page = site["ours.html"].decode()
    assert 'class="cell"' in page
    assert "executable-posts/" not in page
    assert 'class="executable-post"' not in page
    assert site["executable-posts/cells.css"]
    (listing,) = [name for name in site if name.endswith(".code.html")]
    found = b'href="../executable-posts/page.css"' in site[listing]
    assert found, "without a page of the theme's own, the engine's"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("title: Why List<int> is slow", "<int> has no partner"),
        ("title: Safe &lt;int>\ntemplate: nosuch", "template: nosuch, which the theme does not have"),
    ],
)
def test_what_a_foreign_theme_would_lose_is_one_error_at_its_line(tmp_path, capfd, field, found):
    root = blogs.many(tmp_path, count=0, ours=0)
    text = f"---\n{field}\ndate: 2026-01-02\nexecutable: true\nblocks: none\n---\n\nWords.\n"
    (root / "content/b/ours.md").write_text(text)
    with pytest.raises(SystemExit) as ended:
        blogs.build(root, "many")
    told = f"{ended.value.code}{capfd.readouterr().err}"
    assert f"error: content/b/ours.md:{field.count(chr(10)) + 2}: " in told
    assert found in told
    assert "Traceback" not in told


def test_a_title_may_hold_whole_html(tmp_path):
    root = blogs.many(tmp_path, count=0, ours=0)
    text = "---\ntitle: A <em>b</em> &lt; c\ndate: 2026-01-02\nexecutable: true\nblocks: none\nslug: c\n---\n\nWords.\n"
    (root / "content/b/ours.md").write_text(text)
    assert b"A <em>b</em> &lt; c" in blogs.build(root, "many")["c.html"]
