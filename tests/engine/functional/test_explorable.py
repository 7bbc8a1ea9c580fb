"""A block that shows an explorable: what the page, its folder, its notebook and its author get."""

from __future__ import annotations

import json
import re

import pytest

from executable_posts.authors.explorable import MIME, Explorable

BLOCK = """```python name="see-saw"
from executable_posts.authors import Explorable
Explorable("see-saw", {"weights": [1, 2]}, "<svg viewBox='0 0 9 9' role='img' aria-label='level'></svg>", {"steep": [3]})
```
"""


def test_the_data_lies_beside_the_page_and_the_fallback_in_it(blog):
    blog.write(BLOCK)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    files = blog.output()
    page = files["a-post/index.html"].decode()
    (found,) = re.findall(r'<div class="explorable" [^>]*>', page)
    assert 'data-component="see-saw"' in found
    assert 'data-src="../a-post/see-saw.json"' in found
    still = re.search(r'<img class="chart" src="../a-post/see-saw-still.svg" alt="level" [^>]*></div>', page)
    assert still, "without JavaScript there is a still picture"
    assert b"<svg" in files["a-post/see-saw-still.svg"]
    assert "weights" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL), "the page carries no data"
    assert json.loads(files["a-post/see-saw.json"]) == {"weights": [1, 2]}
    assert json.loads(files["a-post/see-saw.steep.json"]) == [3]
    notebook = files["a-post/a-post.ipynb"].decode()
    assert MIME not in notebook
    assert "aria-label='level'" in notebook, "in a notebook the fallback is shown"


def test_recorded_data_is_published_again(blog):
    blog.write(BLOCK)
    blog.html()
    again = blog.html()
    assert "unchanged" in again.stderr
    assert json.loads(blog.output()["a-post/see-saw.json"]) == {"weights": [1, 2]}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (BLOCK.replace(' name="see-saw"', ""), "has no name"),
        (
            BLOCK.replace("Explorable(", "display(Explorable('a', 1, '<b>a</b>'))\nExplorable("),
            "several explorables",
        ),
        (BLOCK.replace('"see-saw", {', '"../see", {'), "cannot be part of an address"),
        (BLOCK.replace("[1, 2]", "float('nan')"), "is no JSON"),
        (BLOCK.replace("role='img'", "style='x'"), "styles"),
    ],
)
def test_an_explorable_that_cannot_be_published_stops_the_build_at_its_line(blog, body, says):
    blog.write(body)
    done = blog.html()
    assert done.returncode == 1
    assert says in done.stderr
    assert re.search(r"content/post\.md:\d+: ", done.stderr)


def test_what_is_hidden_is_not_published(blog):
    blog.write(BLOCK.replace('name="see-saw"', 'name="see-saw" tags=["remove-cell"]'))
    assert blog.html().returncode == 0
    assert "a-post/see-saw.json" not in blog.output()


def test_any_host_of_notebooks_finds_something_to_show():
    bundle = Explorable("see-saw", [], "<b>still</b>")._repr_mimebundle_()
    assert bundle["text/html"] == bundle[MIME]["fallback"] == "<b>still</b>"
    assert "see-saw" in bundle["text/plain"]
