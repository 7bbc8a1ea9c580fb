"""Settings of the right type that would hide something: each fault has its key, and what hides nothing has none."""

from __future__ import annotations

import pytest

from executable_posts.settings_faults import faults

NOTHING_WRONG = {
    "jobs": 0,
    "code_columns": 0,
    "posts": ["content", "."],
    "content_root": "content",
    "notebooks": "notebooks",
    "cache": ".cache",
    "explorables": "",
    "inputs": ["../shared/*.csv", "data/*.json"],
    "child_inputs": ["src/**/*.cpp"],
    "browser_files": ["code/*.py"],
    "browser_packages": ["code/shop"],
    "data_languages": ["ini", "text"],
    "commands": {"sync": "make notebooks", "new post {}": "make post {}", "test": "make test"},
}


def told(changed: dict, **given) -> list[tuple[str, str, str]]:
    """Find what is wrong with the settings so changed; None leaves one out."""
    values = {key: value for key, value in {**NOTHING_WRONG, **changed}.items() if value is not None}
    return list(faults(values, given))


@pytest.mark.parametrize(
    ("changed", "given"),
    [
        ({}, {}),
        ({}, {"generator": "pelican content -o {output}"}),
        ({}, {"generator": ""}),
        ({}, {"generator": 3}),  # its type is told elsewhere
        ({"jobs": 1, "code_columns": 1}, {}),
        ({"posts": ["notebooks-and-more"], "content_root": None}, {}),
        ({"notebooks": None, "cache": None}, {}),
        ({"cache": "content/.cache"}, {}),
    ],
)
def test_what_hides_nothing_is_no_fault(changed, given):
    assert told(changed, **given) == []


def test_what_was_of_the_wrong_type_is_not_there_and_told_of_elsewhere():
    assert list(faults({}, {})) == []


@pytest.mark.parametrize(
    ("changed", "key", "found", "mend"),
    [
        ({"jobs": -1}, "jobs", "jobs = -1", "or 0 for as many as there are cores"),
        ({"code_columns": -1}, "code_columns", "code_columns = -1", "or 0 for any"),
        ({"posts": ["content", "/tmp/x"]}, "posts", "names an absolute path", "name files of the site"),
        ({"notebooks": "~/notebooks"}, "notebooks", "names an absolute path", "name files of the site"),
        ({"inputs": ["~/x.csv"]}, "inputs", "names an absolute path", "name files of the site"),
        ({"posts": ["../content"]}, "posts", "posts = '../content' is outside", "a folder below"),
        ({"cache": "a/../../b"}, "cache", "cache = 'a/../../b' is outside", "a folder below"),
        ({"browser_files": ["../*.py"]}, "browser_files", "is outside of the site", "a folder below"),
        ({"browser_packages": ["../shop"]}, "browser_packages", "is outside of the site", "a folder below"),
        ({"content_root": ""}, "content_root", "names nothing", 'write "."'),
        ({"child_inputs": [""]}, "child_inputs", "names nothing", 'write "."'),
        ({"notebooks": "content"}, "notebooks", "holds the posts of 'content'", "a folder of its own"),
        (
            {"cache": ".", "posts": ["a"], "content_root": "b"},
            "cache",
            "holds the posts of 'a'",
            "of its own",
        ),
        ({"notebooks": None, "cache": "content"}, "cache", "holds the posts of 'content'", "of its own"),
        ({"notebooks": "a", "content_root": "a/b"}, "notebooks", "holds the posts of 'a/b'", "of its own"),
        ({"data_languages": ["ini", ""]}, "data_languages", "names ''", "behind the backticks"),
        ({"data_languages": ["ini file"]}, "data_languages", "names 'ini file'", "behind the backticks"),
        ({"commands": {"sycn now": "make"}}, "commands", "names 'sycn now'", "did you mean 'sync'? The"),
        ({"commands": {"xyzzy": "make"}}, "commands", "names 'xyzzy'", "The engine's are new, check"),
    ],
)
def test_what_would_hide_something_is_told_with_its_mend(changed, key, found, mend):
    first, *_ = [fault for fault in told(changed) if found in fault[1]]
    assert first[0] == key
    assert mend in first[2]
    assert "None" not in first[2]


def test_a_folder_without_a_name_of_its_own_holds_the_usual_content():
    told_of = list(faults({"notebooks": "content"}, {}))
    assert [(key, found) for key, found, _ in told_of] == [
        ("notebooks", "notebooks = 'content' holds the posts of 'content', which would not be found")
    ]


def test_a_generator_says_where_it_writes():
    ((key, found, mend),) = told({}, generator="hugo")
    assert key == "generator"
    assert "'hugo' does not say where to write" in found
    assert "{output}" in mend
