"""What readers take home is made once for all words of a post's prose, and is what jupytext makes of the whole post."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from executable_posts.config import load
from executable_posts.notebooks import downloads as module
from executable_posts.notebooks.downloads import downloads
from executable_posts.reading import post as posts
from executable_posts.running.execute import Executed
from executable_posts.running.kernel import Result
from executable_posts.running.pieces import Pieces

ROOT = Path(__file__).resolve().parents[3]
HEADER = "---\ntitle: A post\ndate: 2026-01-02\n---\n\n"
PROSE = r"""# A title

Words of a line, a [link](https://example.org "its title"), `code`, *stress*, {eval}`2 + 2` in the middle.
- an item with two lines
  that goes on, "quoted"
1. and a number

> a quotation, 100 % of it

| a | table |
| --- | --- |
| of | {eval}`3` |

A [name] and a note[^note].

[name]: https://example.org
[^note]: a footnote

<!-- a comment of several lines
with words, and

```python
print("in it")
```
-->

<div>
of HTML
</div>


Two empty lines above. zw is no stand-in, zwx neither.

```text
words that are no code
%% not this
```

```python caption="What {eval}\u0060total\u0060 is." name="first"
# words in code
print("zw0")
```

%% begins a cell elsewhere
#region is a marker in scripts
***
---
~~~text
x
~~~
"Quoted" at the end.
"""


def read(body: str, header: str = HEADER) -> posts.Post:
    return posts.parse(header + body, "content/post.md", Path("content/post.md"))


def executed(post: posts.Post) -> Executed:
    return Executed([Result() for _ in post.blocks], ["4\nlines" for _ in post.values], True, "", 0.0)


def at_once(post: posts.Post, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Have jupytext read every word."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "without_words", lambda post, text: (text, []))
        return downloads(post, executed(post))


@pytest.mark.parametrize("header", [HEADER, "Title: A post\nDate: 2026-01-02\n\n"], ids=["yaml", "pelican"])
def test_it_is_what_jupytext_makes_of_all_words(header, monkeypatch):
    post = read(PROSE, header)
    made = downloads(post, executed(post))
    assert made == at_once(post, monkeypatch)
    text, words = module.without_words(post, post.text)
    assert len(words) > 10
    assert "Words of a line" not in text


def test_it_is_so_for_the_posts_of_this_site(monkeypatch):
    config = load(ROOT)
    for path in config.post_paths():
        label = config.label(path)
        post = posts.read(path, label, config.data_languages, config.required, extensions=config.extensions)
        if post.blocks:
            assert downloads(post, executed(post)) == at_once(post, monkeypatch), label


def test_a_word_makes_nothing_anew_and_is_there():
    pieces = Pieces()
    first = read(PROSE)
    downloads(first, executed(first), pieces.of)
    asked = []

    def kept(key, make):
        return pieces.of(key, lambda: asked.append(key) or make())

    for old, new in (
        ("Words of a line", 'Other "words"'),
        ("that goes on", "goes"),
        ("100 %", "ninety \\ %"),
    ):
        post = read(PROSE.replace(old, new))
        made = downloads(post, executed(post), kept)
        assert not asked
        assert f"# {new}" in made["post.py"] or new in made["post.py"]
        cells = json.loads(made["post.ipynb"])["cells"]
        assert any(new in cell["source"] for cell in cells)
        assert len({cell["id"] for cell in cells}) == len(cells)
    for old, new in (("\n\nTwo empty", "\n\nA line.\n\nTwo empty"), ('print("zw0")', 'print("zw1")')):
        post = read(PROSE.replace(old, new))
        downloads(post, executed(post), kept)
        assert asked.pop()


def test_a_post_that_has_stand_ins_of_its_own_is_read_as_it_is(monkeypatch):
    post = read(PROSE.replace("Two empty", "zw0wz empty"))
    assert "zw0wz" in downloads(post, executed(post))["post.py"]
    assert module.without_words(post, post.text) == (post.text, [])
