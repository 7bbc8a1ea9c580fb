"""A fork of a warm process does what a new one does: what the tests of small blogs rest on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from support import warm

POST = """```python
import sys
print(sorted(name for name in sys.modules if "pelican" in name or "pytest" in name or "support" in name))
print(sys.flags.hash_randomization, hash("pizza"), sys.path[:1])
1 / 0
```
"""


def without_times(text: bytes) -> bytes:
    return re.sub(rb"T\d\d:\d\d(:\d\d)?|\b\d+(\.\d+)? s\b|\d+\.\d+", b"", text)


def test_a_build_says_and_publishes_the_same_either_way(blog):
    blog.write(POST.replace("1 / 0\n", ""))
    codes, said, pages = [], [], []
    for blog.cold in (True, False):
        done = blog.html(CACHE="off")
        codes.append(done.returncode)
        said.append(without_times((done.stderr + done.stdout).encode()))
        pages.append({name: without_times(data) for name, data in blog.output().items()})
    assert codes == [0, 0]
    assert said[0].split(b"\n") == said[1].split(b"\n")
    assert [
        name for name in pages[0].keys() | pages[1].keys() if pages[0].get(name) != pages[1].get(name)
    ] == []


def test_a_fault_and_its_exit_code_are_the_same_either_way(blog):
    blog.write(POST)
    outcomes = []
    for blog.cold in (True, False):
        done = blog.engine("run", CACHE="off")
        outcomes.append((done.returncode, done.stdout, re.sub(r"\d+\.\d+", "", done.stderr)))
    assert outcomes[0][0] == 1
    assert "ZeroDivisionError" in outcomes[0][2]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("words", "more", "name"),
    [
        (["-m", "executable_posts", "run"], {}, "executable_posts"),
        (["-m", "executable_posts", "run"], {"PYTHONHASHSEED": "7"}, ""),
        (["-m", "executable_posts", "run"], {"PYTHONPATH": "/nowhere"}, ""),
        (["-m", "ipykernel_launcher"], {"PYTHONHASHSEED": "0"}, "ipykernel_launcher"),
        (["-m", "ipykernel_launcher"], {}, ""),
        (["-I", "-S", "leash.py", "3", "4", "", "0.0", "1", sys.executable, "-m", "pelican", "."], {}, "pelican"),
        (["-m", "http.server"], {}, ""),
        (["-c", "pass"], {}, ""),
    ],
)  # fmt: skip
def test_only_what_would_be_the_same_is_a_fork(words, more, name):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"}
    assert warm.program([sys.executable, *words], {**environment, **more}) == name


def test_whatever_else_is_started_is_started_as_ever():
    with warm.forks():
        done = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getppid())"], capture_output=True, text=True
        )
    assert int(done.stdout) == os.getpid()


TESTS = """
import subprocess, sys
from support import warm
warm.PROGRAMS = {"ipykernel_launcher": "0"}
with warm.forks():
    subprocess.run([sys.executable, "-m", "ipykernel_launcher", "--version"], check=True)
    print(warm._templates["ipykernel_launcher"].pid, warm._folder.name, flush=True)
    sys.stdin.read()
"""


def test_a_template_ends_with_the_tests_that_started_it_however_they_end():
    with subprocess.Popen(
        [sys.executable, "-c", TESTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(warm.__file__).parents[1], env={**os.environ, "PYTHONHASHSEED": "0"},
    ) as tests:  # fmt: skip
        assert re.fullmatch(r"[\d.]+\n", tests.stdout.readline()), "a kernel's version"
        pid, folder = tests.stdout.readline().split()
        template = psutil.Process(int(pid))
        template.terminate()  # what a terminal or `timeout` tells all of a group
        tests.kill()
    template.wait(60)
    assert not os.path.exists(folder)
