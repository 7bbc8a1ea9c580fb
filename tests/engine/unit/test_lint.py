"""`check --lint`: ruff's faults at a post's lines, with names shared by blocks, and nothing about style."""

from __future__ import annotations

import json
import sys

import pytest

from executable_posts.cli import main
from executable_posts.errors import PostError
from executable_posts.reading.post import parse
from executable_posts.site import lint as linting

# Only a function within a function binds them, where ruff does not look.
BINDS = "def f():\n    def g():\n        global noon, eve\n        noon, eve = 1, 2\n    return g\nf()()\n"
HEADER = "---\ntitle: T\ndate: 2026-01-02\n---\n\n"


def found(body: str) -> list[tuple[int, str]]:
    """Lint a post below a header of five lines; give (line, rule)."""
    faults: list[PostError] = []
    linting.lint(parse(HEADER + body, "a.md"), faults.append)
    assert all(fault.mend for fault in faults)
    return [(fault.line, fault.found.partition(":")[0]) for fault in faults]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("```python\nx = 1\nprint(y)\n```\n", [(8, "F821")]),
        ("Prose.\n\n```python\nx = 1\n```\n\nMore.\n\n```python\n\nprint(x, z)\n```\n", [(16, "F821")]),
        ("```python\nprint(x)\n```\n\n```python\nx = 1\n```\n", [(7, "F821")]),
        ("```python\nx = 1\n```\n\nSo {eval}`x + y`.\n", [(10, "F821")]),
        ("It is {eval}`early`.\n\n```python\nearly = 1\n```\n", [(6, "F821")]),
        ("```python\ndef f(a=[]):\n    return a\n```\n", [(7, "B006")]),
        ("```python\nprint('%s %s' % (1,))\n```\n", [(7, "F507")]),
        ("```python\nx = 1\nif x is 'a':\n    pass\n```\n", [(8, "F632")]),
        ("```python\n%time x = 1\nprint(x, y)\n```\n", [(8, "F821")]),
        ('```python tags=["raises-exception"]\nx = 1\nprint(y, f"{x!r:>{w}}")\n[].sort(key=lambda: {1: 1, 1: 1})\n```\n', [(9, "F601")]),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_the_line_of_the_post(body, faults):
    assert found(body) == faults


@pytest.mark.parametrize(
    "body",
    [
        "```python\nimport os, sys\nx=1;y = 2\n```\n\n```python\nprint(x)\n```\n\n{eval}`y`\n",
        "```python\ndef f():\n    return later()\n```\n\n```python\ndef later(): return 1\nf()\n```\n",
        "```python\nimport asyncio\nawait asyncio.sleep(0)\nxs = [await f() for f in ()]\n```\n",
        "```python\nfrom math import *\nsqrt(tau)\n```\n",
        "```python\ndisplay(get_ipython())\n1 == 1\n```\n",
        "```python\nfiles = !ls\nprint(files)\n%matplotlib inline\n```\n",
        f"```python\n{BINDS}```\n\n```python\nprint(eve, noon)\n```\n",
        f"```python\n%matplotlib inline\n{BINDS}print(eve, noon)\n```\n",
        "```python\n%prun -l 5 sum([1])\nprint(1)\n```\n",
        "```python\ntry:\n    print(1)\nexcept* ValueError:  # not in every Python that ruff knows\n    print(2)\n```\n",
        "```python\n%time x = 1\nprint(x)\n%timeit x\n```\n",
        "```python\n%somebodys magic\nprint(made_by_it)\n```\n",
        "```python\n%run other.py\nprint(of_other)\n```\n",
        "```python\nprint(y)  # noqa: F821\n```\n",
        '```python tags=["raises-exception"]\nprint(y)\n```\n',
        '```python tags=["raises-exception"]\n1 +\n```\n\n```python\nx = 1\n```\n',
        "```bash\necho $x\n```\n",
        "```python\ndef f(): return 1\n```\n\n```python\ndef f(): return 2\nf()\n```\n",
    ],
)
def test_what_posts_may_do_is_no_fault(body):
    assert found(body) == []


