"""Post and notebook: the same cells, and no edit is ever lost."""

from __future__ import annotations

import json

import pytest

from executable_posts.errors import PostError
from executable_posts.notebooks import pairing
from support.pairing import PICTURE, TEXT, edit_code


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
