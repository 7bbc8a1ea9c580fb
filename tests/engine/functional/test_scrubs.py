"""A number that readers move, from the post to the site: its table is what the post itself would say; plain elsewhere."""

from __future__ import annotations

import json

import pytest

from executable_posts.config import load
from executable_posts.site.build import Site

POST = """```python name="first"
SHARE = 0.25
orders = 40


def late(share):
    return orders * share


waiting = round(late(SHARE), 1)
print(waiting)
```

At {scrub}`SHARE 0..0.5 step 0.25`, {eval}`waiting` orders are late, {eval}`f"{SHARE:.0%}"` of {eval}`orders`.
"""


def texts_of(blog, number: str):
    """Run the post with another number; give what its values say, without tables."""
    blog.write(POST.replace("SHARE = 0.25", f"SHARE = {number}"))
    site = Site(load(blog.root), use_recorded=False)
    post = site.read(blog.root / "content" / "post.md")
    executed = site.execute(post)
    return [text for value, text in zip(post.values, executed.values, strict=True) if value.table_of < 0]


@pytest.mark.parametrize("incremental", [False, True], ids=["whole", "incremental"])
def test_the_table_is_what_the_post_would_say_with_another_number(blog, monkeypatch, incremental):
    monkeypatch.chdir(blog.root)
    if incremental:
        settings = blog.root / "pyproject.toml"
        settings.write_text(settings.read_text() + "incremental = true\n")
    blog.write(POST)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    page = blog.output()["a-post/index.html"].decode()
    assert page.count('data-scrub-src="../a-post/a-post_scrubs.json"') == 1
    (table,) = json.loads(blog.output()["a-post/a-post_scrubs.json"]).values()
    assert table["at"] == ["0.00", "0.25", "0.50"]
    ranks = sorted(table["texts"], key=int)
    for at, number in enumerate(table["at"]):
        told = texts_of(blog, number)
        assert [table["texts"][rank][at] for rank in ranks] == told[: len(ranks)]
        assert told[-1] == "40"


def test_elsewhere_it_is_a_plain_number(blog):
    blog.write(POST)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    told = "At 0.25, 10.0 orders are late, 25% of 40."
    files = blog.output()
    assert told in files["a-post/a-post.md"].decode()
    assert told in "".join(
        cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        for cell in json.loads(files["a-post/a-post.ipynb"])["cells"]
    )
    record = files["a-post/a-post_outputs.json"].decode()
    assert "0.50" not in record, "what would be elsewhere is nothing that the page says"
    blog.sync()
    assert blog.engine("check", "--lint").returncode == 0
    assert blog.pytest().returncode == 0
    assert "{eval}`SHARE  # 0..0.5 step 0.25`" in (blog.root / "notebooks" / "post.ipynb").read_text()


@pytest.mark.parametrize(
    ("given", "found"),
    [("0.75", "SHARE is 0.75, outside of 0.00 to 0.50"), ("True", "SHARE is True, which is no number")],
)
def test_what_the_run_finds_wrong_is_an_error_at_its_line(blog, given, found):
    blog.write(POST.replace("SHARE = 0.25", f"SHARE = {given}"))
    done = blog.html()
    assert done.returncode == 1
    line = blog.line_of("{scrub}")
    assert f"content/post.md:{line}: {{scrub}}`SHARE 0..0.5 step 0.25` raised" in done.stderr
    assert found in done.stderr


def test_what_draws_at_random_does_not_follow(blog):
    blog.write(
        "```python\nimport random\nX = 1\n```\n\nAt {scrub}`X 0..2 step 1`, {eval}`X + random.random()`.\n"
    )
    done = blog.html()
    assert done.returncode == 1
    assert "says something else each time" in done.stderr
