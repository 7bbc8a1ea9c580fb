"""Every page has a folder of its own, and no file is written twice."""

from __future__ import annotations

import pytest

from executable_posts.errors import PostError
from executable_posts.site.files import Owners, folder_of, refuse_twins


@pytest.mark.parametrize(
    ("page", "folder"),
    [
        ("a-post.html", "a-post/"),
        ("a-post/index.html", "a-post/"),
        ("2026/a-post.html", "2026/a-post/"),
        ("index.html", "index/"),
        ("de/a/index.html", "de/a/"),
        ("v1.2.html", "v1.2/"),
        ("plain", "plain.files/"),
        ("a-post/index-de.html", "a-post/index-de/"),
    ],
)
def test_a_page_s_folder_has_its_name(page, folder):
    assert folder_of(page) == folder


def test_no_two_pages_share_a_folder():
    pages = [
        "a.html",
        "a/index.html",
        "a/index-de.html",
        "a/b.html",
        "a/b/index.html",
        "index.html",
        "b/index.html",
        "a-de.html",
    ]
    folders = [folder_of(page, pages) for page in pages]
    assert len(set(folders)) == len(pages)
    assert folders[1] == "a/"
    assert folders[0] == "a.files/"


def test_a_second_owner_is_refused_and_both_are_named():
    owners = Owners()
    owners.claim("a/fig-1.svg", "content/one.md")
    owners.claim("a/fig-2.svg", "content/one.md")
    with pytest.raises(PostError) as caught:
        owners.claim("A/Fig-1.svg", "content/two.md")
    assert "content/one.md" in str(caught.value)
    assert "content/two.md" in str(caught.value)
    assert caught.value.mend
    with pytest.raises(PostError):
        refuse_twins("content/one.md", ["x.json", "y.json", "X.json"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("caf\u00e9.html", "cafe\u0301.html"),
        ("STRASSE/x.svg", "stra\u00dfe/x.svg"),
        ("x", "x/y.html"),
        ("x/y.html", "X"),
    ],
)
def test_what_some_file_system_takes_for_one_file_is_one(first, second):
    owners = Owners()
    owners.claim(first, "content/one.md")
    with pytest.raises(PostError, match="which content/one.md writes already") as caught:
        owners.claim(second, "content/two.md", 4)
    assert (caught.value.path, caught.value.line) == ("content/two.md", 4)


@pytest.mark.parametrize(
    ("name", "found"), [("a" * 256, "more than 255 bytes"), ("a/.html", "without a letter")]
)
def test_a_name_that_no_file_should_have_is_refused(name, found):
    with pytest.raises(PostError, match=found) as caught:
        Owners().claim(name, "content/one.md", 2)
    assert caught.value.mend.startswith("add a line slug: ")


def test_files_of_one_folder_do_not_meet():
    owners = Owners()
    owners.claim_all("content/one.md", ["a/b/x", "a/b/y", "a/c", "a.html", ".nojekyll"])
    assert owners.owner("a/b") == owners.owner("A/C") == "content/one.md"
    assert owners.owner("b") == ""
