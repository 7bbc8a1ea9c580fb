"""What an incremental run shows is what a clean one shows, whatever the post and whatever the edit."""

from __future__ import annotations

import os
import random

import pytest

from executable_posts.config import Config
from executable_posts.reading.post import parse
from executable_posts.running.incremental import bring_up_to_date
from executable_posts.running.outside import Outside
from executable_posts.running.records import Record
from executable_posts.running.units import cut
from support import random_posts
from support.in_process import InProcess, without_errors

SEED = int(os.environ.get("POSTS_SEED", "1"))
CASES = int(os.environ.get("POSTS_CASES", "200"))
EDITS = 3


def shown(text, record, config, clean=False):
    """Bring a post up to date; return what it shows, and the outcome."""
    pieces = cut(parse(text, "post.md"))
    runner = InProcess(pieces, config.root, random_posts.FILES)
    units = [piece.unit for piece in pieces]
    outcome = bring_up_to_date(units, record, Outside(config), runner, clean=clean)
    return {group: one.text for group, one in outcome.shown.items()}, outcome, runner


def judge(root, seed, edits=EDITS):
    """Make a post and edit it; return the texts where incremental and clean differ, or None."""
    rng = random.Random(seed)
    config = Config(root=root)
    blocks, record, ran, of = random_posts.post(rng), Record(), 0, 0
    for _ in range(edits + 1):
        blocks = without_errors(blocks, root, random_posts.FILES)
        text = random_posts.text(blocks, random.Random(seed))
        now, outcome, runner = shown(text, record, config)
        clean, _, _ = shown(text, Record(), config)
        if now != clean:
            return text, now, clean
        assert all(isinstance(one, str) for one in now.values())
        record = outcome.record
        ran, of = ran + sum(map(len, runner.runs)), of + len(cut(parse(text, "post.md")))
        blocks = random_posts.edited(rng, blocks)
    return None


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "site_module.py").write_text(random_posts.SITE_MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_incremental_is_clean(root):
    wrong = [seed for seed in range(SEED, SEED + CASES) if judge(root, seed) is not None]
    assert not wrong, f"seeds {wrong[:10]} of {len(wrong)}"
