"""Who is an executable post: by header, in either style, or by folder; and who is left alone."""

from __future__ import annotations

import pytest

from executable_posts.config import Config, load
from executable_posts.errors import PostError
from executable_posts.opting import said
from executable_posts.reading import post as posts
from support import blogs

pytestmark = pytest.mark.usefixtures("warm_kernels")

TABLE = '[tool.executable_posts]\nposts = ["content/lab"]\n'


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("---\ntitle: x\nexecutable: true\n---\n", True),
        ("---\ntitle: a: b: not YAML\nExecutable: yes # please\n---\n", True),
        ("---\ntitle: x\n---\nexecutable: true\n", None),
        ("---\ntitle: x\nexecutable: true\n", None),
        ("---\nlist:\n  executable: true\n---\n", None),
        ("Title: x\nExecutable: True\n\nText", True),
        ("Title: x\nSummary: one\n    executable: true\n\nText", None),
        ("Title: x\n\nExecutable: true\n", None),
        ("\ufeffTitle: x\r\nExecutable: off\r\n\r\nText", False),
        ("executable: 'no'\n", False),
        ("# A heading\nexecutable: true\n", None),
        ("", None),
    ],
)
def test_a_header_says_it(text, answer):
    assert said(text, "x.md") is answer


def test_another_word_is_an_error_at_its_line():
    with pytest.raises(
        PostError, match=r"^x.md:3: executable: ture\n  mend: write executable: true"
    ) as caught:
        said("Title: x\nDate: y\nexecutable: ture\n\n", "x.md")
    assert caught.value.line == 3


def test_command_line_and_tests_see_exactly_the_posts_that_opted_in(tmp_path):
    (tmp_path / "pyproject.toml").write_text(TABLE)
    texts = {
        "content/lab/all.md": "Title: x\n\nText",
        "content/lab/deep/er.md": "---\ntitle: x\n---\n",
        "content/lab/off.md": "Title: x\nExecutable: no\n\n",
        "content/lab/other.markdown": "Title: x\n\n",
        "content/old.md": "Title: x\n\n",
        "content/new.mkd": "Title: x\nExecutable: true\n\n",
        "content/.ipynb_checkpoints/new-checkpoint.md": "Executable: true\n\n",
        "elsewhere/new.md": "Executable: true\n\n",
        "content/words.txt": "Executable: true\n\n",
        "content/lab/examples/pyproject.toml": "[tool.executable_posts]\n",
        "content/lab/examples/of/another-site.md": "Executable: true\n\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    config = load(tmp_path)
    ours = [config.label(path) for path in config.post_paths()]
    assert ours == ["content/lab/all.md", "content/lab/deep/er.md", "content/new.mkd"]
    assert sorted(name for name in texts if config.is_post(tmp_path / name)) == sorted(
        [*ours, "content/.ipynb_checkpoints/new-checkpoint.md"]
    ), "Pelican itself passes over dot folders"


def test_pelican_s_own_header_is_read_as_pelican_reads_it():
    text = (
        "Title: A title: with a colon\nDate: 3 March 2026\nTags: a, b\nSummary: One line\n    and another.\nStatus: draft\n"
        "Tags: c\n\n```python\n1\n```\n"
    )
    post = posts.parse(text, "x.md", required=("title", "date"))
    assert post.header["title"] == "A title: with a colon"
    assert post.header["date"].isoformat() == "2026-03-03T00:00:00"
    assert post.header["tags"] == "a, b"
    assert post.header["summary"] == "One line\nand another."
    assert post.header_lines == 8
    assert [block.line for block in post.blocks] == [10]


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("Title: x\nDate: soon\n\n", 2, "date: soon is not a date"),
        ("Title: x\n\n", 1, "no 'date'"),
        ("Title: x\nDate: 2026-01-01\nStatus: drafty\n\n", 3, "status: drafty"),
    ],
)
def test_a_fault_in_pelican_s_own_header_has_its_line(header, line, words):
    with pytest.raises(PostError, match=words) as caught:
        posts.parse(header + "```python\n1\n```\n", "x.md", required=("title", "date"))
    assert caught.value.line == line


