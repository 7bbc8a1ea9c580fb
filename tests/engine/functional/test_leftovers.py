"""However a build ends, nothing that it started is left: killed for real, from every side."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import uuid

import psutil
import pytest

from executable_posts.running import leashes
from support.browsers import absent
from support.waiting import soon

BOUND = 60.0  # seconds; generous, since only a build that hangs reaches it
# A generator without Pelican: it publishes the one post, in a process of its own.
GENERATOR = """import pathlib, sys
from executable_posts.site.build import Site
from executable_posts.errors import PostError
try:
    page = Site().publish(pathlib.Path("content/post.md")).html
except PostError as error:
    sys.exit(f"error: {error}")
pathlib.Path(sys.argv[1], "index.html").write_text(page)
"""
# Children, grandchildren, one that leaves the session, one that ignores being asked; all carry a word of the test's.
BLOCK = """```bash
PROGRAM='import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
while True: time.sleep(100)'
PYTHON -c "$PROGRAM" WORD-child &
setsid PYTHON -c "$PROGRAM" WORD-session > /dev/null 2>&1 &
(setsid nohup bash -c 'PYTHON -c "$0" WORD-orphan & exit' "$PROGRAM" > /dev/null 2>&1 &)
echo started
```

```python
import pathlib, tempfile, time
tempfile.mkdtemp(prefix="forgotten-")
pathlib.Path("running").touch()
while not pathlib.Path("go-on").exists():
    time.sleep(0.02)
```
"""


def carrying(word: str) -> dict[int, str]:
    """Find the running processes that have a word in their command line."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and any(word in w for w in process.cmdline()):
                found[process.pid] = " ".join(process.cmdline())[:200]
    return found


class Build:
    """A build by make, of a post whose block has started programs and waits."""

    def __init__(self, blog):
        self.blog, self.root, self.word = blog, blog.root, f"left-{uuid.uuid4().hex}"
        self.temp = self.root / "temp"
        self.temp.mkdir()
        (self.root / "generator.py").write_text(GENERATOR)
        (self.root / "Makefile").write_text(
            "html:\n\t@exec $(PYTHON) -m executable_posts --with-parent $$PPID publish -- "
            "$(PYTHON) generator.py {output}\n"
        )
        blog.write(BLOCK.replace("PYTHON", sys.executable).replace("WORD", self.word))
        self.make = None

    def start(self):
        env = {**os.environ, "TMPDIR": str(self.temp), "CACHE": "on"}
        self.make = subprocess.Popen(
            ["make", "html", f"PYTHON={sys.executable}"], cwd=self.root, env=env, start_new_session=True
        )
        soon(lambda: (self.root / "running").exists() or self.make.poll() is not None, "the block")
        assert self.make.poll() is None
        soon(lambda: len(carrying(f"{self.word}-")) >= 3, "all three programs")
        return self

    def below(self, part: str) -> psutil.Process:
        """Find the process of the build that is known by a part of its command, by the last words of that."""
        for process in psutil.Process(self.make.pid).children(recursive=True):
            words = process.cmdline()
            if "-S" not in words and any(part in w for w in words):
                return process
        raise AssertionError(f"no {part} below make")

    def leash_of(self, process: psutil.Process) -> psutil.Process:
        return next(p for p in process.parents() if any(w.endswith("leash.py") for w in p.cmdline()))

    def left(self) -> list[str]:
        return [
            *carrying(self.word).values(),
            *(p.name for p in self.root.glob(".output-*")),
            *(p.name for p in self.temp.iterdir()),
        ]

    def end(self):
        """Whatever a failing test has left, ends here."""
        if self.make:
            with contextlib.suppress(OSError):
                os.killpg(self.make.pid, signal.SIGKILL)
            self.make.wait()
        for pid in carrying(self.word):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def build(blog):
    if not shutil.which("make") or not shutil.which("setsid"):
        absent("no make or no setsid")
    (blog.root / "output").mkdir()
    (blog.root / "output" / ".executable-posts").touch()
    (blog.root / "output" / "old.html").write_text("old")
    made = Build(blog)
    yield made
    made.end()


