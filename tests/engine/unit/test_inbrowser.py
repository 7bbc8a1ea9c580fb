"""The page's driver, on this Python: it streams, shows, stops at awaits, and trims tracebacks to the post's lines."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import json

import pytest

from executable_posts.in_page import driver as inbrowser

LABEL = "content/post.md"


@pytest.fixture
def driver():
    """Give a driver and the list of what it puts out."""
    said = []
    return inbrowser.Driver(lambda kind, text: said.append((kind, text))), said


def blocks(*sources: str) -> str:
    return json.dumps(
        [{"index": at, "line": 10 + 100 * at, "source": s, "figure": False} for at, s in enumerate(sources)]
    )


def answer(awaitable) -> dict:
    """Await a driver's answer with its streams in place: pytest has others at every phase of a test."""
    made = awaitable.cr_frame.f_locals["self"]
    with (
        contextlib.redirect_stdout(inbrowser.Stream("stdout", made)),
        contextlib.redirect_stderr(inbrowser.Stream("stderr", made)),
    ):
        return json.loads(asyncio.run(asyncio.wait_for(awaitable, 30)))


def test_a_call_takes_and_gives_plain_data(driver):
    made, _ = driver
    assert answer(made.call("math:gcd", "{}")) == {"ok": True, "value": 0}
    assert answer(made.call("json:dumps", '{"obj": [1]}'))["value"] == "[1]"
    assert answer(made.call("asyncio:sleep", '{"delay": 0, "result": 5}'))["value"] == 5
    failed = answer(made.call("json:loads", '{"s": "{"}'))
    assert not failed["ok"]
    assert "JSONDecodeError" in failed["error"]
    assert "inbrowser" not in failed["error"]


def test_a_block_runs_after_what_it_needs_and_only_its_own_output_is_shown(driver):
    made, said = driver
    made.load(LABEL, blocks("print('noise')\nx = 1", "unrelated = 1 / 0", "print(x)\nx + 1"))
    assert answer(made.run_block(LABEL, 2)) == {"ok": True, "value": None, "ran": [10]}
    assert said == [("stdout", "1"), ("stdout", "\n"), ("result", "2")]
    said.clear()
    assert answer(made.run_block(LABEL, 2, '{"0": "x = 5"}'))["ran"] == [10]
    assert said[-1] == ("result", "6")
    assert answer(made.run_block(LABEL, 2, '{"0": "x = 5"}'))["ran"] == []


def test_errors_name_the_posts_lines(driver):
    made, _ = driver
    made.load(LABEL, blocks("def f(n):\n    return 1 / n", "\nf(0)"))
    failed = answer(made.run_block(LABEL, 1))
    assert failed["error"].split("\n") == [
        "Traceback (most recent call last):",
        f"  {LABEL}:111 in <module>",
        "    f(0)",
        f"  {LABEL}:11 in f",
        "    return 1 / n",
        "ZeroDivisionError: division by zero",
    ]
    broken = answer(made.run_block(LABEL, 1, json.dumps({"1": "x = 1\ny = = 2"})))
    assert f"{LABEL}:111" in broken["error"]
    assert "SyntaxError" in broken["error"]
    assert "not among them" in answer(made.run("import nowhere_at_all"))["error"]


def test_a_reader_who_breaks_an_earlier_block_is_told_where(driver):
    made, _ = driver
    made.load(LABEL, blocks("x = 1", "print(x)"))
    failed = answer(made.run_block(LABEL, 1, '{"0": "x = ="}'))
    assert "Python cannot read the block at line 10" in failed["error"]


def test_what_an_edit_does_not_bind_any_more_is_gone(driver):
    made, said = driver
    made.load(LABEL, blocks("x = 1\ndef double():\n    return 2 * x", "x + 1", "y = x", "double() + y"))
    for index in (2, 3, 1):
        assert answer(made.run_block(LABEL, index))["ok"]
    failed = answer(made.run_block(LABEL, 1, '{"0": "z = 5"}'))
    assert "NameError: name 'x' is not defined" in failed["error"]
    assert "It builds on what you have edited: the block at line 10." in failed["error"]
    assert (
        "NameError: name 'double'"
        in answer(made.run_block(LABEL, 3, '{"0": "z = 5", "2": "y = 1"}'))["error"]
    )
    assert "NameError: name 'x'" in answer(made.run_block(LABEL, 2, '{"0": "z = 5"}'))["error"]
    said.clear()
    assert answer(made.run_block(LABEL, 3))["ran"] == [10, 210], (
        "and all is there when the edits are taken back"
    )
    assert said == [("result", "3")]


def test_what_a_later_block_has_bound_stays_for_those_after_it(driver):
    made, _ = driver
    made.load(LABEL, blocks("1", "calls = []", "calls.append(1); calls"))
    assert answer(made.run_block(LABEL, 2))["ok"]
    assert answer(made.run_block(LABEL, 0))["ok"]
    assert answer(made.run_block(LABEL, 2))["ran"] == [110], "it changes what it needs"
    made.load("other.md", blocks("from math import *", "pi = 3", "pi > 3"))
    assert answer(made.run_block("other.md", 2))["ok"]
    assert answer(made.run_block("other.md", 2, '{"1": "0"}'))["ok"], "a star may bind anything"


def test_stop_cancels_at_an_await(driver):
    made, said = driver

    source = "import asyncio\nprint('in')\nasyncio.get_running_loop().call_soon(stop)\nawait asyncio.sleep(60)\nprint('out')"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "stop", made.stop, raising=False)
        stopped = answer(made.run(source))
    assert stopped["stopped"]
    assert ("stdout", "in") in said
    assert ("stdout", "out") not in said


def test_a_flood_ends(driver):
    made, said = driver
    failed = answer(made.run("for n in range(2000):\n    print('x' * 1000)\n1 / 0"))
    assert "printed more than" in failed["error"]
    assert sum(len(text) for _, text in said) <= inbrowser.OUTPUT_LIMIT


def test_values_are_shown_by_their_picture_or_their_text(driver):
    made, said = driver
    source = (
        "class Drawn:\n    def _repr_svg_(self):\n        return '<svg/>'\ndisplay(Drawn(), 'text')\nDrawn"
    )
    assert answer(made.run(source))["ok"]
    assert said[:2] == [("svg", "<svg/>"), ("result", "'text'")]
    assert said[2][0] == "result"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("1 + 1", ["2"]),
        ("1 + 1;", []),
        ("1 + 1;  # why", []),
        ("x = 1\n(x,\n x);\n", []),
        ("x = 'a;'\nx", ["'a;'"]),
        ("import asyncio\nawait asyncio.sleep(0, 5);", []),
    ],
)
def test_a_semicolon_silences_a_value_as_in_a_notebook(driver, source, shown):
    made, said = driver
    made.load(LABEL, blocks(source))
    assert answer(made.run_block(LABEL, 0))["ok"]
    assert [text for kind, text in said if kind == "result"] == shown
    said.clear()
    assert answer(made.run(source))["ok"]
    assert [text for kind, text in said if kind == "result"] == shown
