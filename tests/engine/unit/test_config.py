"""Settings: defaults, and one clear error for what is not understood."""

from __future__ import annotations

import pytest

from executable_posts.config import load
from executable_posts.errors import PostError


def write(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    return load(tmp_path)


def test_a_site_without_settings_uses_the_defaults(tmp_path):
    assert load(tmp_path).posts == ()


def test_settings_are_found_from_a_folder_below(tmp_path):
    write(tmp_path, '[tool.executable_posts]\nposts = ["blog"]\ntimeout = 7\n')
    (tmp_path / "blog").mkdir()
    config = load(tmp_path / "blog")
    assert (config.root, config.posts, config.timeout) == (tmp_path, ("blog",), 7.0)


def test_a_post_in_a_subfolder_has_its_twin_in_the_same_subfolder(tmp_path):
    config = load(tmp_path)
    assert (
        config.notebook_path(tmp_path / "content" / "a" / "b.md") == tmp_path / "notebooks" / "a" / "b.ipynb"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("post = 1", "no key 'post'"),
        ('posts = "content"', "a list of strings"),
        ("timeout = -1", "a positive number"),
        ("timeout = true", "a positive number"),
        ("notebooks = 3", "a string"),
        ("x =", "not valid TOML"),
    ],
)
def test_bad_settings_are_named(tmp_path, line, words):
    with pytest.raises(PostError, match=words) as caught:
        write(tmp_path, f"[tool.executable_posts]\n{line}\n")
    assert "pyproject.toml" in str(caught.value)