def test_a_post_with_pelican_s_own_header_has_a_twin(tmp_path):
    from executable_posts.notebooks import pairing

    path = tmp_path / "content" / "post.md"
    path.parent.mkdir()
    text = "Title: x\nDate: 2026-01-01\nExecutable: true\n\nWords.\n\n```python\nprint(1)\n```\n"
    path.write_text(text)
    config = Config(root=tmp_path)
    pairing.sync(posts.read(path, "content/post.md"), config)
    assert path.read_text() == text
    pairing.check_pair(posts.read(path, "content/post.md"), config)


def test_one_of_many_runs_and_the_others_stay_as_they_were(tmp_path):
    root = blogs.many(tmp_path, count=8, ours=2)
    site = blogs.build(root, "many")
    before = blogs.build(root, "many", plugin=False)
    assert b"41" in site["ours-1.html"]
    blogs.check_posts(site, ["ours-0.html", "ours-1.html"])
    changed = {name for name in before if name.endswith(".html") and before[name] != site[name]}
    lists = {"index.html", "archives.html"}
    assert {n for n in changed if not n.startswith(("author/", "category/", "tag/"))} <= {
        "ours-0.html",
        "ours-1.html",
        *lists,
    }
    blogs.check_feed(site, "feeds/all.atom.xml")


def test_two_runs_in_one_process_have_nothing_in_common(tmp_path):
    one, other = (blogs.many(tmp_path / name, count=1, ours=1) for name in ("one", "other"))
    (other / "content/b/ours-0.md").write_text(
        "Title: Ours 0\nDate: 1999-01-01\nExecutable: true\n\n```python\nprint(6 * 7)\n```\n"
    )
    first, second, third = (blogs.build(root, "many") for root in (one, other, one))
    assert b"content/b/ours-0.md" in first["ours-0.html"]
    assert b">40\n<" in first["ours-0.html"]
    assert b">42\n<" in second["ours-0.html"]
    assert first.keys() == third.keys()
    assert first["ours-0.html"] == third["ours-0.html"]
    assert (one / ".cache").is_dir()
    assert (other / ".cache").is_dir()


def test_pelican_s_own_cache_is_not_asked_for_our_posts(tmp_path):
    root = blogs.many(tmp_path, count=2, ours=1)
    (root / "pyproject.toml").write_text('[tool.executable_posts]\ninputs = ["*.txt"]\n')
    (root / "n.txt").write_text("17")
    (root / "content/b/ours-0.md").write_text(
        "Title: Ours 0\nDate: 1999-01-01\nExecutable: true\n\n```python\nprint(open('n.txt').read())\n```\n"
    )
    caching = {"CACHE_CONTENT": True, "LOAD_CONTENT_CACHE": True, "CACHE_PATH": str(tmp_path / "cache")}
    assert b"17" in blogs.build(root, "many", **caching)["ours-0.html"]
    (root / "n.txt").write_text("18")
    assert b"18" in blogs.build(root, "many", **caching)["ours-0.html"]


def test_without_pelican_s_markdown_an_old_post_is_one_error(tmp_path, monkeypatch, capsys):
    import pelican.readers

    monkeypatch.setattr(pelican.readers.MarkdownReader, "enabled", False)
    root = blogs.many(tmp_path, count=1, ours=1)
    assert "ours-0.html" in blogs.build(root, "many", PAGE_PATHS=["none"], ARTICLE_EXCLUDES=["pages"])
    (root / "content/a/old.md").write_text("Title: Old\nDate: 2001-01-01\n\nx\n")
    with pytest.raises(SystemExit):
        blogs.build(root, "many", PAGE_PATHS=["none"], ARTICLE_EXCLUDES=["pages"])
    assert "needs the package Markdown" in capsys.readouterr().err
