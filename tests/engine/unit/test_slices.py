"""Backward slices of a post: the statements a block needs, no fewer, and none of what would stop it in a page."""

from __future__ import annotations

import pytest

from executable_posts.in_page import slices
from executable_posts.in_page.memory import Memory

SETUP = """%load_ext executable_posts
%matplotlib inline
import asyncio
import math
import matplotlib.pyplot as plt
from pathlib import Path

RED, BLUE = "red", "blue"
plt.rcParams.update({"font.size": 11})
"""


def cut(*blocks: str) -> list[list[slices.Statement]]:
    """Cut blocks that stand 100 lines apart."""
    return [slices.statements(text, at, 1 + 100 * at) for at, text in enumerate(blocks)]


def needs(*blocks: str) -> list[str]:
    """Give the first lines of the statements that the last block needs."""
    *before, target = cut(*blocks)
    flat = [s for block in before for s in block]
    return [s.text.split("\n")[0] for s in slices.needed(flat, target)]


@pytest.mark.parametrize(
    ("blocks", "wanted"),
    [
        (("x = 1", "print(2)"), []),
        (("x = 1", "print(x)"), ["x = 1"]),
        (("x = 1", "x = 2", "print(x)"), ["x = 2"]),
        (("x = 1", "x = 2\nprint(x)"), []),
        (("x = 1", "x += 1", "print(x)"), ["x = 1", "x += 1"]),
        (("x = []", "x.append(1)", "print(x)"), ["x = []", "x.append(1)"]),
        (("x = []", "y = x.pop()", "print(x)"), ["x = []", "y = x.pop()"]),
        (("d = {}", "d['a'] = 1", "print(d)"), ["d = {}", "d['a'] = 1"]),
        (("x = 1", "print(x)", "x"), ["x = 1"]),
        ((SETUP, "print(math.pi)"), ["import math"]),
        ((SETUP, "await asyncio.sleep(0)\nprint(RED)"), ["import asyncio", 'RED, BLUE = "red", "blue"']),
        ((SETUP, "plt.show()"), ["import matplotlib.pyplot as plt"]),
        (("def f():\n    return x", "x = 1", "f()"), ["def f():", "x = 1"]),
        (("x = 1\ndef f():\n    return x\ny = f()", "x = 2", "y"), ["x = 1", "def f():", "y = f()", "x = 2"]),
        (("x = 0", "if a:\n    x = 1", "x"), ["x = 0", "if a:"]),
        (("if a:\n    x = 1\nelse:\n    x = 2", "x"), ["if a:"]),
        (("x = 0", "if a:\n    x = 1\nelse:\n    x = 2", "x"), ["if a:"]),
        (("server = start()", "for server, n in things:\n    print(server, n)"), []),
        (("things = [1]", "for t in things:\n    log.append(t)", "things"), ["things = [1]"]),
        (("log = []", "for t in [1]:\n    log.append(t)", "log"), ["log = []", "for t in [1]:"]),
        (("k = 1", "[k for k in range(3)]"), []),
        (("k = 1", "[k for j in range(3)]"), ["k = 1"]),
        (("k = 1", "rows = [k for k in range(3)]", "print(k)"), ["k = 1"]),
        (("k = 1", "rows = [(k := j) for j in range(3)]", "print(k)"), ["k = 1", "rows = [(k := j) for j in range(3)]"]),
        (("noon = 1", "def f():\n    global noon\n    noon = 2", "print(noon)"), ["noon = 1", "def f():"]),
        (("a = 1", "f = lambda a, b=a: a + b + c", "c = 2", "f(1)"), ["a = 1", "f = lambda a, b=a: a + b + c", "c = 2"]),
        (("class A:\n    size = n", "n = 1", "A()"), ["class A:"]),
        (("n = 1", "class A:\n    size = n", "A()"), ["n = 1", "class A:"]),
        (("import random", "random.seed(1)", "random.random()"), ["import random", "random.seed(1)"]),
        (("import time", "time.sleep(1)", "time.time()"), ["import time"]),
        (("async def f():\n    async with a as b:\n        return [x async for x in b]", "await f()"), ["async def f():"]),
        (("a = 1", "async with a as b:\n    c = [x async for x in b]", "c"), ["a = 1", "async with a as b:"]),
        (("x = 1", "with open(x) as f:\n    y = f.read()", "y"), ["x = 1", "with open(x) as f:"]),
        (("@deco\ndef f(): pass", "f()"), ["@deco"]),
        (("x = 1", "def f(y=x): return y", "f()"), ["x = 1", "def f(y=x): return y"]),
        (("import a.b", "a.b.c()"), ["import a.b"]),
        (("from a import *", "x = 1", "x"), ["x = 1"]),
        (("from a import *", "x = 1", "y"), ["from a import *"]),
        (("x = 1", "try:\n    x += 1\nfinally:\n    pass", "x"), ["x = 1", "try:"]),
        (("x = 1", "class A:\n    x = x", "A()"), ["x = 1", "class A:"]),
    ],
)  # fmt: skip
def test_a_block_needs_what_binds_and_changes_what_it_uses(blocks, wanted):
    assert needs(*blocks) == wanted


