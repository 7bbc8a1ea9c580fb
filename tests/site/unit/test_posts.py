"""What a reader's patience allows: minutes of a post, lines and columns of a listing that is not folded."""

from __future__ import annotations

import pytest

from executable_posts.config import load
from executable_posts.site.build import Site, reading_minutes
from support.blog import ROOT

MINUTES = {"asynchronous-pizzeria": 22, "the-function-that-lets-go": 15, "epoll-teenage-edge": 15}
LINES, COLUMNS = 45, 88
WIDER = {"the-function-that-lets-go": 110}
FOLDED = {"hide-input", "remove-input", "remove-cell"}
POSTS = sorted((ROOT / "content").glob("*.md"))


@pytest.fixture(scope="module", params=POSTS, ids=lambda path: path.stem)
def post(request):
    return Site(load(ROOT)).read(request.param)


def test_there_are_posts():
    assert {path.stem for path in POSTS} >= MINUTES.keys()


def test_a_post_is_read_in_its_time(post):
    assert reading_minutes(post) <= MINUTES.get(post.path.stem, 15)


def test_a_listing_fits_on_a_screen(post):
    """No listing beyond 45 lines unfolded, no line that a reader has to scroll for."""
    shown = [block for block in post.blocks if not FOLDED & set(block.info.tags)]
    assert shown
    long = {block.id: lines for block in shown if (lines := block.source.count("\n") + 1) > LINES}
    wide = {
        f"{post.label}:{block.line + n}": line
        for block in shown
        for n, line in enumerate(block.source.split("\n"))
        if len(line) > WIDER.get(post.path.stem, COLUMNS)
    }
    assert (long, wide) == ({}, {})


def test_every_picture_and_figure_says_more_than_its_name(post):
    """A caption or an alternative text says what is to be seen; a name alone does not."""
    for block in post.blocks:
        if block.info.caption:
            assert len(block.info.caption.split()) >= 6, block.id
