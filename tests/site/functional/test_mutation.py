"""Break each block of the real posts in turn: the build must fail at that line.

A broken form fails at its first line and uses nothing of the blocks before it, so those need not have run: that they pass is
proved by the items of the posts themselves. In the posts of `BETWEEN`, which take a second or two, each true block runs after
its broken form, so that one which would hide the failures of those after it is seen.
"""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from executable_posts.config import Config, load
from executable_posts.errors import PostError
from executable_posts.reading import post as posts
from executable_posts.running.execute import check
from executable_posts.running.kernel import KernelRunner
from executable_posts.site.build import Site
from support.blog import ROOT

SITE = load(ROOT)
POSTS = [p for p in SITE.post_paths() if posts.read(p, "x").blocks]
BETWEEN = ("epoll-teenage-edge", "how-it-works", "reference")
BREAK = {"python": "raise RuntimeError('mutant')", "c++": "#error mutant", "bash": "false # mutant"}
MUTE = {"python": "pass", "c++": "int main() {}", "bash": "true"}


def mutate(block):
    """Break a block at its first line; a block that must raise is broken by making it pass."""
    if "raises-exception" in block.info.tags:
        return dataclasses.replace(block, source=MUTE[block.language])
    return dataclasses.replace(block, source=f"{BREAK[block.language]}\n{block.source}")


@pytest.mark.parametrize("path", POSTS, ids=lambda p: p.stem)
def test_every_broken_block_fails_at_its_line(path):
    post = posts.read(path, SITE.label(path))
    runner = KernelRunner(post.label, SITE.root)
    runner.start()
    survivors = []
    try:
        for block in post.blocks:
            mutant = mutate(block)
            try:
                check(post, mutant, runner.run(mutant, SITE.timeout))
                survivors.append(f"{block.id} survived")
            except PostError as error:
                if error.line != block.line:
                    survivors.append(f"{block.id} blamed line {error.line}: {error.found}")
            if path.stem in BETWEEN:
                check(post, block, runner.run(block, SITE.timeout))
    finally:
        runner.stop()
    assert survivors == []
    assert post.blocks, "an empty post proves nothing"


def test_the_posts_whose_blocks_run_between_are_there():
    assert set(BETWEEN) <= {path.stem for path in POSTS}


@pytest.mark.parametrize("path", POSTS, ids=lambda p: p.stem)
def test_a_broken_copy_does_not_build(path, tmp_path):
    """The whole way once, through a file: the first block of a copy is broken, and nothing is published."""
    post = posts.read(path, SITE.label(path))
    block = post.blocks[0]
    lines = post.text.split("\n")
    lines.insert(block.line - 1, BREAK[block.language])
    copy = tmp_path / path.relative_to(ROOT)
    copy.parent.mkdir(parents=True)
    copy.write_text("\n".join(lines), encoding="utf-8")
    shutil.copytree(ROOT / "images", tmp_path / "images")
    (tmp_path / "code").symlink_to(ROOT / "code")  # posts link to files
    for other in POSTS:  # ... and to each other
        twin = tmp_path / other.relative_to(ROOT)
        twin.parent.mkdir(parents=True, exist_ok=True)
        if twin != copy:
            twin.touch()
    with pytest.raises(PostError) as caught:
        Site(Config(root=tmp_path)).publish(copy)
    assert (caught.value.path, caught.value.line) == (SITE.label(path), block.line)
    assert caught.value.found.startswith("RuntimeError")
