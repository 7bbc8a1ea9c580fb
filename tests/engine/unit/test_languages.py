"""What a language says of itself, and how it is found."""

from __future__ import annotations

import pytest

from executable_posts import languages
from executable_posts.languages import Cell, ToolAbsent
from executable_posts.languages import cpp as cpp_module


@pytest.mark.parametrize(
    ("args", "label"),
    [
        ("", "C++17"),
        ("-O2 -std=c++20", "C++20"),
        ("-std=gnu++23", "C++23"),
        ("-std=c++2b -lm", "C++2b"),
    ],
)
def test_the_standard_is_what_readers_are_told(args, label):
    assert languages.find("c++").shown_as(args) == label


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("py", "python"),
        ("C++", "c++"),
        ("CPP", "c++"),
        ("sh", "bash"),
        ("JavaScript", "javascript"),
        ("js", "javascript"),
    ],
)
def test_what_is_misspelt_is_understood(word, name):
    assert languages.meant(word) == name


def test_words_that_mean_nothing():
    assert languages.meant("") == languages.meant("no-such-language") == ""
    assert languages.find("no-such-language") is None


@pytest.mark.parametrize(
    ("suffix", "name"), [(".hpp", "c++"), (".mjs", "javascript"), (".sh", "bash"), (".py", "python")]
)
def test_a_file_is_known_by_its_suffix(suffix, name):
    assert languages.by_suffix(suffix).name == name


def test_no_suffix_and_no_misspelling_is_taken_twice():
    every = [languages.find(name) for name in languages.BUILT_IN]
    for words in ([s for x in every for s in x.suffixes], [w for x in every for w in (x.name, *x.misspelt)]):
        assert len(words) == len(set(words))


@pytest.mark.parametrize("name", ["c++", "bash", "javascript"])
@pytest.mark.parametrize("label", ["content/post.md", "content/a b: c.md"])
@pytest.mark.parametrize("args", ["", "-x 'a b'"])
def test_a_cell_comes_through_its_magic(name, label, args):
    cell = Cell(source="one\ntwo", args=args, label=label, line=12)
    first, _, source = languages.find(name).request(cell).partition("\n")
    magic, _, rest = first.partition(" ")
    assert magic == f"%%{name}"
    assert Cell.of_magic(rest, source) == cell


def test_a_cell_of_a_notebook_is_its_own_place():
    assert Cell.of_magic("-O2", "x") == Cell(source="x", args="-O2", label="cell", line=1)


def test_a_compiler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler -O3")
    with pytest.raises(ToolAbsent, match="no-such-compiler"):
        cpp_module.tool()
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolAbsent, match=r"no C\+\+ compiler was found") as caught:
        cpp_module.tool()
    assert "executable-posts[cpp]" in caught.value.mend
