"""A page that is made of parts of the one before is the same page, and makes only what an edit reaches."""

from __future__ import annotations

import json

import pytest

from executable_posts.config import Config
from executable_posts.html import cells
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed
from executable_posts.running.kernel import Result
from executable_posts.running.pieces import Pieces
from executable_posts.running.store import Store
from executable_posts.site.build import Site

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="a"><path d="M0 0L9 9" style="stroke: #1f77b4"/></g></svg>'
SOURCE = {"text": "x = 1\n" * 20, "where": "code/x.py:1", "language": "python"}
TEXT = """---
title: A post
---

Some prose.

```python
print("one")
```

```python caption="A chart." name="fig-x"
show()
```

```python tags=["hide-input"]
{long}
```

```c++
int main() {{}}
```
""".replace("{long}", "\n".join(f"y{n} = {n}" for n in range(20))).replace("{{}}", "{}")


def outputs(said="one\n"):
    return [
        [{"output_type": "stream", "name": "stdout", "text": said}],
        [{"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}}],
        [{"output_type": "execute_result", "data": {"text/html": "<b>bold</b>"}, "metadata": {}}],
        [],
    ]


def page_of(root, text=TEXT, said="one\n", **settings):
    site = Site(Config(root=root, **settings))
    post = parse(text, "content/post.md", root / "content" / "post.md")
    results = [Result(outputs=one) for one in outputs(said)]
    return site.page(post, Executed(results, [], True, "2026-01-02T03:04", 1.0), "post/")


EDITS = {
    "nothing": {},
    "a word": {"text": TEXT.replace("Some prose", "Other prose")},
    "a line": {"text": TEXT.replace("Some prose.", "Some prose.\n\nMore.")},
    "a block": {"text": TEXT.replace('print("one")', 'print("two")')},
    "another language": {"text": TEXT.replace("```c++", "```bash")},
    "a caption": {"text": TEXT.replace("chart.", "picture.")},
    "a name": {"text": TEXT.replace("fig-x", "fig-y")},
    "tags": {"text": TEXT.replace('["hide-input"]', '["remove-input"]')},
    "an output": {"said": "two\n"},
    "a policy": {"policy": "strict"},
    "a dialect": {"extensions": ()},
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_page_of_kept_parts_is_the_page(tmp_path, edit):
    page_of(tmp_path / "kept")
    assert list((tmp_path / "kept").rglob("pieces/*.json"))
    assert page_of(tmp_path / "kept", **EDITS[edit]) == page_of(tmp_path / "fresh", **EDITS[edit])


def test_only_what_an_edit_reaches_is_made(tmp_path, monkeypatch):
    coloured = []
    usual = cells.highlight
    monkeypatch.setattr(
        cells, "highlight", lambda source, language: coloured.append(source) or usual(source, language)
    )
    page_of(tmp_path)
    assert len(coloured) == 4
    page_of(tmp_path, **EDITS["a line"])
    assert len(coloured) == 4
    page_of(tmp_path, **EDITS["a block"])
    assert coloured[4:] == ['print("two")']


def test_parts_are_told_apart_by_key_and_base_and_only_those_in_use_stay(tmp_path):
    store = Store(tmp_path)
    made = []

    def pieces(base="engine"):
        return Pieces(base, store, "post")

    def make(key, kept):
        return kept.of(key, lambda: made.append(key) or {"of": key})

    first = pieces()
    assert make("a", first) == make("a", first) == {"of": "a"}
    make("b", first)
    first.save()
    assert made == ["a", "b"]
    second = pieces()
    make("b", second)
    second.save()
    assert made == ["a", "b"]
    make("a", pieces())
    assert made == ["a", "b", "a"], "what was not asked for is gone"
    make("b", pieces("another engine"))
    assert made[3:] == ["b"]
    (file,) = tmp_path.glob("*.json")
    assert list(json.loads(file.read_text()).values()) == [{"of": "b"}]
    written = file.stat().st_ino
    third = pieces()
    make("b", third)
    third.save()
    assert file.stat().st_ino == written, "nothing new is not written"


def test_without_a_store_parts_last_as_long_as_their_owner():
    pieces = Pieces()
    assert pieces.of("a", lambda: 1) == pieces.of("a", lambda: 2) == 1
    pieces.save()
