"""Notebooks as people leave them: what is pasted, broken, empty or of Jupyter's own makes a twin, or one error that changes nothing."""

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executable_posts.errors import PostError
from executable_posts.notebooks import pairing
from support.pairing import PICTURE, TEXT


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


def test_a_notebook_without_a_post_is_an_orphan(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    assert pairing.orphans(config) == []
    path.rename(path.with_name("renamed.md"))
    assert [p.name for p in pairing.orphans(config)] == ["p.ipynb"]


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


def test_what_jupyter_keeps_for_itself_is_no_orphan(pair):
    config, path, read, _ = pair
    pairing.sync(read(), config)
    kept = config.notebook_path(path).parent / ".ipynb_checkpoints" / "p-checkpoint.ipynb"
    kept.parent.mkdir()
    kept.write_bytes(config.notebook_path(path).read_bytes())
    assert pairing.orphans(config) == []
