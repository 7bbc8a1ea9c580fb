"""The plugin on blogs that exist already: other themes, settings and addresses, and posts that never heard of us."""

from __future__ import annotations

from support import blogs


def test_a_blog_as_the_quickstart_makes_it(quickstart):
    blogs.check_quickstart(quickstart[1])


def test_a_site_of_branches(branches):
    blogs.check_branches(branches[1])


def test_posts_that_did_not_opt_in_stay_as_they_were(tmp_path):
    root = blogs.many(tmp_path, ours=0)
    before, after = blogs.build(root, "many", plugin=False), blogs.build(root, "many")
    assert len([name for name in before if name.endswith(".html")]) > 90
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []
