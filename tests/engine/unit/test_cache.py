"""What makes a recorded run invalid, and what does not."""

from __future__ import annotations

import pytest

from executable_posts.config import Config
from executable_posts.reading.post import parse
from executable_posts.running.cache import Store, fingerprint, post_key

TEXT = 'Hello {eval}`1`.\n\n```python\nx = 1\n```\n\n```c++ magic_args="-O2"\nint main() {}\n```\n\nBye {eval}`x`.\n'


def key(text):
    return post_key(parse(text, "p.md"), "base")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1", "x = 2"),
        ("-O2", "-O1"),
        ("`x`", "`x + 1`"),
        ("int main", "int  main"),
        ("Bye {eval}`x`", "Bye"),
    ],
)
def test_what_runs_is_in_the_key(old, new):
    assert key(TEXT) != key(TEXT.replace(old, new))


def test_prose_and_place_are_not_in_the_key():
    assert key(TEXT) == key(TEXT.replace("Hello", "Good morning\n\n\n"))


def test_order_and_attachment_are_in_the_key():
    assert key("```python\na\n```\n\n```python\nb\n```\n") != key("```python\nb\n```\n\n```python\na\n```\n")
    assert key("{eval}`x`\n\n```python\na\n```\n") != key("```python\na\n```\n\n{eval}`x`\n")


def test_declared_inputs_are_in_the_fingerprint(tmp_path):
    config = Config(root=tmp_path, inputs=("data/*",))
    (tmp_path / "data").mkdir()
    seen = {fingerprint(config)}
    (tmp_path / "data" / "a").write_text("1")
    seen.add(fingerprint(config))
    (tmp_path / "data" / "a").write_text("2")
    seen.add(fingerprint(config))
    (tmp_path / "data" / "a").rename(tmp_path / "data" / "b")
    seen.add(fingerprint(config))
    assert len(seen) == 4
    (tmp_path / "unrelated").write_text("x")
    assert fingerprint(config) in seen


def test_the_store_keeps_the_newest_and_survives_damage(tmp_path):
    store = Store(tmp_path / "s", keep=2)
    for name in "abc":
        store.put(name, {"v": name})
    assert len(list((tmp_path / "s").iterdir())) == 2
    assert store.get("c") == {"v": "c"}
    (tmp_path / "s" / "c.json").write_text("{")
    assert store.get("c") is None
    assert store.get("zzz") is None
