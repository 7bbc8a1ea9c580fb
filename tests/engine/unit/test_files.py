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
