"""What befalls a build from outside: a full disk, a kernel that is killed, a post that goes away, a clock set back."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys

import pytest

from executable_posts.cli import main
from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.site.build import Site

PLAIN = "```python\nprint('one')\n```\n"


@pytest.fixture
def published(blog):
    """A blog that was built once; then its post was edited."""
    blog.write(PLAIN)
    assert blog.html().returncode == 0
    before = blog.output()
    blog.write(PLAIN.replace("one", "two"))
    return before


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("os.kill(os.getpid(), 9)", "ended by SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("os._exit(7)", "it left with exit code 7"),
    ],
)
def test_a_kernel_that_is_killed_is_told_at_its_block(blog, published, ending, told):
    blog.cold = True
    blog.write(f"```python\nimport os, signal\n```\n\n```python\nprint(1)\n{ending}  # here\n```\n\n" + PLAIN)
    done = blog.html()
    assert done.returncode == 1
    line = blog.line_of("print(1)")
    assert f"error: content/post.md:{line}: the kernel died while this block ran: {told}\n" in done.stderr
    assert "mend: run the block alone" in done.stderr
    assert blog.output() == published


def test_a_kernel_that_dies_under_a_value_is_told_at_its_line(blog):
    blog.write("```python\nimport os\n```\n\nHere {eval}`os.kill(os.getpid(), 9)`.\n")
    done = blog.engine("run")
    assert done.returncode == 1
    assert f"content/post.md:{blog.line_of('Here')}: " in done.stderr
    assert "the kernel died: ended by SIGKILL" in done.stderr


def limited(blog, *args: str, most: int) -> subprocess.CompletedProcess:
    """Run the engine where no file may be larger than ``most`` bytes, which fails as a full disk does."""
    return subprocess.run(
        [sys.executable, "-m", "executable_posts", *args],
        cwd=blog.root,
        capture_output=True,
        text=True,
        timeout=240,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )


def test_a_full_disk_leaves_the_old_site(blog, published):
    blog.write("```python\nprint('x' * 100_000)\n```\n")
    pelican = ["pelican", ".", "-s", "pelican.conf.py", "--fatal", "errors", "-o", "{output}"]
    done = limited(blog, "publish", "--", sys.executable, "-m", *pelican, most=60_000)
    assert done.returncode != 0
    assert "Not published: output/ is as it was before." in done.stderr
    assert "File too large" in done.stdout + done.stderr
    assert "report it" not in done.stderr
    assert blog.output() == published
    assert not list(blog.root.glob(".output-*"))
    assert not list(blog.root.glob(".cache/**/*.new"))


@pytest.mark.parametrize("command", ["run", "publish"])
def test_a_disk_without_any_room_is_one_error(blog, published, command):
    pelican = ["--", sys.executable, "-m", "pelican", ".", "-s", "pelican.conf.py", "-o", "{output}"]
    done = limited(blog, command, *(pelican if command == "publish" else ()), most=0)
    assert done.returncode == 1
    told = {"run": "content/post.md: no kernel", "publish": "a disk: cannot be written"}
    assert f"error: {told[command]}: No usable temporary directory found in" in done.stderr
    assert "mend: make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert blog.output() == published


def test_what_cannot_be_written_is_told_as_such(capsys, monkeypatch):
    def full(args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "output/x.html")

    monkeypatch.setattr("executable_posts.cli.check.main", full)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main(["check"]) == 1
    assert "error: output/x.html: cannot be written: No space left on device" in capsys.readouterr().err
    monkeypatch.setattr("executable_posts.cli.check.main", lambda args: os.stat("/nowhere/at/all"))
    with pytest.raises(FileNotFoundError):
        main(["check"])


def test_a_record_that_has_no_place_is_no_fault(blog):
    blog.write("```python\nprint('x' * 100_000)\n```\n")
    done = limited(blog, "run", most=60_000)
    assert done.returncode == 0, done.stderr
    assert "1 blocks passed" in done.stderr
    assert blog.engine("run").returncode == 0


@pytest.mark.parametrize("what", ["unlink()", "rename('content/y.md')"])
def test_a_post_that_goes_away_while_others_run_is_published_as_it_was_read(blog, what):
    header = "---\ntitle: {0}\ndate: 2026-01-02\nslug: {0}\n---\n\n"
    block = f"```python\nimport pathlib\npathlib.Path('content/z.md').{what}\n```\n"
    blog.write(block, "a.md", header.format("a"))
    blog.write(PLAIN, "z.md", header.format("z"))
    done = blog.html()
    assert done.returncode == 0, done.stderr
    assert b"one" in blog.output()["z/index.html"]


def test_a_post_that_was_gone_before_is_one_error(blog):
    with pytest.raises(PostError, match=r"^content/z.md: cannot be read: No such file or directory"):
        Site(load(blog.root)).ahead([blog.root / "content" / "z.md"])


def test_a_clock_that_was_set_back_changes_nothing(blog):
    """Records and pages are from the future then; they are found by what they hold."""
    blog.write(PLAIN)
    assert blog.html().returncode == 0
    first = blog.output()
    records = [*blog.root.glob(".cache/executable_posts/outputs/*.json")]
    assert records
    for path in records:
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "when": "2090-01-02T03:04:05+00:00"}))
    for path in blog.root.glob(".cache/executable_posts/**/*"):
        os.utime(path, (4e9, 4e9))
    done = blog.html()
    assert done.returncode == 0, done.stderr
    assert "unchanged, run recorded on 2090-01-02" in done.stderr
    assert blog.output().keys() == first.keys()
    blog.write(PLAIN.replace("one", "two"))
    done = blog.html()
    assert done.returncode == 0, done.stderr
    assert "1 blocks passed" in done.stderr
