"""`serve` of sites with Pelican: a session of writing, what is carried, what ends, what is replaced."""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest

from support.serving import server, small_blog, write

POST = """{prose}

```python name="answer"
import helper

print(helper.VALUE + {number})
```

The answer is {{eval}}`helper.VALUE + {number}`.
"""


def answer(running):
    """Read the value that the post's sentence shows."""
    return int(re.search(r'The answer is <span class="eval">(\d+)', running.get("/post/"))[1])


@pytest.fixture
def blog_with_a_module(tmp_path):
    (tmp_path / "tmp").mkdir()
    folder = small_blog(tmp_path / "blog")
    (folder / "helper.py").write_text("VALUE = 1\n")
    settings = folder / "pyproject.toml"
    settings.write_text(settings.read_text() + 'inputs = ["*.py"]\n')
    # The settings import the site's own module as well.
    (folder / "pelicanconf.py").write_text(
        (folder / "pelicanconf.py").read_text()
        + "import sys\nsys.path.insert(0, '.')\nimport helper\nSITENAME = f'A blog {helper.VALUE}'\n"
    )
    (folder / "theme" / "templates" / "index.html").write_text(
        "<!DOCTYPE html><title>{{ SITENAME }}</title>\n"
    )
    write(folder, POST.format(prose="Some prose.", number=1))
    return folder


def leftovers(folder, below):
    """List what a server has left: processes, and folders beside the site or among temporary files."""
    _, alive = psutil.wait_procs(below, timeout=30)
    return [*alive, *folder.glob(".output-*"), *folder.with_name("tmp").iterdir()]


def test_a_session_of_writing_with_pelican(blog_with_a_module):
    folder = blog_with_a_module
    with server(folder, TMPDIR=str(folder.with_name("tmp")), PYTHONDONTWRITEBYTECODE="") as running:
        assert "1 block ran, 0 carried" in running.built()
        warm = {process.pid for process in running.below()}
        assert answer(running) == 2
        assert "A blog 1" in running.get()

        write(folder, POST.format(prose="Other prose.", number=1))
        assert "(content/post.md): 0 blocks ran, 1 carried" in running.built()
        assert "Other prose." in running.get("/post/")

        write(folder, POST.format(prose="Other prose.", number=2))
        assert "1 block ran, 0 carried" in running.built()
        assert answer(running) == 3

        # Of the same size and, as far as Python can tell, of the same second.
        before = (folder / "helper.py").stat()
        (folder / "helper.py").write_text("VALUE = 5\n")
        os.utime(folder / "helper.py", ns=(before.st_atime_ns, before.st_mtime_ns + 1))
        assert "(helper.py): 1 block ran" in running.built()
        assert answer(running) == 7
        assert "A blog 5" in running.get(), "what the settings import is new as well"

        write(folder, POST.format(prose="Other prose.", number="'x'"))
        assert running.built().startswith("NOT built")
        fault = next(running.states())["fault"]
        assert (fault["path"], fault["line"]) == ("content/post.md", 12)
        assert "TypeError" in fault["found"]
        assert [12, "print(helper.VALUE + 'x')"] in fault["excerpt"]
        assert answer(running) == 7

        write(folder, POST.format(prose="Other prose.", number=3))
        running.built()
        index = folder / "theme" / "templates" / "index.html"
        usual = index.read_text()
        index.write_text("{% no such tag %}")
        assert running.built().startswith("NOT built")
        fault = next(running.states())["fault"]
        assert "no such tag" in fault["detail"], "no fault of a post: all that the generator said is shown"

        (folder / "content" / "post.md").unlink()
        index.write_text(usual)
        write(folder, POST.format(prose="Mended.", number=4), "other")
        while not (folder / "output" / "other").exists():
            running.built()
        assert "Mended." in running.get("/other/")
        assert next(running.states())["fault"] is None
        assert not (folder / "output" / "post").exists()

        assert {process.pid for process in running.below()} == warm, "one process, and nothing beside it"
        for path in (folder / "output").rglob("*"):
            assert not path.is_file() or b".serve/" not in path.read_bytes(), path
        below = running.below()
        assert running.stop() == 0
    assert leftovers(folder, below) == []


