"""Inline values wherever inline text does, and what depends on a run: built in process on a small blog."""

from __future__ import annotations

import json
import re

import feedparser
import pytest
from bs4 import BeautifulSoup

from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.reading.post import parse
from executable_posts.site.build import Site

pytestmark = pytest.mark.usefixtures("warm_kernels")

BODY = r"""Before: {eval}`6 * 7`.

```python caption="Ovens: {eval}\u0060ovens\u0060 of *stone*" name="fig-a"
ovens = 3
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>a</title></svg>')
```

## With {eval}`ovens` ovens

See [the {eval}`ovens` ovens](#with-ovens "all {eval}`ovens`").[^n]

[^n]: A note on {eval}`ovens + 1`.

| n | {eval}`"head"` |
|---|---|
| {eval}`ovens` | `{eval}` |

:::note Box {eval}`ovens`
x
:::

![{eval}`ovens` dots]({static}/images/x.svg "Shown {eval}`ovens + 2` times")

```python
last = "<late> & \"quoted\""
```
"""
HEADER = """---
title: "{eval}`last` and {eval}`ovens`"
date: 2026-01-02
summary: >
  One line,
  then {eval}`ovens * 100`, {eval}`last`.
---

"""


@pytest.fixture
def published(blog):
    path = blog.write(BODY, header=HEADER)
    return Site(load(blog.root), use_recorded=False).publish(path)


def test_values_stand_wherever_inline_text_does(published):
    page = BeautifulSoup(published.html, "html.parser")
    assert "Before: 42." in page.p.get_text()
    assert page.h2.get_text().strip() == "With 3 ovens"
    assert page.h2["id"] == "with-ovens", "an anchor outlives a new number"
    assert "With 3 ovens" in published.toc
    link = page.find("a", title="all 3")
    assert link.get_text() == "the 3 ovens"
    assert "A note on 4." in page.find(class_="note", id="fn1").get_text()
    assert page.find(class_="admonition-title").get_text() == "Box 3"
    picture = page.find("img", alt="3 dots")
    assert picture.parent.figcaption.get_text() == "Shown 5 times"
    assert "Ovens: 3 of stone" in page.find(id="fig-a").get_text()
    assert [td.get_text() for td in page.table.find_all("td")] == ["3", "{eval}"]
    assert page.table.find_all("th")[1].get_text() == "head"


def test_the_headers_values_are_those_at_the_end_and_its_address_needs_none(published):
    assert published.header["title"] == '<late> & "quoted" and 3'
    assert published.header["summary"].strip() == "One line, then 300, &lt;late&gt; &amp; &quot;quoted&quot;."
    assert published.header["slug"] == "and"


def test_the_downloaded_notebook_says_the_values_too(published):
    (name,) = [n for n in published.downloads if n.endswith(".ipynb")]
    nb = json.loads(published.downloads[name])
    text = "\n".join("".join(c["source"]) for c in nb["cells"] if c["cell_type"] == "markdown")
    assert "Before: 42." in text
    assert "## With 3 ovens" in text
    assert '![3 dots]({static}/images/x.svg "Shown 5 times")' in text
    assert "`{eval}`" in text
    caption = next(c["metadata"]["caption"] for c in nb["cells"] if c["metadata"].get("name") == "fig-a")
    assert caption == "Ovens: 3 of *stone*"


def test_a_value_in_the_header_that_raises_names_its_line(blog):
    path = blog.write("```python\nx = 1\n```\n", header=HEADER)
    with pytest.raises(PostError, match="NameError") as caught:
        Site(load(blog.root), use_recorded=False).publish(path)
    assert caught.value.line == 2


@pytest.mark.parametrize("field", ["tags: a, {eval}`x`", "category: of {eval}`x`", "slug: a{eval}`x`"])
def test_an_address_never_depends_on_a_value(field):
    with pytest.raises(PostError) as caught:
        parse(f"---\ntitle: T\n{field}\n---\n\n```python\nx = 1\n```\n", "p.md")
    assert caught.value.line == 3


def test_a_title_that_shows_the_role_as_code_holds_no_value():
    post = parse("---\ntitle: About ``{eval}`x` `` and more\n---\n\nText.\n", "p.md")
    assert post.values == ()
    assert post.templates == {}


def test_a_picture_that_a_block_had_drawn_is_drawn_again_when_it_is_gone(blog):
    body = (
        '```python\nfrom pathlib import Path\nPath("images/drawn.svg").write_text('
        '\'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="10"/>\')\n```\n\n'
        "![A drawing]({static}/images/drawn.svg)\n"
    )
    path = blog.write(body)
    drawn = blog.root / "images/drawn.svg"
    config = load(blog.root)
    assert 'width="30"' in Site(config, use_recorded=True).publish(path).html
    drawn.unlink()
    assert 'width="30"' in Site(config, use_recorded=True).publish(path).html
    assert drawn.is_file()


def test_code_in_a_blocks_markdown_stops_the_build_at_the_block(blog):
    body = 'Text.\n\n```python\nfrom IPython.display import Markdown\nMarkdown("    x = 1")\n```\n'
    path = blog.write(body)
    with pytest.raises(PostError, match="never ran") as caught:
        Site(load(blog.root), use_recorded=False).publish(path)
    assert caught.value.line == blog.line_of("from IPython")


def test_the_generator_says_where_links_start(blog):
    (blog.root / "content/images").mkdir()
    (blog.root / "content/images/y.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    path = blog.write(
        "![y]({static}/images/y.svg)\n", header="---\ntitle: T\ndate: 2026-01-02\nblocks: none\n---\n\n"
    )
    with pytest.raises(PostError, match="no file"):
        Site(load(blog.root)).read(path)
    Site(load(blog.root), content_root="content").read(path)
    Site(load(blog.root), content_root=blog.root / "content").read(path)


def test_titles_and_summaries_with_values_reach_lists_and_feeds(blog):
    header = HEADER.replace("date:", "slug: stoves\ndate:").replace("{eval}`last` and", "Exactly")
    blog.write(BODY + "\nA formula: $\\frac{1}{2}$.\n", header=header)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    output = {name: data.decode() for name, data in blog.output().items() if name.endswith((".html", ".xml"))}
    feed = feedparser.parse(next(text for name, text in output.items() if "<feed" in text))
    assert feed.bozo == 0
    assert feed.entries[0].title == "Exactly 3"
    assert "<math" in next(text for text in output.values() if "<feed" in text).replace("&lt;", "<")
    page = BeautifulSoup(output["stoves/index.html"], "html.parser")
    assert page.h1.get_text() == "Exactly 3"
    assert "then 300" in page.find(class_="lead").get_text()
    assert "Exactly 3" in output["index.html"]
    assert "With 3 ovens" in page.find(class_="toc-fold").get_text()
    assert not [name for name, text in output.items() if "{eval}`ovens" in text]
    styles = "".join(data.decode() for name, data in blog.output().items() if name.endswith(".css"))
    assert "span.note" in styles
    rules = re.findall(r"([^{}]*(?<!span)\.note(?![\w-])[^{}]*)\{([^{}]*)\}", styles)
    hiding = [rule for rule in rules if re.search(r"display: ?none|float:", rule[1])]
    assert not hiding, "a footnote's rule would hide boxes of the kind note"