def test_a_mend_fits_what_it_mends():
    faults: list[PostError] = []
    linting.lint(parse(HEADER + "```python\nprint(x)\n```\n\nIt is {eval}`y`.\n", "a.md"), faults.append)
    assert [(fault.line, fault.mend) for fault in faults] == [
        (7, "correct it, or end its line with # noqa: F821"),
        (10, "correct the value"),
    ]


def test_names_that_no_function_makes_global_are_still_missed():
    body = f"```python\n{BINDS}print(noon, night)\n```\n"
    assert found(body) == [(13, "F821")]


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["content"]\n')
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(site, body, capsys, *options):
    (site / "content" / "a.md").write_text(HEADER + body)
    code = main(["check", "--json", *options])
    told = json.loads(capsys.readouterr().out)
    assert code == bool(told)
    return [(entry["line"], entry["found"].partition(":")[0]) for entry in told if entry["line"]]


def test_the_command_asks_only_when_told(site, capsys):
    body = "```python\nprint(x)\n```\n"
    assert lines(site, body, capsys) == []
    assert lines(site, body, capsys, "--lint") == [(7, "F821")]


def test_a_block_that_is_no_python_hides_no_names(site, capsys):
    body = "```python\nx = (\n```\n\n```python\nprint(x)\n```\n"
    assert lines(site, body, capsys, "--lint") == [(7, "SyntaxError")]


def test_without_ruff_one_error_says_how_to_get_it(site, capsys, monkeypatch):
    monkeypatch.setattr(linting.sys, "executable", str(site / "bin" / "python"))
    monkeypatch.setenv("PATH", str(site))
    (site / "content" / "a.md").write_text(HEADER + "```python\n1\n```\n")
    assert main(["check", "--lint"]) == 1
    said = capsys.readouterr().err
    assert said.count("error:") == 1
    assert "pip install ruff" in said


@pytest.fixture
def another_ruff(tmp_path, monkeypatch):
    def put(script):
        file = tmp_path / "ruff"
        file.write_text(f"#!/bin/sh\ncat >/dev/null; {script}\n")
        file.chmod(0o755)
        monkeypatch.setattr(linting, "find_ruff", lambda: str(file))

    return put


@pytest.mark.parametrize(
    ("script", "said"), [("echo 'no such option' >&2; exit 2", "no such option"), ("exit 3", "it returned 3")]
)
def test_a_ruff_that_cannot_answer_is_told(another_ruff, script, said):
    another_ruff(script)
    with pytest.raises(PostError, match=f"ruff cannot check this post: {said}"):
        linting.lint(parse("```python\n1\n```\n", "a.md"), lambda fault: None)


def test_ruff_is_told_which_python_it_is(another_ruff, tmp_path):
    """What it takes by default is older than some names and forms that posts may use."""
    another_ruff(f"echo $* > {tmp_path}/asked; echo '[]'")
    assert found("```python\n1\n```\n") == []
    assert f"--target-version py3{sys.version_info.minor} " in (tmp_path / "asked").read_text()


def test_a_ruff_without_a_word_for_what_it_cannot_read_is_understood(another_ruff):
    told = [{"cell": 1, "code": None, "location": {"row": 2, "column": 1}, "message": "Expected `:`"}]
    another_ruff(f"echo '{json.dumps(told)}'")
    assert found("```python\nx = 1\ny = 2\n```\n") == [(8, "invalid-syntax")]


def test_code_that_a_page_would_cut_is_told_of_unless_it_is_folded():
    line = "x = " + "1" * 97
    body = f'```python tags=["remove-input"]\n{line}\n```\n\n```python\ny = 1\n{line}\n```\n\n```bash\n: {line}\n```\n\n'
    body += f'```python tags=["hide-input"]\n{line}\n```\n\n```text\n{line}\n```\n'
    faults: list[PostError] = []
    linting.too_long(parse(HEADER + body, "a.md"), 100, faults.append)
    assert [(fault.line, fault.found) for fault in faults] == [
        (12, "a line of 101 columns, and code_columns is 100"),
        (16, "a line of 103 columns, and code_columns is 100"),
    ]
    linting.too_long(parse(HEADER + body, "a.md"), 103, lambda fault: pytest.fail(str(fault)))
