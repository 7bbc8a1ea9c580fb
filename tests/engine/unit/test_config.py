"""Settings: defaults, and one clear error for what is not understood."""

from __future__ import annotations

import pytest

from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.opting import said
from executable_posts.reading.post import parse


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
        ('notebooks = "content"', "holds the posts of 'content'"),
        ('posts = ["a/b"]\ncache = "a"', "holds the posts of 'a/b'"),
        ('notebooks = "."', "holds the posts"),
        ('inputs = ["~/x"]', "an absolute path"),
        ('browser_files = ["../x"]', "outside of the site"),
        ("code_columns = -1", "code_columns = -1"),
        ('generator = "pelican content"', "does not say where to write"),
        ('commands = { sink = "x" }', "commands names 'sink'"),
        ('data_languages = ["a b"]', "data_languages names 'a b'"),
    ],
)
def test_bad_settings_are_named(tmp_path, line, words):
    with pytest.raises(PostError, match=words) as caught:
        write(tmp_path, f"[tool.executable_posts]\n{line}\n")
    assert "pyproject.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tools.executable_posts]\nposts = []\n", 1),
        ("# x\n[executable_posts]\nposts = []\n", 2),
        ("[Tool.executable_posts]\n", 1),
        ("executable_posts.posts = []\n", 1),
    ],
)
def test_a_table_in_the_wrong_place_is_named(tmp_path, text, line):
    with pytest.raises(PostError, match="name it .tool.executable_posts.") as caught:
        write(tmp_path, text)
    assert caught.value.line == line


@pytest.mark.parametrize("key", ["inputs", "child_inputs", "browser_files"])
def test_a_glob_without_a_match_is_a_warning_and_a_folder_is_an_error(tmp_path, key):
    (warning,) = write(tmp_path, f'[tool.executable_posts]\n{key} = ["nope/*"]\n').check()
    assert warning.endswith(f"pyproject.toml:2: {key}: no file matches 'nope/*', so nothing depends on it")
    (tmp_path / "data").mkdir()
    with pytest.raises(PostError, match=f"{key}: 'data' is a folder"):
        write(tmp_path, f'[tool.executable_posts]\n{key} = ["data"]\n').check()


@pytest.mark.parametrize("name", ["a.MD", "b/a.mdx", "a.Rmd"])
def test_a_post_that_no_generator_reads_is_an_error(tmp_path, name):
    config = write(tmp_path, '[tool.executable_posts]\ncontent_root = "."\n')
    (tmp_path / "b").mkdir()
    (tmp_path / name).write_text("---\ntitle: A\n---\n")
    assert config.check() == []
    (tmp_path / name).write_text("---\ntitle: A\nexecutable: true\n---\n")
    with pytest.raises(PostError, match="rename it a.md") as caught:
        config.check()
    assert caught.value.path == name


@pytest.mark.parametrize("name", ["Executeable", "excutable", "exectuable"])
def test_a_misspelt_wish_to_be_run_is_an_error_at_its_line(name):
    with pytest.raises(PostError, match="a header field") as caught:
        said(f"Title: A\n{name}: true\n\nx\n", "p.md")
    assert caught.value.line == 2
    assert said("Title: A\nExcerpt: x\nexternal: y\n\nExecuteable: true\n", "p.md") is None


def test_an_error_about_half_a_character_can_be_printed():
    assert str(PostError("p.md", 1, "this: \ud800", "", "\udce4")).encode().endswith(b"\\udce4\n")


def test_a_language_that_runs_is_no_data(tmp_path):
    with pytest.raises(PostError, match="shown and never run"):
        parse("```python\n1\n```\n", "p.md", data_languages=("python",))


EMULATED = """[tool.executable_posts]
[tool.executable_posts.emulations]
{}
"""


@pytest.fixture
def emulated(tmp_path):
    """Give a function that reads settings with a table of emulations."""
    (tmp_path / "fake" / "deep").mkdir(parents=True)
    (tmp_path / "fake" / "serial.py").write_text("")
    (tmp_path / "fake" / "deep" / "__init__.py").write_text("")
    return lambda lines: write(tmp_path, EMULATED.format(lines))


def test_a_site_says_what_it_emulates(emulated, tmp_path):
    config = emulated('folder = "./fake"\npackages = { serial = "serial line", deep = "sea" }')
    assert config.emulations.folder == "fake"
    assert config.emulations.packages == {"serial": "serial line", "deep": "sea"}
    assert sorted(p.as_posix() for p in config.emulations.modules(tmp_path)) == [
        "deep/__init__.py",
        "serial.py",
    ]
    assert write(tmp_path, "[tool.executable_posts]\n").emulations.modules(tmp_path) == {}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "names no folder"),
        ('folder = "fake"', "names no packages"),
        ('packages = { serial = "x" }', "names no folder"),
        ('folder = 3\npackages = { serial = "x" }', "folder = 3"),
        ('folder = "fake"\npackages = ["serial"]', r"packages = \['serial'\]"),
        ('folder = "fake"\npackages = {}', "packages = {}"),
        ('folder = "fake"\npackages = { serial = 5 }', "serial = 5"),
        ('folder = "fake"\npackages = { serial = " " }', "serial = ' '"),
        ('folder = "fake"\npackages = { "a.b" = "x" }', "the package 'a.b'"),
        ('folder = "fake"\npackages = { usb = "x" }', "neither fake/usb.py nor fake/usb/__init__.py"),
        ('folder = "nowhere"\npackages = { serial = "x" }', "no such folder"),
        ('folder = "/tmp"\npackages = { serial = "x" }', "not below the site"),
        ('folder = "../fake"\npackages = { serial = "x" }', "not below the site"),
        ('folder = "fake"\npackage = { serial = "x" }', "has no key 'package'"),
    ],
)
def test_what_is_wrong_with_emulations_is_named(emulated, lines, words):
    with pytest.raises(PostError, match=words) as caught:
        emulated(lines)
    assert "pyproject.toml" in str(caught.value)
    assert caught.value.mend


def test_emulations_are_a_table(tmp_path):
    with pytest.raises(PostError, match="is no table"):
        write(tmp_path, '[tool.executable_posts]\nemulations = "fake"\n')
