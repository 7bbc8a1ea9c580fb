"""Post and notebook: the same cells, and no edit is ever lost."""

from __future__ import annotations

import json

import pytest

from executable_posts.config import Config
from executable_posts.errors import PostError
from executable_posts.notebooks import pairing
from executable_posts.reading import post as posts

TEXT = """---
title: "A: b"
date: 2026-01-02
---

Intro.

```python name="setup" tags=["remove-cell"]
%load_ext executable_posts
import os
```

```c++ caption="Loop" name="loop" tags=["hide-input"] magic_args="-std=c++20"
int main() {}
```

```bash
echo hi
```

<!--
```python
commented = 1
```
-->

```{.cpp .noeval reason="Windows only"}
int x;
```

Two blank


lines.

```python
# comment


def f(): pass
```

End.
"""


@pytest.fixture
def pair(tmp_path):
    (tmp_path / "content").mkdir()
    config = Config(root=tmp_path, posts=("content",))
    path = tmp_path / "content" / "p.md"
    path.write_text(TEXT)

    def read():
        return posts.read(path, config.label(path))

    def notebook(change=None):
        twin = config.notebook_path(path)
        nb = json.loads(twin.read_text())
        if change:
            change(nb)
            twin.write_text(json.dumps(nb))
        return nb

    return config, path, read, notebook


def edit_code(nb, text="os.sep"):
    next(c for c in nb["cells"] if c["cell_type"] == "code")["source"] += f"\n{text}"


def test_a_round_trip_through_the_notebook_changes_no_byte(pair):
    config, _, read, _ = pair
    pairing.sync(read(), config)
    twin = config.notebook_path(read().path)
    assert pairing.post_from_notebook(pairing.read_notebook(twin, "x")) == TEXT


def test_the_notebook_holds_each_block_once_and_no_output(pair):
    config, _, read, notebook = pair
    pairing.sync(read(), config)
    code = [c for c in notebook()["cells"] if c["cell_type"] == "code"]
    assert ["".join(c["source"]) for c in code] == [b.cell_source for b in read().blocks]
    assert len(code) == 4
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)


def test_making_the_notebook_twice_gives_the_same_bytes(pair):
    _, _, read, _ = pair
    assert pairing.notebook_bytes(read()) == pairing.notebook_bytes(read())


def test_an_edited_post_is_written_to_the_notebook(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    path.write_text(TEXT.replace("echo hi", "echo bye"))
    assert pairing.state(read(), config) == "post"
    with pytest.raises(PostError, match="make notebooks"):
        pairing.check_pair(read(), config)
    pairing.sync(read(), config)
    assert "echo bye" in json.dumps(notebook())
    pairing.check_pair(read(), config)


def test_an_edited_notebook_is_written_to_the_post(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    notebook(edit_code)
    assert pairing.state(read(), config) == "notebook"
    pairing.sync(read(), config)
    assert path.read_text() == TEXT.replace("import os\n", "import os\nos.sep\n")
    pairing.check_pair(read(), config)


def test_a_crlf_post_stays_crlf(pair):
    config, path, read, notebook = pair
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    pairing.sync(read(), config)
    notebook(edit_code)
    pairing.sync(read(), config)
    assert (
        path.read_bytes() == TEXT.replace("import os\n", "import os\nos.sep\n").replace("\n", "\r\n").encode()
    )


def test_both_edited_is_refused_and_nothing_is_written(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    path.write_text(TEXT.replace("echo hi", "echo bye"))
    notebook(edit_code)
    before = path.read_bytes(), config.notebook_path(path).read_bytes()
    with pytest.raises(PostError, match="both this post and notebooks/p.ipynb changed"):
        pairing.sync(read(), config)
    assert before == (path.read_bytes(), config.notebook_path(path).read_bytes())


@pytest.mark.parametrize("side", ["post", "notebook"])
def test_a_preferred_side_wins_and_the_other_is_kept(pair, side):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    path.write_text(TEXT.replace("echo hi", "echo bye"))
    notebook(edit_code)
    twin = config.notebook_path(path)
    loser = twin if side == "post" else path
    lost = loser.read_bytes()
    pairing.sync(read(), config, prefer=side)
    assert loser.with_name(loser.name + ".orig").read_bytes() == lost
    assert ("echo bye" in path.read_text()) == (side == "post")
    assert ("os.sep" in path.read_text()) == (side == "notebook")
    pairing.check_pair(read(), config)


def test_both_edited_alike_is_in_step(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    notebook(edit_code)
    path.write_text(TEXT.replace("import os\n", "import os\nos.sep\n"))
    assert pairing.state(read(), config) == "same"
    pairing.sync(read(), config)


def test_a_notebook_edit_that_is_no_valid_post_is_refused_before_writing(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    notebook(
        lambda nb: nb["cells"].append(
            {"cell_type": "markdown", "metadata": {}, "source": "```py\nx\n```", "id": "a"}
        )
    )
    with pytest.raises(PostError, match="'py'"):
        pairing.sync(read(), config)
    assert path.read_text() == TEXT


def test_committed_outputs_are_refused(pair):
    config, _, read, notebook = pair
    pairing.sync(read(), config)

    def add_output(nb):
        cell = next(c for c in nb["cells"] if c["cell_type"] == "code")
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "42\n"}]

    notebook(add_output)
    with pytest.raises(PostError, match="holds outputs"):
        pairing.check_pair(read(), config)
    pairing.sync(read(), config)
    pairing.check_pair(read(), config)


def test_a_broken_notebook_is_named(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    config.notebook_path(path).write_text("{")
    with pytest.raises(PostError, match=r"notebooks/p.ipynb: not a notebook"):
        pairing.check_pair(read(), config)


def test_accents_in_captions_and_prose_marks_round_trip(pair):
    config, path, read, _ = pair
    text = TEXT.replace('caption="Loop"', 'caption="Café 🍕"').replace("Intro.", "Intro `<!--` and ---.")
    path.write_text(text)
    pairing.sync(read(), config)
    assert path.read_text() == text
    pairing.check_pair(read(), config)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("End.\n", "End.", 43),
        ('tags=["hide-input"] magic', 'tags=[ "hide-input"] magic', 13),
        ("Two blank\n", "Two blank\n<!-- #region -->\n\nx\n\n<!-- #endregion -->\n", 32),
    ],
)
def test_a_post_that_would_come_back_changed_is_refused_at_its_line(pair, old, new, line):
    config, path, read, _ = pair
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(PostError, match="come back from the notebook") as caught:
        pairing.sync(read(), config)
    assert abs(caught.value.line - line) <= 1
    assert path.read_text() == TEXT.replace(old, new)
    assert not config.notebook_path(path).exists()


def test_no_copy_overwrites_an_earlier_one(pair):
    config, path, read, notebook = pair
    for turn in ("one", "two"):
        pairing.sync(read(), config)
        path.write_text(TEXT.replace("echo hi", f"echo {turn}"))
        notebook(lambda nb, turn=turn: edit_code(nb, f"'{turn}'"))
        pairing.sync(read(), config, prefer="notebook")
    assert len(list(path.parent.glob("*.orig*"))) == 2


def test_a_notebook_without_a_post_is_an_orphan(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    assert pairing.orphans(config) == []
    path.rename(path.with_name("renamed.md"))
    assert [p.name for p in pairing.orphans(config)] == ["p.ipynb"]
