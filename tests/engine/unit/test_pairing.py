"""Post and notebook: the same cells, and no edit is ever lost."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def test_a_tolerance_survives_the_notebook_and_a_post_without_one_has_the_notebook_it_had(pair):
    config, path, read, notebook = pair
    plain = '{"cell_metadata_filter": "tags,name,caption,-all"'
    pairing.sync(read(), config)
    assert plain.strip("{") in json.dumps(notebook()["metadata"]["jupytext"], sort_keys=True)
    text = TEXT.replace('tags=["hide-input"] magic', 'tags=["hide-input"] tolerance="5%" magic')
    path.write_text(text)
    pairing.sync(read(), config)
    assert [c["metadata"].get("tolerance") for c in notebook()["cells"] if c["metadata"]].count("5%") == 1
    assert pairing.post_from_notebook(pairing.read_notebook(config.notebook_path(path), "x")) == text
    notebook(edit_code)
    pairing.sync(read(), config)
    assert path.read_text() == text.replace("import os", "import os\nos.sep")


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
    with pytest.raises(PostError, match="executable-posts sync"):
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


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\n\n\n"])
@pytest.mark.parametrize("last", ["End.", "```python\n1\n```", "<!-- c -->"])
def test_blank_lines_at_the_end_change_nothing(pair, last, end):
    config, path, read, _ = pair
    path.write_text(TEXT + "\n" + last + end)
    pairing.sync(read(), config)
    assert pairing.state(read(), config) == "same"
    assert pairing.known_in_step(read(), config)
    pairing.check_pair(read(), config)


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


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def markdown_cell(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, "id": "pasted", **more}


def code_cell(source, **more):
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
        "id": "added",
        **more,
    }


def both_sides(config, path):
    return (
        path.read_bytes(),
        config.notebook_path(path).read_bytes(),
        sorted(p.name for p in path.parent.iterdir()),
    )


@pytest.mark.parametrize("link", ["attachment:image.png", "<attachment:image.png>"])
def test_a_pasted_picture_becomes_a_file_beside_the_post(pair, link):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    cell = markdown_cell(f"A stove: ![a stove]({link})", attachments={"image.png": {"image/png": PICTURE}})
    notebook(lambda nb: nb["cells"].append(cell))
    done = pairing.sync(read(), config)
    assert "content/p-image.png written" in done
    assert base64.b64encode((path.parent / "p-image.png").read_bytes()).decode() == PICTURE
    assert path.read_text().endswith("A stove: ![a stove]({static}p-image.png)\n")
    pairing.check_pair(read(), config)


def test_two_pictures_of_one_name_become_two_files_and_one_twice_becomes_one(pair):
    config, path, read, notebook = pair
    (path.parent / "p-image.png").write_bytes(b"somebody else's")
    pairing.sync(read(), config)
    cells = [
        markdown_cell(
            "![a](attachment:image.png)", id=f"c{n}", attachments={"image.png": {"image/png": PICTURE}}
        )
        for n in range(2)
    ]
    notebook(lambda nb: nb["cells"].extend(cells))
    pairing.sync(read(), config)
    assert (path.parent / "p-image.png").read_bytes() == b"somebody else's"
    assert path.read_text().count("{static}p-image-2.png") == 2
    assert len(list(path.parent.glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (markdown_cell("No link.", attachments={"a.png": {"image/png": PICTURE}}), "nothing shows it"),
        (markdown_cell("![x](attachment:gone.png)"), "holds no such picture"),
        (
            markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": PICTURE}}),
            "alternative",
        ),
        (markdown_cell("![x](attachment:a.png)", attachments={"a.png": {"image/png": "?"}}), "damaged"),
        (
            markdown_cell(
                "![x](attachment:a.png)", attachments={"a.png": {"image/png": PICTURE, "image/gif": PICTURE}}
            ),
            "2 forms",
        ),
        ({"cell_type": "raw", "metadata": {}, "source": "raw", "id": "r"}, "a raw cell"),
        (markdown_cell("text\n\n    x = 1"), "indented code"),
        (markdown_cell("# Title\n\n$\\frac$ ```py\nx\n```"), "without a language"),
        (markdown_cell("Two.\n\n```ruby\nputs 1\n```"), "'ruby'"),
        (code_cell("1", metadata={"tags": ["parameters"]}), "'parameters'"),
        (code_cell("%%html\n<b>x</b>"), "html"),
    ],
)
def test_a_fault_of_a_notebook_names_it_and_its_cell_and_changes_nothing(pair, cell, words):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    count = len(notebook(lambda nb: nb["cells"].append(cell))["cells"])
    notebook(lambda nb: nb["cells"].append(markdown_cell("After.", id="z")))
    before = both_sides(config, path)
    with pytest.raises(PostError, match=words) as caught:
        pairing.sync(read(), config)
    assert caught.value.where == f"notebooks/p.ipynb, cell {count}"
    assert caught.value.mend
    assert both_sides(config, path) == before


def test_empty_cells_at_the_end_are_dropped_and_one_in_the_middle_is_named(pair):
    config, path, read, notebook = pair
    pairing.sync(read(), config)
    notebook(lambda nb: nb["cells"].extend([code_cell(""), markdown_cell(" \n"), code_cell("\n", id="b")]))
    assert pairing.state(read(), config) == "same"
    pairing.sync(read(), config)
    assert path.read_text() == TEXT
    assert all("".join(c["source"]).strip() for c in notebook()["cells"])
    notebook(lambda nb: nb["cells"].insert(2, code_cell("  ")))
    with pytest.raises(PostError, match=r"notebooks/p.ipynb, cell 3: an empty code cell"):
        pairing.sync(read(), config)


def test_what_a_twin_is_left_without_is_said(pair):
    config, _, read, notebook = pair
    pairing.sync(read(), config)

    def enrich(nb):
        nb["metadata"]["authors"] = [{"name": "Anna"}]
        cell = next(c for c in nb["cells"] if c["cell_type"] == "code")
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "42\n"}]
        cell["metadata"]["slideshow"] = {"slide_type": "slide"}
        cell["metadata"]["collapsed"] = False

    notebook(enrich)
    done = pairing.sync(read(), config)
    assert "the outputs of 1 cell" in done
    assert "metadata slideshow of cell 3" in done
    assert "the notebook's metadata authors" in done
    assert "collapsed" not in done
    assert "left out" not in pairing.sync(read(), config)


def test_a_caption_with_a_value_comes_back_as_it_was(pair):
    config, path, read, _ = pair
    text = TEXT.replace('caption="Loop"', r'caption="Loop {eval}\u0060os.sep\u0060"')
    path.write_text(text)
    pairing.sync(read(), config)
    pairing.check_pair(read(), config)
    nb = pairing.read_notebook(config.notebook_path(path), "x")
    assert pairing.post_from_notebook(nb) == text
    assert any(c.metadata.get("caption") == "Loop {eval}`os.sep`" for c in nb.cells)


@pytest.mark.parametrize("text", [TEXT.removesuffix("\n"), TEXT + "```bash\nls\n```"])
def test_a_post_without_a_last_line_end_pairs(pair, text):
    config, path, read, _ = pair
    path.write_text(text)
    pairing.sync(read(), config)
    pairing.check_pair(read(), config)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["[1]", '{"cells": 3}', "null", '{"nbformat": 4}', "\udcff"])
def test_a_file_that_is_no_notebook_is_named(pair, text):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    config.notebook_path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PostError, match=r"notebooks/p.ipynb: not a notebook"):
        pairing.sync(read(), config)


CELLS = st.lists(
    st.tuples(
        st.sampled_from(["markdown", "code", "raw"]),
        st.lists(
            st.sampled_from(
                ["---", "title: x", "```python", "```", "~~~", "%%bash", "    x", "$$", ":::note", ":::", "<!--", "-->", "x = 1",
                 "<!-- #region -->", "![a](attachment:b)", "{eval}`x`", "", "\ud800", "# %%", "| a |", "<pre>", "+++"]
            ),
            max_size=5,
        ).map("\n".join),
    ),
    max_size=4,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CELLS)
def test_no_notebook_makes_anything_but_a_twin_or_one_error_that_changes_nothing(pair, cells):
    config, path, read, notebook = pair
    path.write_text(TEXT)
    config.notebook_path(path).unlink(missing_ok=True)
    pairing.sync(read(), config)
    made = [
        code_cell(text, id=f"n{n}")
        if kind == "code"
        else {"cell_type": kind, "metadata": {}, "source": text, "id": f"n{n}"}
        for n, (kind, text) in enumerate(cells)
    ]
    notebook(lambda nb: nb["cells"].extend(made))
    before = both_sides(config, path)
    if not in_step(config, read):
        assert both_sides(config, path) == before


def in_step(config, read) -> bool:
    """Bring a pair in step; tell whether it could be."""
    try:
        pairing.sync(read(), config)
    except PostError:
        return False
    pairing.check_pair(read(), config)
    return True


@pytest.mark.parametrize("place", ["first", "last"])
def test_the_line_that_is_wrong_is_shown_with_its_cell(pair, place):
    config, _, read, notebook = pair
    pairing.sync(read(), config)
    wrong = markdown_cell("Well.\n\n```ruby\nputs 1\n```")
    at = 1 if place == "first" else len(notebook()["cells"])
    notebook(lambda nb: nb["cells"].insert(at, wrong))
    with pytest.raises(PostError) as caught:
        pairing.sync(read(), config)
    assert caught.value.where == f"notebooks/p.ipynb, cell {at + 1}"
    assert caught.value.detail == "```ruby"


def test_a_post_that_would_come_back_changed_is_told_when_the_pair_is_looked_at(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    path.write_text(TEXT.replace("Two blank\n", "Two blank\n<!-- #region -->\n\nx\n\n<!-- #endregion -->\n"))
    with pytest.raises(PostError, match="come back from the notebook"):
        pairing.check_pair(read(), config)


def test_only_what_is_surely_in_step_is_known_to_be(pair):
    config, path, read, notebook = pair
    assert not pairing.known_in_step(read(), config), "there is no notebook"
    pairing.sync(read(), config)
    good = config.notebook_path(path).read_bytes()
    assert pairing.known_in_step(read(), config)

    def output(nb):
        next(c for c in nb["cells"] if c["cell_type"] == "code")["outputs"] = [{"output_type": "stream"}]

    def attachment(nb):
        nb["cells"][0]["attachments"] = {"a.png": {"image/png": PICTURE}}

    def renamed(nb):
        next(c for c in nb["cells"] if c["cell_type"] == "code")["metadata"]["name"] = "other"

    for change in (output, attachment, renamed, edit_code, lambda nb: nb["metadata"].clear()):
        notebook(change)
        assert not pairing.known_in_step(read(), config)
        config.notebook_path(path).write_bytes(good)
    path.write_text(TEXT.replace("Intro", "Outro"))
    assert not pairing.known_in_step(read(), config)


def test_what_jupyter_keeps_for_itself_is_no_orphan(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    kept = config.notebook_path(path).parent / ".ipynb_checkpoints" / "p-checkpoint.ipynb"
    kept.parent.mkdir()
    kept.write_bytes(config.notebook_path(path).read_bytes())
    assert pairing.orphans(config) == []
