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


def shown(pieces, record, config, files=random_posts.FILES):
    """Bring a post up to date; return what it shows, and the outcome. files: removed before each run."""
    runner = InProcess(pieces, config.root, files)
    units = [piece.unit for piece in pieces]
    outcome = bring_up_to_date(units, record, Outside(config), runner)
    return {group: one.text for group, one in outcome.shown.items()}, outcome, runner


def judge(root, seed, edits=EDITS):
    """Make a post and edit it; return the texts where incremental and clean differ, or None. Every second post finds the
    files of the build before, so it never appends to one."""
    rng = random.Random(seed)
    config = Config(root=root)
    blocks, record, ran, of = random_posts.post(rng), Record(), 0, 0
    stay = seed % 2 == 0
    for _ in range(edits + 1):
        if stay:
            blocks = [[text.replace("'a')", "'w')") for text in block] for block in blocks]
        blocks = without_errors(blocks, root, random_posts.FILES)
        text = random_posts.text(blocks, random.Random(seed))
        pieces = cut(parse(text, "post.md"))
        now, outcome, runner = shown(pieces, record, config, () if stay else random_posts.FILES)
        left = {name: (root / name).read_bytes() for name in random_posts.FILES if (root / name).exists()}
        clean, _, _ = shown(pieces, Record(), config)
        for name, content in left.items() if stay else ():
            (root / name).write_bytes(content)
        if now != clean:
            return text, now, clean
        assert all(isinstance(one, str) for one in now.values())
        record = outcome.record
        ran, of = ran + sum(map(len, runner.runs)), of + len(pieces)
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
