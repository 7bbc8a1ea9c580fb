"""What several units of the engine start from."""

from __future__ import annotations

import json

import pytest

from executable_posts.config import Config
from executable_posts.reading import post as posts
from support.pairing import TEXT


@pytest.fixture
def pair(tmp_path):
    (tmp_path / "content").mkdir()
    config = Config(root=tmp_path, posts=("content",))
    path = tmp_path / "content" / "p.md"
    path.write_text(TEXT)

    def read():
        return posts.read(path, config.label(path))

    def notebook(change=None):
        twin = config.notebook_path(path)
        nb = json.loads(twin.read_text())
        if change:
            change(nb)
            twin.write_text(json.dumps(nb))
        return nb

    return config, path, read, notebook


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path
