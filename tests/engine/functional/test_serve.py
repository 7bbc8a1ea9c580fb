"""The development server: serves the last good build, and no save is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
import watchfiles

from executable_posts.cli.generator import sources
from executable_posts.config import Config
from executable_posts.site import serve

# Copies the source to the output; while building it waits for a line on a pipe, so the test decides when it ends.
BUILD = "import pathlib, sys; print('building', flush=True); sys.stdin.readline(); t = pathlib.Path('content/a.md').read_text(); pathlib.Path('output/index.html').write_text(t); sys.exit('BAD' in t)"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text("one")
    command = [
        "-m",
        "executable_posts",
        "serve",
        "--port",
        "0",
        "--watch",
        "content",
        "--",
        sys.executable,
        "-c",
    ]
    process = subprocess.Popen(
        [sys.executable, *command, BUILD],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield tmp_path, process
    finally:
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def read_until(process, pattern):
    for _ in range(200):
        line = process.stdout.readline()
        match = re.search(pattern, line)
        if match:
            return match
    raise AssertionError(f"never printed {pattern}")


def get(base, path="/"):
    with urllib.request.urlopen(base + path, timeout=10) as response:
        return response.read().decode(), response.headers


def test_saves_are_rebuilt_and_none_is_lost(server):
    folder, process = server
    base = read_until(process, r"(http://127\.0\.0\.1:\d+)/")[1]
    read_until(process, "building")
    process.stdin.write("\n")
    read_until(process, "^built in")
    assert get(base)[0] == "one"
    assert get(base)[1]["Cache-Control"] == "no-store"

    (folder / "content" / "a.md").write_text("two")
    read_until(process, "building")
    (folder / "content" / "a.md").write_text("three")  # saved while the build runs
    process.stdin.write("\n")
    read_until(process, "^built in")
    read_until(process, "building")
    process.stdin.write("\n")
    read_until(process, "^built in")
    assert get(base)[0] == "three"

    (folder / "content" / "a.md").write_text("BAD")
    read_until(process, "building")
    process.stdin.write("\n")
    read_until(process, "NOT built")


def test_a_save_before_the_watcher_s_first_step_is_not_lost(tmp_path, monkeypatch):
    source = tmp_path / "a.md"
    source.write_text("one")
    built, stop, usual = [], threading.Event(), watchfiles.watch

    def late(*paths, **options):
        source.write_text("two")
        yield from usual(*paths, stop_event=stop, **options)

    def build(command):
        built.append(source.read_text())
        if built[-1] == "two":
            stop.set()
        return 0

    monkeypatch.setattr(watchfiles, "watch", late)
    monkeypatch.setattr(serve, "run_to_its_end", build)
    in_vain = threading.Timer(30, stop.set)
    in_vain.start()
    try:
        serve.watch([tmp_path], ["build"])
    finally:
        in_vain.cancel()
    assert built == ["one", "two"]


def test_an_unknown_page_is_a_404(server):
    folder, process = server
    base = read_until(process, r"(http://127\.0\.0\.1:\d+)/")[1]
    (folder / "output" / "404.html").write_text("nothing here")
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get(base, "/nope")
    assert caught.value.read() == b"nothing here"
    caught.value.close()


GENERATE = """
import pathlib, sys
text = pathlib.Path("posts/a.md").read_text()
pathlib.Path(sys.argv[1], "index.html").write_text(text)
sys.exit("BAD" in text)
"""


def test_a_site_that_names_its_generator_is_built_served_and_built_again(tmp_path):
    """`serve` alone: no command, no folders to watch; started from a folder below, as people do."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.md").write_text("one")
    (tmp_path / "make.py").write_text(GENERATE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.executable_posts]\nposts = ["posts"]\ngenerator = "python make.py {output}"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "executable_posts", "serve", "--port", "0"],
        cwd=tmp_path / "posts",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        base = read_until(process, r"(http://127\.0\.0\.1:\d+)/")[1]
        read_until(process, "^built in")
        assert get(base)[0] == "one"
        (tmp_path / "posts" / "a.md").write_text("two BAD")
        read_until(process, "^NOT built")
        assert get(base)[0] == "one", "the last good build is on show"
        (tmp_path / "posts" / "a.md").write_text("three")
        read_until(process, "^built in")
        assert get(base)[0] == "three"
        assert not (tmp_path / "posts" / "output").exists()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def test_what_is_watched_is_what_a_site_is_made_from(tmp_path):
    for name in ("posts", "output", "notebooks", ".git", "env", "src", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "pelicanconf.py").write_text("")
    (tmp_path / "serve.log").write_text("")
    watched = sources(Config(root=tmp_path), tmp_path / "output")
    assert [path.name for path in watched] == ["pelicanconf.py", "posts", "src"]
