"""Publishing: the new site is swapped in whole, or the old one stays."""

from __future__ import annotations

import sys

import pytest

import executable_posts.site.publish as module
from executable_posts.errors import PostError
from executable_posts.site.publish import publish


def command(code: str) -> list[str]:
    return [sys.executable, "-c", f"import pathlib, sys; out = pathlib.Path(sys.argv[1])\n{code}", "{output}"]


@pytest.fixture
def output(tmp_path):
    folder = tmp_path / "output"
    folder.mkdir()
    (folder / "old.html").write_text("old")
    (folder / module.MARK).touch()
    return folder


def test_success_replaces_everything(output):
    assert publish(command("(out / 'new.html').write_text('new')"), output) == 0
    assert {p.name for p in output.iterdir()} == {"new.html", module.MARK}
    assert [p.name for p in output.parent.iterdir()] == ["output"]


@pytest.mark.parametrize("code", ["(out / 'new.html').write_text('new'); sys.exit(3)", "pass"])
def test_failure_or_an_empty_site_leaves_the_old_one(output, code):
    assert publish(command(code), output) != 0
    assert (output / "old.html").read_text() == "old"
    assert [p.name for p in output.parent.iterdir()] == ["output"]


def test_a_failing_swap_puts_the_old_site_back(output, monkeypatch):
    real, calls = module.os.rename, []

    def rename(a, b):
        calls.append(a)
        if len(calls) == 2:
            raise OSError("no space")
        real(a, b)

    monkeypatch.setattr(module, "_exchanged", lambda one, other: False)
    monkeypatch.setattr(module.os, "rename", rename)
    with pytest.raises(OSError, match="no space"):
        publish(command("(out / 'new.html').write_text('new')"), output)
    assert (output / "old.html").read_text() == "old"


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="two renames, elsewhere")
def test_no_moment_is_without_a_site(output, monkeypatch):
    def rename(a, b):
        raise AssertionError("the old site was moved away before the new one was there")

    monkeypatch.setattr(module.os, "rename", rename)
    assert publish(command("(out / 'new.html').write_text('new')"), output) == 0
    assert {p.name for p in output.iterdir()} == {"new.html", module.MARK}
    assert [p.name for p in output.parent.iterdir()] == ["output"]


def test_a_command_that_does_not_exist_is_one_error(output):
    with pytest.raises(PostError, match="cannot be run"):
        publish(["no-such-generator"], output)
    assert (output / "old.html").read_text() == "old"
