"""Publishing: the new site is swapped in whole, or the old one stays."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile

import psutil
import pytest

import executable_posts.site.publish as module
from executable_posts.errors import PostError
from executable_posts.running import leashes
from executable_posts.site.publish import publish, run_to_its_end

TWO_RENAMES = pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="two renames, elsewhere")


def command(code: str) -> list[str]:
    return [sys.executable, "-c", f"import pathlib, sys; out = pathlib.Path(sys.argv[1])\n{code}", "{output}"]


def writes_a_page(command: list[str], folder: leashes.Folder) -> int:
    """Be a generator without a process of its own."""
    (folder.path / command[0].rpartition("/")[2] / "new.html").write_text("new")
    return 0


def put(output, **options) -> int:
    return publish(["{output}"], output, run=writes_a_page, **options)


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


@pytest.mark.parametrize(
    ("code", "returned"),
    [
        ("(out / 'new.html').write_text('new'); sys.exit(3)", 3),
        ("sys.exit(4)", 4),
        ("pass", 1),
        ("out.rmdir()", 1),
    ],
)
def test_failure_or_an_empty_site_leaves_the_old_one(output, code, returned):
    assert publish(command(code), output) == returned
    assert (output / "old.html").read_text() == "old"
    assert [p.name for p in output.parent.iterdir()] == ["output"]


def test_folders_are_made_and_anybody_may_read_the_site(tmp_path):
    """Below a folder that is not there yet, whoever's umask is strict."""
    output = tmp_path / "var" / "www" / "site"
    before = os.umask(0o077)
    try:
        assert put(output) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(output.stat().st_mode) == 0o755
    assert (output / "new.html").read_text() == "new"


def test_what_was_not_published_here_is_not_touched(tmp_path):
    letters, file, empty = (tmp_path / name for name in ("letters", "file", "empty"))
    letters.mkdir()
    (letters / "to-my-love.txt").write_text("...")
    file.write_text("a file")
    for place in (letters, file):
        with pytest.raises(PostError, match="was not published here; nothing was touched"):
            put(place)
    assert [p.name for p in letters.iterdir()] == ["to-my-love.txt"]
    assert file.read_text() == "a file"
    empty.mkdir()
    assert put(empty) == 0
    assert (empty / "new.html").exists()


def test_who_looks_at_both_sites_sees_them_before_the_swap(output):
    seen = []

    @contextlib.contextmanager
    def swapping():
        seen.append(("before", (output / "old.html").exists()))
        yield
        seen.append(("after", (output / "new.html").exists()))

    def look(old, new):
        seen.append(({p.name for p in old.iterdir()}, {p.name for p in new.iterdir()}))

    assert put(output, before_swap=look, swapping=swapping()) == 0
    both = ({"old.html", module.MARK}, {"new.html", module.MARK})
    assert seen == [both, ("before", True), ("after", True)]


def test_what_killed_builds_left_goes_first_and_a_site_that_was_moved_away_comes_back(
    output, monkeypatch, tmp_path
):
    """Killed before they renamed the old site, between the two renames, and after them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def aside(prefix=".output-"):
        return leashes.marked_folder(prefix, tmp_path)

    def killed(folder):
        os.close(folder.lock)  # as the end of a process does

    def build_in_vain():
        assert publish(["{output}"], output, run=lambda *_: 5) == 5
        return sorted(p.name for p in output.iterdir()) if output.exists() else None

    between, after = aside(), aside()
    (after.path / "old").mkdir()
    (after.path / "old" / module.MARK).touch()
    for folder in (aside(leashes.KERNELS), aside(), after):
        killed(folder)
    assert build_in_vain() == [module.MARK, "old.html"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [between.path.name, "output"]

    output.rename(between.path / "old")
    killed(aside())
    assert build_in_vain() is None
    killed(between)
    assert build_in_vain() == [module.MARK, "old.html"]
    assert [p.name for p in tmp_path.iterdir()] == ["output"]


def test_a_failing_swap_puts_the_old_site_back(output, monkeypatch):
    real, calls = os.rename, []

    def rename(a, b):
        calls.append(a)
        if len(calls) == 2:
            raise OSError("no space")
        real(a, b)

    monkeypatch.setattr(module.ctypes, "CDLL", lambda name: object())  # a system that cannot exchange them
    monkeypatch.setattr(module.os, "rename", rename)
    with pytest.raises(OSError, match="no space"):
        put(output)
    assert (output / "old.html").read_text() == "old"


@TWO_RENAMES
def test_no_moment_is_without_a_site(output, monkeypatch):
    def rename(a, b):
        raise AssertionError("the old site was moved away before the new one was there")

    monkeypatch.setattr(module.os, "rename", rename)
    assert put(output) == 0
    assert {p.name for p in output.iterdir()} == {"new.html", module.MARK}
    assert [p.name for p in output.parent.iterdir()] == ["output"]


@pytest.mark.parametrize("returned", [0, -1])
def test_a_mac_is_asked_by_its_own_name_for_it(output, tmp_path, monkeypatch, returned):
    asked = []

    class Library:
        def renamex_np(self, *words):
            asked.append(words)
            return returned

    new = tmp_path / "new"
    new.mkdir()
    with monkeypatch.context() as mac:
        mac.setattr(module.ctypes, "CDLL", lambda name: Library())
        mac.setattr(module.sys, "platform", "darwin")
        module.swap(new, output)
    assert asked == [(os.fsencode(new), os.fsencode(output), 2)]
    assert (output / "old.html").exists() is (returned == 0)  # the stand-in itself moves nothing


def test_a_command_that_does_not_exist_is_one_error(output):
    with pytest.raises(PostError, match="cannot be run"):
        publish(["no-such-generator"], output)
    assert (output / "old.html").read_text() == "old"


def test_a_generator_is_asked_to_end_and_waited_for_when_we_are(tmp_path, monkeypatch):
    """It has cleaned up before we go on to end ourselves."""
    ready, said = tmp_path / "ready", tmp_path / "said"

    class Stopped(BaseException):
        """What a signal's handler raises."""

    class Generator(subprocess.Popen):
        def wait(self, timeout=None):
            ready.touch()
            return super().wait(timeout)

    def stop(*_):
        raise Stopped

    script = f"""import os, pathlib, signal, sys, time
def clean_up(*_):
    pathlib.Path({str(said)!r}).write_text("cleaned up")
    sys.exit()
signal.signal(signal.SIGTERM, clean_up)
while not pathlib.Path({str(ready)!r}).exists():
    time.sleep(0.01)
os.kill({os.getpid()}, signal.SIGUSR1)
while True:
    time.sleep(1)
"""
    monkeypatch.setattr(module.subprocess, "Popen", Generator)
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(Stopped):
            run_to_its_end([sys.executable, "-c", script])
        assert said.read_text() == "cleaned up"
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_command_that_has_ended_leaves_no_descriptor_open():
    before = psutil.Process().num_fds()
    assert run_to_its_end([sys.executable, "-c", "raise SystemExit(6)"]) == 6
    assert psutil.Process().num_fds() == before