def test_where_only_what_an_edit_reaches_runs_the_rest_is_carried(tmp_path):
    folder = small_blog(tmp_path)
    settings = folder / "pyproject.toml"
    settings.write_text(settings.read_text() + "incremental = true\n")
    post = "```python\na = 1\n```\n\n```python\nprint({0})\n```\n"
    write(folder, post.format("1"))
    with server(folder) as running:
        assert "2 blocks ran, 0 carried" in running.built()
        write(folder, post.format("2"))
        assert "1 block ran, 1 carried" in running.built()
        assert "2\n</pre>" in running.get("/post/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_ended_while_a_block_runs_leaves_nothing(tmp_path, number):
    folder = small_blog(tmp_path / "blog")
    (tmp_path / "tmp").mkdir()
    block = "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\nopen('running', 'w').close()\nchild.wait()\n"
    write(folder, f"```python\n{block}```\n")
    with server(folder, TMPDIR=str(tmp_path / "tmp")) as running:
        running.until("running 1 block")
        next(state for state in running.states() if state["running"])
        below = running.below()
        running.stop(number)
    left = leftovers(folder, below)
    if number == signal.SIGKILL:  # what a server has among temporary files goes when the next one begins
        left = [one for one in left if not getattr(one, "name", "").startswith("posts-serve-")]
    assert left == []


def test_a_warm_process_that_was_killed_is_replaced(tmp_path):
    folder = small_blog(tmp_path)
    write(folder, "One.\n\n```python\n1\n```\n")
    with server(folder) as running:
        running.built()
        for process in running.below():
            process.kill()
        write(folder, "Two.\n\n```python\n1\n```\n")
        assert running.built().startswith("built")
        assert "Two." in running.get("/post/")


def test_a_build_ends_when_what_it_runs_is_saved_anew_and_only_then(tmp_path):
    folder = small_blog(tmp_path)
    waits = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.02)\n"
    post = "{prose}\n\n```python\n{code}```\n"
    write(folder, post.format(prose="One.", code=waits))
    with server(folder) as running:
        next(state for state in running.states() if state["running"])
        write(folder, post.format(prose="Two.", code=waits))  # goes on: prose runs nothing
        write(folder, post.format(prose="Three.", code=waits + "print(1)\n"))
        running.until("^ended: what it ran was saved anew")
        next(state for state in running.states() if state["running"])
        write(folder, post.format(prose="Four.", code=waits + "print(1)\n"))
        running.until("running 1 block")
        (folder / "go").touch()
        assert "(content/post.md): 1 block ran" in running.built()
        assert "(content/post.md): 0 blocks ran, 1 carried" in running.built()
        assert "Four." in running.get("/post/")
        assert not list(folder.glob(".output-*"))


def test_thirty_saves_later_the_last_one_is_shown_and_nothing_has_grown(tmp_path):
    """Some saves come while a build runs, some files are half saved for a moment, some are broken."""
    folder = small_blog(tmp_path)
    post = "Number {0}.\n\n```python\nprint({1})\n```\n"
    path = write(folder, post.format(0, 0))

    def open_files():
        server = psutil.Process(running.process.pid)
        return {process.pid: process.num_fds() for process in (server, *running.below())}

    with server(folder) as running:
        running.built()
        before = open_files()
        for number in range(1, 31):
            path.write_text("")
            write(folder, post.format(number, "no_such_name" if number % 7 == 0 else number // 10))
            if number % 3:
                running.built()
        while "Number 30." not in running.get("/post/"):
            running.built()
        assert next(state for state in running.states() if not state["building"])["fault"] is None
        after = open_files()
        assert after.keys() == before.keys()
        # One answer may still be on its way; what leaks does so thirty times.
        assert all(after[pid] < before[pid] + 5 for pid in after)
        assert not list(folder.glob(".output-*"))
