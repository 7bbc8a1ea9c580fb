"""Programs are compiled while the blocks before them run, and nothing else about them changes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from executable_posts.languages.compiler import UNFINISHED, scratch
from support.browsers import absent
from support.waiting import soon

# Says when it begins and when it is done; asked for its version, it says nothing of that.
COMPILER = """#!/bin/sh
case "$*" in --version) exec REAL "$@" ;; esac
touch "begun-$$"
REAL "$@"
code=$?
mv "begun-$$" "done-$$"
exit $code
"""
PROGRAM = '```c++ name="{0}"{2}\n#include <cstdio>\n{3}int main() {{ std::printf("%d\\n", {1}); }}\n```\n\n'
# Ends only when so many programs have been compiled.
WAIT = """```python
import pathlib, time
end = time.monotonic() + 60
while len(list(pathlib.Path().glob("done-*"))) < {0}:
    assert time.monotonic() < end, "nobody compiles"
    time.sleep(0.02)
```

"""
COMPILED = '```python\nimport pathlib\nprint("compiled:", len(list(pathlib.Path().glob("done-*"))))\n```\n\n'


@pytest.fixture
def compiling(blog):
    import shutil

    real = shutil.which("g++") or shutil.which("clang++") or absent("no compiler")
    script = blog.root / "compiler.sh"
    script.write_text(COMPILER.replace("REAL", real))
    script.chmod(0o755)
    blog.compiler = str(script)
    return blog


def run(blog, *args: str) -> subprocess.CompletedProcess:
    return blog.engine("run", *args, CXX=blog.compiler)


def shown(blog) -> list[str]:
    """What the blocks of the one post printed."""
    done = blog.run(
        "-c",
        "from executable_posts.site.build import Site; from pathlib import Path\n"
        "_, run = Site().runs.of(Path('content/post.md'))\n"
        "print(*(''.join(o.get('text', '') for o in r.outputs).strip() for r in run.results), sep='|')",
        CXX=blog.compiler,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("|")


@pytest.mark.parametrize("incremental", ["false", "true"])
def test_programs_are_there_when_their_turn_comes(compiling, incremental):
    blog = compiling
    file = blog.root / "pyproject.toml"
    file.write_text(file.read_text() + f"incremental = {incremental}\n")
    blog.write(WAIT.format(2) + PROGRAM.format("a", 1, "", "") + PROGRAM.format("b", 2, "", ""))
    done = run(blog)
    assert done.returncode == 0, done.stderr
    assert shown(blog) == ["", "1", "2"]
    assert len(list(blog.root.glob("done-*"))) == 2  # each once


def test_a_variable_that_a_block_sets_is_waited_for(compiling):
    blog = compiling
    program = PROGRAM.format("a", "SIZE", ' magic_args="-DSIZE=$SIZE"', "")
    blog.write('```python\nimport os; os.environ["SIZE"] = "36"\n```\n\n' + WAIT.format(1) + program)
    assert shown(blog) == ["", "", "36"]


@pytest.mark.parametrize("before", [None, "#define SIZE 1\n"])
def test_a_header_that_a_block_writes_counts(compiling, before):
    blog = compiling
    (blog.root / "include").mkdir()
    if before:
        (blog.root / "include" / "size.h").write_text(before)
    write = (
        '```python\nfrom pathlib import Path\nPath("include/size.h").write_text("#define SIZE 7\\n")\n```\n\n'
    )
    included = PROGRAM.format("a", "SIZE", ' magic_args="-Iinclude"', '#include "size.h"\n')
    asked = '#if __has_include("size.h")\n#include "size.h"\n#else\n#define SIZE 0\n#endif\n'
    blog.write(
        WAIT.format(2) + write + included + PROGRAM.format("b", "SIZE", ' magic_args="-Iinclude"', asked)
    )
    assert shown(blog)[2:] == ["7", "7"]


def test_a_header_that_comes_first_on_the_way_counts(compiling):
    """A program that was compiled with one header is not used when another one now stands before it."""
    blog = compiling
    for folder, size in (("near", None), ("far", 1)):
        (blog.root / folder).mkdir()
        if size:
            (blog.root / folder / "size.h").write_text(f"#define SIZE {size}\n")
    write = (
        '```python\nfrom pathlib import Path\nPath("near/size.h").write_text("#define SIZE 2\\n")\n```\n\n'
    )
    program = PROGRAM.format("a", "SIZE", ' magic_args="-Inear -Ifar"', '#include "size.h"\n')
    blog.write(WAIT.format(1) + write + program)
    assert shown(blog)[2:] == ["2"]


def test_faults_are_told_at_their_turn_and_line(compiling):
    blog = compiling
    broken = '```c++ name="broken"\nint main() { return nothing; }  // here\n```\n'
    blog.write(WAIT.format(1) + "```python\nraise ValueError('before')\n```\n\n" + broken)
    done = run(blog)
    assert f"content/post.md:{blog.line_of('raise')}: ValueError: before" in done.stderr
    blog.write(WAIT.format(1) + broken)
    done = run(blog)
    assert (
        f"content/post.md:{blog.line_of('// here')}: BlockFailed: the C++ block does not compile"
        in done.stderr
    )
    assert "nothing" in done.stderr
    blog.write(WAIT.format(1) + broken.replace('"broken"', '"broken" tags=["raises-exception"]'))
    assert run(blog).returncode == 0


def test_nothing_is_compiled_beside_a_post_that_measures(compiling):
    blog = compiling
    later = PROGRAM.format("b", "SIZE", ' magic_args="-DSIZE=$SIZE"', "")
    set_it = '```python\nimport os; os.environ["SIZE"] = "36"\n```\n\n'
    header = "---\ntitle: A post\ndate: 2026-01-02\nmeasures: true\n---\n\n"
    blog.write(COMPILED + set_it + COMPILED + PROGRAM.format("a", 1, "", "") + later, header=header)
    assert shown(blog) == ["compiled: 1", "", "compiled: 2", "1", "36"]


def test_whoever_is_killed_while_it_compiles_leaves_nothing(compiling):
    blog = compiling
    word = f"left-{os.getpid()}-{time.monotonic_ns()}"
    script = blog.root / "compiler.sh"
    script.write_text(COMPILER.replace("REAL", f"{sys.executable} -c 'import time; time.sleep(600)' {word}"))
    blog.write("```python\nimport time; time.sleep(600)\n```\n\n" + PROGRAM.format("a", 1, "", ""))
    env = {**os.environ, "CXX": f"{blog.compiler}"}
    script.write_text(script.read_text().replace("--version) exec", "--version) exit 0; exec"))
    build = subprocess.Popen([sys.executable, "-m", "executable_posts", "run"], cwd=blog.root, env=env)

    def left():
        return [p for p in psutil.process_iter(["cmdline"]) if word in (p.info["cmdline"] or ())]

    try:
        soon(left)
        build.send_signal(signal.SIGKILL)
        build.wait()
        soon(lambda: not left())
    finally:
        build.kill()
        build.wait()
    programs = blog.root / ".cache" / "executable_posts" / "c++"
    assert list(programs.glob(f"*{UNFINISHED}"))
    with scratch(programs, "ff" * 12):  # as the next program does
        assert [p.name for p in programs.glob(f"*{UNFINISHED}")] == ["ff" * 12 + UNFINISHED]


def test_who_wants_the_same_program_waits_for_it(tmp_path):
    """One key, two who want it: the second comes in when the first has left."""
    import threading

    order, inside = [], threading.Event()

    def second():
        with scratch(tmp_path, "ab" * 12):
            order.append("second")

    with scratch(tmp_path, "ab" * 12) as work:
        waiting = threading.Thread(target=lambda: (inside.set(), second()))
        waiting.start()
        assert inside.wait(30)
        with scratch(tmp_path, "cd" * 12):  # another key waits for nobody, and takes nothing away
            assert work.is_dir()
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]
    assert re.fullmatch(r"(ab)+\.new", work.name)
    assert not work.exists()
