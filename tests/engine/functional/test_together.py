"""Several posts at once: they do run at once, one after the other on the screen, and one fault ends what it must."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import psutil
import pytest

from support.waiting import soon

HEADER = "---\ntitle: {0}\ndate: 2026-01-02\nslug: {0}\n{1}---\n\n"
# Waits for another post's block: only when both run at once does either end.
MEET = """```python
import pathlib, time
pathlib.Path("{0}.here").touch()
end = time.monotonic() + {2}
while not pathlib.Path("{1}.here").exists() and time.monotonic() < end:
    time.sleep(0.01)
met = pathlib.Path("{1}.here").exists()
assert met, "alone"
```
"""
# Notes that it runs, and counts who does so besides.
COUNT = """```python
import os, pathlib, time
here = pathlib.Path("running-{0}")
here.touch()
time.sleep(0.3)
beside = sorted(p.name for p in pathlib.Path().glob("running-*") if p != here)
here.unlink()
print("beside:", *beside)
assert not beside
```
"""
FOREVER = """```python
import os, pathlib, time
pathlib.Path("{0}.pid").write_text(str(os.getpid()))
while True: time.sleep(0.05)
```
"""
# Wait for another post's block to run for ever, and to have been ended.
BEGUN = """```python
import pathlib, time
end = time.monotonic() + 60
while not (pid := pathlib.Path("{0}.pid")).exists() or not pid.read_text():
    assert time.monotonic() < end, "nobody runs"
    time.sleep(0.01)
```
"""
ENDED = (
    BEGUN
    + """```python
import psutil
while psutil.pid_exists(int(pid.read_text())):
    assert time.monotonic() < end, "nobody was ended"
    time.sleep(0.01)
```
"""
)
FAIL = "```python\nraise ValueError('{0}')\n```\n"


def settings(blog, more: str) -> None:
    file = blog.root / "pyproject.toml"
    file.write_text(file.read_text() + more + "\n")


def write(blog, name: str, body: str, header: str = "") -> None:
    blog.write(body, f"{name}.md", HEADER.format(name, header))


@pytest.mark.parametrize("incremental", ["false", "true"])
@pytest.mark.parametrize("command", ["run", "html"])
def test_two_posts_run_at_once_and_are_told_in_turn(blog, command, incremental):
    settings(blog, f"jobs = 2\nincremental = {incremental}")
    write(blog, "a", MEET.format("a", "b", 60) + "\n```python\nimport time; time.sleep(0.5)\n```\n")
    write(blog, "b", MEET.format("b", "a", 60))
    done = blog.html() if command == "html" else blog.engine("run")
    assert done.returncode == 0, done.stderr
    told = re.findall(r"content/(\w)\.md(?:: running|:\d+| *:)", done.stderr)
    assert told == sorted(told)  # b's line came before a's last one
    assert len(told) >= 5


def test_the_setting_bounds_them(blog):
    settings(blog, "jobs = 1")
    for name in "abc":
        write(blog, name, COUNT.format(name))
    done = blog.engine("run")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("incremental", ["false", "true"])
def test_who_measures_has_nothing_beside(blog, incremental):
    settings(blog, f"jobs = 3\nincremental = {incremental}")
    write(blog, "a", COUNT.format("a"), "measures: true\n")
    write(
        blog,
        "b",
        MEET.format("b", "c", 60).replace("{0}", "") + COUNT.format("b").replace("assert", "# assert"),
    )
    write(blog, "c", MEET.format("c", "b", 60))
    write(blog, "d", COUNT.format("d"), "measures: true\n")
    done = blog.engine("run")
    assert done.returncode == 0, done.stderr


def test_the_first_fault_in_the_order_of_the_posts_is_told(blog):
    settings(blog, "jobs = 3")
    # c, after b, would run for ever; b fails once c runs; a, before it, once c was ended for that.
    write(blog, "a", ENDED.format("c") + FAIL.format("early"))
    write(blog, "b", BEGUN.format("c") + FAIL.format("late"))
    write(blog, "c", FOREVER.format("c"))
    done = blog.html()
    assert done.returncode == 1
    faults = re.findall(r"^error: (.*)", done.stderr, re.MULTILINE)
    assert len(faults) == 1
    assert faults[0].startswith("content/a.md:")
    assert "ValueError: early" in faults[0]
    assert not psutil.pid_exists(int((blog.root / "c.pid").read_text()))
    assert not (blog.root / "output").exists()


def test_run_tells_every_fault(blog):
    settings(blog, "jobs = 2")
    write(blog, "a", FAIL.format("one"))
    write(blog, "b", "```python\nprint('fine')\n```\n")
    write(blog, "c", FAIL.format("two"))
    done = blog.engine("run")
    assert done.returncode == 1
    assert re.findall(r"^error: (\S+?):\d", done.stderr, re.MULTILINE) == ["content/a.md", "content/c.md"]
    assert "content/b.md: 1 blocks passed" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_all_of_them_end_with_the_build(blog, number):
    settings(blog, "jobs = 2")
    for name in "ab":
        write(blog, name, FOREVER.format(name))
    pids = [blog.root / f"{name}.pid" for name in "ab"]
    build = subprocess.Popen(
        [sys.executable, "-m", "executable_posts", "run"], cwd=blog.root, stderr=subprocess.PIPE, text=True
    )
    try:
        soon(lambda: all(p.exists() and p.read_text() for p in pids))
        build.send_signal(number)
        _, said = build.communicate(timeout=60)
        soon(lambda: not any(psutil.pid_exists(int(p.read_text())) for p in pids))
    finally:
        build.kill()
        build.wait()
    if number != signal.SIGKILL:
        assert build.returncode == 130
        assert "Traceback" not in said


def test_a_post_that_pelican_does_not_read_is_not_run(blog):
    write(blog, "a", "```python\nprint(1)\n```\n")
    write(blog, "b", FAIL.format("never read"))
    file = blog.root / "pelican.conf.py"
    file.write_text(file.read_text() + '\nIGNORE_FILES = ["b.md", ".*"]\n')
    done = blog.html()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("value", ["-1", "1.5", '"two"', "true"])
def test_a_wrong_number_of_jobs_is_one_error(blog, value):
    settings(blog, f"jobs = {value}")
    write(blog, "a", "```python\nprint(1)\n```\n")
    done = blog.engine("run")
    assert done.returncode == 1
    assert "pyproject.toml:4: [tool.executable_posts] jobs" in done.stderr
    assert "mend: " in done.stderr


def test_measures_is_true_or_false(blog):
    write(blog, "a", "```python\nprint(1)\n```\n", "measures: often\n")
    done = blog.engine("run")
    assert done.returncode == 1
    assert "content/a.md:5: measures: often" in done.stderr


def test_two_builds_of_one_tree_share(blog):
    """The second waits, says so, and finds what the first one has run."""
    write(
        blog,
        "a",
        '```python\nimport pathlib, time\nwith open("runs", "a") as file: file.write("x")\n'
        'while not pathlib.Path("go-on").exists(): time.sleep(0.02)\n```\n',
    )
    command = [sys.executable, "-m", "executable_posts", "run"]
    env = {**os.environ, "CACHE": "on"}
    start = lambda: subprocess.Popen(command, cwd=blog.root, stderr=subprocess.PIPE, text=True, env=env)
    started = [start()]
    try:
        (first,) = started
        soon(lambda: (blog.root / "runs").exists())
        second = start()
        started.append(second)
        told = f"another build runs the posts of this folder (process {first.pid}): waiting for it\n"
        assert told in iter(second.stderr.readline, "")
        (blog.root / "go-on").touch()
        assert first.wait(60) == 0
        assert second.wait(60) == 0
        assert (blog.root / "runs").read_text() == "x"
        assert "unchanged, run recorded" in second.stderr.read()
    finally:
        for build in started:
            build.kill()
            build.communicate()


def test_a_build_that_was_killed_keeps_nobody_waiting(blog):
    write(blog, "a", FOREVER.format("a"))
    build = subprocess.Popen(
        [sys.executable, "-m", "executable_posts", "run"], cwd=blog.root, stderr=subprocess.DEVNULL
    )
    soon(lambda: (blog.root / "a.pid").exists())
    build.kill()
    build.wait()
    write(blog, "a", "```python\nprint(1)\n```\n")
    done = blog.engine("run")
    assert done.returncode == 0
    assert "waiting" not in done.stderr


def test_a_post_that_builds_its_own_site_does_not_wait_for_itself(blog):
    blog.cold = True  # it is known by its parents
    inner = f"```bash\n{sys.executable} -m executable_posts run content/b.md 2> inner.txt\n```\n"
    settings(blog, "jobs = 1")
    write(blog, "a", inner)
    write(blog, "b", "```python\nprint(1)\n```\n")
    done = blog.engine("run", "content/a.md")
    assert done.returncode == 0, done.stderr
    assert "waiting" not in (blog.root / "inner.txt").read_text()
