"""Records stay as long as there is room, and nothing that is no record does any harm."""

from __future__ import annotations

import errno
import os
import time

import pytest

from executable_posts.config import Config
from executable_posts.reading.post import parse
from executable_posts.running import store as stores
from executable_posts.running.execute import Executed, Records, Run, _to_record, recorded
from executable_posts.running.kernel import Result
from executable_posts.running.store import Store
from executable_posts.site.build import Site


def as_told(record):
    return record


def test_a_large_blog_keeps_the_records_of_all_its_posts(tmp_path):
    first = Store(tmp_path)
    for number in range(200):
        first.put(f"post{number}", {"number": number})
    again = Store(tmp_path)
    assert [again.get(f"post{n}", as_told) for n in range(200)] == [{"number": n} for n in range(200)]


def test_what_nobody_has_read_for_longest_goes_first(tmp_path):
    for rank, name in enumerate("abcd"):
        Store(tmp_path).put(name, {"text": "x" * 1000})
        os.utime(tmp_path / f"{name}.json", (rank, rank))
    assert Store(tmp_path).get("a", as_told)  # read last, by now
    store = Store(tmp_path, most=3_500)
    store.put("e", {"text": "y" * 1000})
    assert {p.stem for p in tmp_path.iterdir()} == {"a", "d", "e"}
    store.put("f", {"text": "z" * 1000})
    assert {p.stem for p in tmp_path.iterdir()} == {"a", "e", "f"}


def test_what_this_build_needs_stays_even_beyond_the_bound(tmp_path):
    store = Store(tmp_path, most=10)
    for name in "abc":
        store.put(name, {"text": name * 100})
    assert [store.get(name, as_told) for name in "abc"] == [{"text": name * 100} for name in "abc"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"v": 1', b"[]", b"null", b"\xff\xfe", b'{"w": 1}', b"[" * 100_000]
)
def test_a_damaged_or_foreign_record_is_none_and_said_once(tmp_path, damage):
    said = []
    store = Store(tmp_path, told=said.append)
    store.put("a", {"v": 1})
    assert store.get("a", lambda told: told["v"]) == 1
    store.path("a").write_bytes(damage)
    assert store.get("a", lambda told: told["v"]) is None
    assert store.get("a", lambda told: told["v"]) is None
    assert len(said) == 1
    assert str(store.path("a")) in said[0]


def test_a_record_that_is_absent_is_no_damage(tmp_path):
    said = []
    assert Store(tmp_path / "nowhere", told=said.append).get("a", as_told) is None
    assert not said


def test_half_a_file_of_a_build_that_was_killed_goes(tmp_path):
    old, young = tmp_path / "killed.new", tmp_path / "writing.new"
    for file in (old, young):
        file.write_text("{")
    os.utime(old, (0, time.time() - stores.ABANDONED - 60))
    Store(tmp_path).put("a", {})
    assert not old.exists()
    assert young.exists()


def test_a_full_disk_loses_the_record_and_nothing_else(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.put("a", {"v": 1})

    def full(*_args):
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(stores.os, "replace", full)
        store.put("a", {"v": 2})
    assert list(tmp_path.iterdir()) == []
    assert store.get("a", as_told) is None


TEXT = "---\ntitle: One\ndate: 2026-01-02\n---\n\n```python\nprint(1)\n```\n"


def test_a_run_that_is_foreign_is_no_run(tmp_path, monkeypatch):
    post, said = parse(TEXT, "post.md"), []
    store = Store(tmp_path, told=said.append)
    run = Run(root=tmp_path, timeout=60, records=Records(store=store, base="base"))
    output = {"output_type": "stream", "name": "stdout", "text": "1\n"}
    executed = Executed([Result([output])], [], False, "2026-01-02T00:00:00+00:00", 1.0)
    whole = _to_record(executed, post)

    monkeypatch.setattr(store, "path", lambda name: tmp_path / "one.json")
    for foreign in ({**whole, "results": []}, {**whole, "results": [{}]}, {"results": 3}, {}):
        stores.write_whole(tmp_path / "one.json", stores.json.dumps(foreign))
        assert recorded(post, run) is None
        stores.write_whole(tmp_path / "one.json", stores.json.dumps(whole))
        assert recorded(post, run).cached
    assert len(said) == 4


def test_a_page_that_is_foreign_is_rendered_anew(tmp_path):
    (tmp_path / "post.md").write_text("---\ntitle: One\ndate: 2026-01-02\nblocks: none\n---\n\nProse.\n")
    site = Site(Config(root=tmp_path))
    page = site.publish(tmp_path / "post.md").html
    (record,) = (tmp_path / ".cache/executable_posts/pages").iterdir()
    record.write_text('{"html": "somebody else\'s"}')
    assert Site(Config(root=tmp_path)).publish(tmp_path / "post.md").html == page
