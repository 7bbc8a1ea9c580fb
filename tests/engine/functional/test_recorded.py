"""Builds of small blogs, one after the other: what is kept of the last one, what is done anew, and that nothing else is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest


def test_an_unchanged_post_is_not_executed_again(blog):
    blog.write("```python\nopen('ran', 'a').write('x')\n```\n")
    first, second = blog.html(), blog.html()
    assert (first.returncode, second.returncode) == (0, 0)
    assert (blog.root / "ran").read_text() == "x"
    assert "1 blocks unchanged" in second.stderr
    blog.write("New prose.\n\n```python\nopen('ran', 'a').write('x')\n```\n")
    blog.html()
    assert (blog.root / "ran").read_text() == "x", "prose runs nothing"
    assert "New prose" in blog.output()["a-post/index.html"].decode()
    blog.html(CACHE="off")
    assert (blog.root / "ran").read_text() == "xx", "CACHE=off runs everything"
    (blog.root / "data").mkdir()
    (blog.root / "data" / "in.csv").write_text("1")
    blog.html()
    assert (blog.root / "ran").read_text() == "xxx", "a declared input is a reason to run"


def test_a_recorded_traceback_never_shows_old_lines(blog):
    body = '```python tags=["raises-exception"]\n1 / 0\n```\n'
    blog.write(body)
    blog.html()
    blog.write("One\n\nmore\n\n" + body)
    blog.html()
    assert f"content/post.md:{blog.line_of('1 / 0')} in" in blog.output()["a-post/index.html"].decode()


@pytest.mark.parametrize("longer", [0, 30, 60, 120])
def test_a_folder_for_temporary_files_may_be_deep(blog, longer):
    """The system can name a socket in about a hundred bytes."""
    deep = blog.root / ("d" * longer) / "t"
    deep.mkdir(parents=True)
    blog.write("```python\n6 * 7\n```\n")
    done = blog.engine("run", TMPDIR=str(deep))
    assert done.returncode == 0, done.stderr
    assert list(deep.iterdir()) == []


def test_a_compiled_block_is_compiled_once(blog):
    source = '```c++\n#include <cstdio>\nint main() { puts("hi"); }\n```\n'
    blog.write(source)
    assert blog.html(CACHE="off").returncode == 0
    built = list((blog.root / ".cache").rglob("program"))
    stamp = [p.stat().st_mtime_ns for p in built]
    blog.write("moved\n\n" + source)
    assert blog.html(CACHE="off").returncode == 0
    assert [p.stat().st_mtime_ns for p in (blog.root / ".cache").rglob("program")] == stamp
    assert len(built) == 1


def test_a_changed_local_header_compiles_again(blog):
    (blog.root / "inc").mkdir()
    header = blog.root / "inc" / "answer.h"
    header.write_text("#define ANSWER 41\n")
    blog.write(
        '```c++ magic_args="-Iinc"\n#include "answer.h"\n#include <cstdio>\nint main() { printf("%d", ANSWER); }\n```\n'
    )
    blog.html(CACHE="off")
    header.write_text("#define ANSWER 42\n")
    blog.html(CACHE="off")
    assert ">42</pre>" in blog.output()["a-post/index.html"].decode()


def test_a_background_process_neither_holds_the_build_nor_survives_it(blog):
    blog.write("```bash\nsleep 300 &\necho pid=$!\n```\n")
    begun = blog.html()
    assert begun.returncode == 0, begun.stderr
    pid = int(re.search(r"pid=(\d+)", blog.output()["a-post/index.html"].decode())[1])
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    assert state.strip() in ("", "Z"), "gone, or dead and waiting for its parent"


def test_warnings_come_back_with_a_kept_program_and_name_no_machine(blog):
    blog.write(
        "```c++\nint main() { int unused = 1; }\n```\n\n```python\nimport warnings\nwarnings.warn('careful')\n```\n"
    )
    for _ in range(2):
        assert blog.html(CACHE="off").returncode == 0
        page = blog.output()["a-post/index.html"].decode()
        assert "unused variable" in page
        assert f"content/post.md:{blog.line_of('warnings.warn')}: UserWarning: careful" in page
        assert str(blog.root) not in page


def test_a_damaged_record_is_no_record(blog):
    blog.write("```python\n1\n```\n")
    blog.html()
    for record in (blog.root / ".cache").rglob("outputs/*.json"):
        record.write_text('{"x": 1}')
    assert blog.html().returncode == 0


def test_a_lost_caption_is_noticed_in_a_recorded_run(blog):
    body = "```python{}\nfrom IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\n```\n"
    blog.write(body.format(' caption="c" name="n"'))
    assert blog.html().returncode == 0
    blog.write(body.format(""))
    assert blog.html().returncode == 1


def test_a_build_told_to_stop_leaves_nothing_behind(blog):
    os.mkfifo(blog.root / "ready")
    blog.write("```bash\necho $$ > ready\nsleep 300\n```\n")
    command = [
        sys.executable,
        "-m",
        "executable_posts",
        "publish",
        "--",
        sys.executable,
        "-m",
        "pelican",
        ".",
    ]
    settings = ["-s", "pelican.conf.py", "-o", "{output}"]
    with subprocess.Popen([*command, *settings], cwd=blog.root, stderr=subprocess.DEVNULL) as process:
        shell = int((blog.root / "ready").read_text())
        process.terminate()
        assert process.wait(timeout=30) == 130
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(shell)], capture_output=True, text=True, check=False
    ).stdout
    assert state.strip() in ("", "Z")
    assert {p.name for p in blog.root.iterdir() if "output" in p.name} == set()
