"""What changed, on whole sites: whatever the theme and the addresses are, and whatever a build came to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from executable_posts.changes.sites import compare_sites
from support import blogs

POST = r"""Title: Ours
Date: 1999-01-01
Slug: ours
Executable: true

```python tags=["remove-cell"]
%load_ext executable_posts
%matplotlib inline
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
```

```python name="sum"
waits = [10, 20, 40]
print(sum(waits), "minutes")
```

They wait {eval}`sum(waits)` minutes.

```python caption="How long {eval}\u0060len(waits)\u0060 wait." name="fig-wait"
figure, axes = plt.subplots()
axes.plot([1, 2, 3], waits, label="wait")
plt.show()
```

```python caption="A picture without numbers." name="fig-none"
figure, axes = plt.subplots()
axes.fill_between([0, 1], [0, len(waits)])
plt.show()
```

```bash
echo one; echo two >&2
```
"""
ADDRESSES = {
    "plain": {"ARTICLE_URL": "{slug}.html", "ARTICLE_SAVE_AS": "{slug}.html"},
    "folders": {"ARTICLE_URL": "{slug}/", "ARTICLE_SAVE_AS": "{slug}/index.html"},
}


def built(root: Path, name: str, **settings: object) -> Path:
    """Build the blog and keep its output under a name."""
    blogs.build(root, "many", **settings)
    return Path(shutil.move(root / "built", root / name))


@pytest.fixture
def blog_of_one(tmp_path):
    root = blogs.many(tmp_path, count=1, ours=1)
    (root / "content/b/ours-0.md").write_text(POST, encoding="utf-8")
    return root


@pytest.mark.parametrize("addresses", ADDRESSES.values(), ids=ADDRESSES)
def test_any_theme_and_any_addresses(blog_of_one, addresses):
    root, path = blog_of_one, blog_of_one / "content/b/ours-0.md"
    old = built(root, "old", **addresses)
    assert (old / "ours" / "ours_outputs.json").is_file()
    # Prose above moves every block; another theme, and nothing that a reader sees of a block is otherwise.
    path.write_text(POST.replace("\n\n```python name", "\n\nMore.\n\nProse.\n\n```python name", 1), "utf-8")
    moved = built(root, "moved", THEME="notmyidea", **addresses)
    assert (
        (old / "ours.html").exists() == (moved / "ours.html").exists() == ("html" in addresses["ARTICLE_URL"])
    )
    assert compare_sites(old, moved).changes == []
    other = ADDRESSES["folders" if addresses == ADDRESSES["plain"] else "plain"]
    elsewhere = built(
        root,
        "elsewhere",
        ARTICLE_URL="p/" + other["ARTICLE_URL"],
        ARTICLE_SAVE_AS="p/" + other["ARTICLE_SAVE_AS"],
    )
    assert [(c.what, c.kind, c.new) for c in compare_sites(moved, elsewhere).changes] == [
        ("post", "moved", "p/ours/")
    ]
    path.write_text(path.read_text("utf-8").replace("20, 40]", "20, 44]"), "utf-8")
    changed = built(root, "changed", **addresses)
    found = [
        (c.where.rpartition("/")[2], c.what, c.name, c.old, c.new)
        for c in compare_sites(old, changed).changes
    ]
    chart = next(c for c in compare_sites(old, changed).changes if c.what == "chart")
    assert [(pair.of, pair.old, pair.new) for pair in chart.numbers] == [("wait at 3", "40", "44")]
    lines = {
        name: n
        for n, line in enumerate(path.read_text("utf-8").split("\n"), 1)
        for name in ("They", "waits = ", "= plt")
        if name in line
    }
    assert found[:2] == [
        (f"ours-0.md:{lines['waits = ']}", "output", "sum", "70 minutes\n", "74 minutes\n"),
        (f"ours-0.md:{lines['They']}", "value", "sum(waits)", "70", "74"),
    ]
    assert [row[1:3] for row in found[2:]] == [("chart", "fig-wait")], found


def test_a_caption_s_number_is_its_own_and_a_picture_without_numbers_is_a_picture(blog_of_one):
    root, path = blog_of_one, blog_of_one / "content/b/ours-0.md"
    old = built(root, "old")
    path.write_text(POST.replace("[1, 2, 3]", "[1, 2, 3, 4]").replace("20, 40]", "20, 40, 0]"), "utf-8")
    changes = compare_sites(old, built(root, "new")).changes
    assert [(c.what, c.name) for c in changes] == [
        ("value", "len(waits)"),
        ("chart", "fig-wait"),
        ("picture", "fig-none"),
    ]
    assert (changes[0].old, changes[0].new) == ("3", "4")
    assert changes[1].diff == ("+ 4  0",)


def test_a_build_ends_with_the_list_and_a_run_too(blog):
    blog.write(
        '```python name="sum"\nprint(6 * 7)\n```\n\n```python tags=["remove-output"]\nprint("unseen")\n```\n'
    )
    first = blog.html()
    assert first.returncode == 0, first.stderr
    assert "What changed" not in first.stderr
    page = blog.output()["a-post/index.html"]
    assert b"_outputs.json" not in page, "no page fetches it"
    assert json.loads(blog.output()["a-post/a-post_outputs.json"])["post"] == "content/post.md"
    assert b"unseen" not in blog.output()["a-post/a-post_outputs.json"]
    assert "What changed" not in blog.html().stderr
    blog.write(
        'More prose.\n\n```python name="sum"\nprint(6 * 8)\n```\n\n```python tags=["remove-output"]\nprint("new")\n```\n'
    )
    line = blog.line_of("print(6")
    blog.sync()
    ran = blog.engine("run", "--changes", "c.json")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stderr.splitlines()
    assert lines[-2:] == [
        "What changed, compared with the published output/: 1 change in 1 post",
        f"  content/post.md:{line} sum: 42 → 48 (+14 %)",
    ]
    (entry,) = json.loads((blog.root / "c.json").read_text("utf-8"))
    assert (entry["file"], entry["line"], entry["kind"]) == ("content/post.md", line, "changed")
    assert "What changed" not in blog.engine("run").stderr, "nothing was executed"
    published = blog.html()
    assert published.stderr.splitlines()[-1] == f"  content/post.md:{line} sum: 42 → 48 (+14 %)"
    assert "What changed" not in blog.html().stderr


def test_a_build_that_fails_compares_nothing(blog):
    blog.write("```python\nprint(1)\n```\n")
    assert blog.html().returncode == 0
    blog.write("```python\nprint(2)\n1 / 0\n```\n")
    done = blog.html()
    assert done.returncode != 0
    assert "What changed" not in done.stderr


def test_a_run_of_what_no_page_can_show_is_compared_with_nothing(blog):
    blog.write("```python\nprint(1)\n```\n")
    assert blog.html().returncode == 0
    text = 'from IPython.display import display\ndisplay({"application/pdf": "x"}, raw=True)\n'
    blog.write(f"```python\nprint(2)\n{text}```\n")
    done = blog.engine("run")
    assert done.returncode == 0, done.stderr
    assert "What changed" not in done.stderr
    assert "cannot be told" not in done.stderr