def test_a_figure_at_the_end_of_a_block_changes_nothing():
    shown = slices.statements("lunch.draw()", 1, 100, shows_last=True)
    called = slices.statements("lunch.draw()", 1, 100)
    before = slices.statements("lunch = 1")
    target = slices.statements("print(lunch)", 2, 200)
    assert len(slices.needed([*before, *shown], target)) == 1
    assert len(slices.needed([*before, *called], target)) == 2


def test_lines_are_those_of_the_file():
    block = slices.statements("x = 1\n\n@deco\ndef f():\n    pass\n", 3, 50)
    assert [(s.line, s.end) for s in block] == [(50, 50), (52, 54)]
    with pytest.raises(SyntaxError) as caught:
        slices.statements("x = 1\ny = (", 0, 70)
    assert caught.value.lineno >= 71


def run(memory: Memory, *blocks: str, target: int) -> list[str]:
    """Pretend to run block ``target`` as the page does; return the first lines of what ran before it."""
    flat = [s for block in cut(*blocks)[:target] for s in block]
    wanted = cut(*blocks)[target]
    needed = slices.needed(flat, wanted)
    memory.generations[target] = memory.generations.get(target, 0) + 1
    ordered = [*needed, *wanted]
    modules = slices.module_names(ordered)
    first = memory.plan(needed, wanted)
    for statement in [*first, *wanted]:
        memory.begin(statement, modules)
        memory.record(ordered, modules, next(at for at, s in enumerate(ordered) if s is statement))
    return [s.text.split("\n")[0] for s in first]


def test_what_is_up_to_date_does_not_run_again():
    memory = Memory()
    blocks = ["a = 1", "b = a + 1", "print(b)", "print(a)"]
    assert run(memory, *blocks, target=2) == ["a = 1", "b = a + 1"]
    assert run(memory, *blocks, target=2) == []
    assert run(memory, *blocks, target=3) == []


def test_what_follows_from_an_edit_runs_again():
    memory = Memory()
    run(memory, "a = 1", "b = a + 1", "print(b)", target=2)
    assert run(memory, "a = 5", "b = a + 1", "print(b)", target=2) == ["a = 5", "b = a + 1"]
    assert run(memory, "a = 1", "b = a + 1", "print(b)", target=2) == ["a = 1", "b = a + 1"]


def test_a_block_run_by_hand_renews_what_builds_on_it():
    memory = Memory()
    blocks = ["a = clock()", "b = a + 1", "print(b)"]
    assert run(memory, *blocks, target=2) == ["a = clock()", "b = a + 1"]
    run(memory, *blocks, target=0)
    assert run(memory, *blocks, target=2) == ["b = a + 1"]


def test_a_name_that_a_later_block_took_gets_its_value_back():
    memory = Memory()
    blocks = ["k = 1", "print(k)", "k = 2", "print(k)"]
    assert run(memory, *blocks, target=3) == ["k = 2"]
    assert run(memory, *blocks, target=1) == ["k = 1"]
    assert run(memory, *blocks, target=3) == ["k = 2"]


def test_a_block_that_changes_what_it_was_given_starts_from_the_same_each_time():
    memory = Memory()
    blocks = ["log = []", "log.append(1)", "print(log)"]
    assert run(memory, *blocks, target=1) == ["log = []"]
    assert run(memory, *blocks, target=1) == ["log = []"]
    assert run(memory, *blocks, target=2) == []


def test_a_value_is_unknown_once_its_statement_failed():
    memory = Memory()
    blocks = ["a = 1", "print(a)"]
    run(memory, *blocks, target=1)
    first = cut(*blocks)[0][0]
    memory.begin(first, frozenset())
    assert run(memory, *blocks, target=1) == ["a = 1"]
