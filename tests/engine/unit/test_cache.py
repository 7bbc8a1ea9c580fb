"""What makes a recorded run invalid, and what does not."""

from __future__ import annotations

import pytest

from executable_posts.config import Config
from executable_posts.reading.post import parse
from executable_posts.running.cache import fingerprint, post_key

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


def test_a_program_that_asks_for_its_line_has_it_in_the_key():
    asks = TEXT.replace("int main() {}", "int line = __LINE__; int main() {}")
    assert key(asks) != key(asks.replace("Hello", "Good morning\n\n\n"))


def test_headers_of_ones_own_are_in_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("OWN", str(tmp_path / "own"))
    (tmp_path / "own" / "deep").mkdir(parents=True)
    outer, inner = tmp_path / "own" / "outer.h", tmp_path / "own" / "deep" / "inner.h"
    outer.write_text('#include "deep/inner.h"\n')
    inner.write_text("#define N 1\n")
    text = '```c++ magic_args="-I$OWN"\n#include <outer.h>\n#include <vector>\nint main() {}\n```\n'
    seen = {key(text)}
    inner.write_text('#define N 2\n#include "../outer.h"\n')  # includes itself, at last
    seen.add(key(text))
    outer.write_text("")
    seen.add(key(text))
    inner.write_text("// no longer included\n")
    assert key(text) in seen
    assert len(seen) == 3
    assert key(text.replace("-I$OWN", "-I '")) not in seen  # which the run refuses, not the key


def test_the_tool_is_in_the_key(tmp_path, monkeypatch):
    tool = tmp_path / "compiler"
    monkeypatch.setenv("CXX", str(tool))
    seen = {key(TEXT)}  # absent
    for program in ("#!/bin/sh\n", "#!/bin/sh\n# another\n"):
        tool.write_text(program)
        tool.chmod(0o755)
        seen.add(key(TEXT))
    assert len(seen) == 3
    tool.unlink()
    assert key(TEXT) in seen


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