WHO = {
    "make": lambda b: psutil.Process(b.make.pid),
    "publish": lambda b: b.below("publish"),
    "generator": lambda b: b.below("generator.py"),
    "kernel": lambda b: b.below("ipykernel_launcher"),
}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("who", WHO)
def test_whoever_is_ended_nothing_is_left(build, who, number):
    build.start()
    processes = psutil.Process(build.make.pid).children(recursive=True)
    WHO[who](build).send_signal(number)
    soon(
        lambda: not any(p.is_running() and p.status() != "zombie" for p in processes), "the end of everything"
    )
    soon(lambda: not build.left(), lambda: f"the end of {build.left()}")
    assert build.make.wait(BOUND) != 0
    assert [p.name for p in (build.root / "output").iterdir() if p.name[0] != "."] == ["old.html"]


def test_a_build_that_ends_well_leaves_nothing_either(build):
    build.start()
    (build.root / "go-on").touch()
    assert build.make.wait(BOUND) == 0
    assert not build.left()
    assert (build.root / "output" / "index.html").exists()


def test_what_a_killed_leash_has_left_is_ended_by_the_next_build(build):
    """All of the build and its leashes killed at once: only the programs that left it are still there."""
    build.start()
    kernel = build.below("ipykernel_launcher")
    everybody = [psutil.Process(build.make.pid), *psutil.Process(build.make.pid).children(recursive=True)]
    ours = []
    for process in everybody:
        with contextlib.suppress(psutil.NoSuchProcess):  # a compiler's helper may end meanwhile
            if not any(build.word in w for w in process.cmdline()):
                process.suspend()  # so that nobody sees another end, and cleans up after him
                ours.append(process)
    assert {kernel.pid, build.leash_of(kernel).pid} <= {process.pid for process in ours}
    for process in ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    build.make.wait()
    assert carrying(f"{build.word}-")
    assert list(build.root.glob(".output-*"))
    assert list(build.temp.iterdir())

    build.blog.write("```python\n1\n```\n")
    done = build.blog.engine(
        "publish", "--", sys.executable, "generator.py", "{output}", TMPDIR=str(build.temp)
    )
    assert done.returncode == 0, done.stderr
    assert not build.left()


def test_a_build_that_runs_is_not_swept(build, blog, tmp_path):
    build.start()
    other = tmp_path / "other"
    other.mkdir()
    command = [
        sys.executable,
        "-c",
        "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').touch()",
        "{output}",
    ]
    env = {**os.environ, "TMPDIR": str(build.temp)}
    engine = [sys.executable, "-m", "executable_posts", "publish", "--output"]
    for output in (other / "output", build.root / "output"):
        subprocess.run([*engine, str(output), "--", *command], cwd=build.root, env=env, check=True)
    assert len(carrying(f"{build.word}-")) >= 3
    assert build.make.poll() is None


def test_a_site_that_was_moved_away_comes_back(tmp_path):
    """A build killed between its two renames: the next one, though it fails, finds the old site in place."""
    aside = leashes.marked_folder(".output-", tmp_path)
    old = aside.path / "old"
    old.mkdir()
    (old / ".executable-posts").touch()
    (old / "page.html").write_text("old")
    os.close(aside.lock)  # as the end of a process does
    done = subprocess.run(
        [sys.executable, "-m", "executable_posts", "publish", "--", sys.executable, "-c", "1 / 0"],
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert (tmp_path / "output" / "page.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["output"]


def test_folders_of_somebody_else_are_not_swept(tmp_path):
    (tmp_path / ".output-backup").mkdir()
    held = leashes.marked_folder(".output-", tmp_path)
    (tmp_path / ".output-link").symlink_to(held.path)
    try:
        assert leashes.sweep(".output-", tmp_path) == []
    finally:
        held.remove()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".output-backup", ".output-link"]


def test_a_program_that_ends_by_itself_takes_what_it_left_along(tmp_path):
    word = f"left-{uuid.uuid4().hex}"
    leash = leashes.Leash()
    script = f"setsid {sys.executable} -c 'import time; time.sleep(1000)' {word} & exit 3"
    process = subprocess.Popen(leash.command(["bash", "-c", script]), pass_fds=leash.fds)
    leash.started()
    try:
        assert process.wait(BOUND) == 3
        assert not carrying(word)
    finally:
        leash.let_go()


@pytest.mark.parametrize(("script", "code"), [("kill -9 $$", 137), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_the_exit_code_comes_through(script, code):
    leash = leashes.Leash()
    process = subprocess.Popen(leash.command(["bash", "-c", script]), pass_fds=leash.fds)
    try:
        assert process.wait(BOUND) == code
    finally:
        leash.let_go()
