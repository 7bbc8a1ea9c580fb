"""Slices for the build are sound: what they leave out makes no difference, in modules made at random and by name."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executable_posts.in_page import needs, slices
from support.random_modules import FUNCTIONS, NAMES, Maker, run, worth


def sliced(module: list[str], last: str) -> tuple[list[str], list[needs.Needs]]:
    """Give the statements that the last one needs, and what is known of each."""
    ordered = slices.statements("\n".join([*module, last]))
    analysed = needs.analyse(ordered)
    needed = needs.depends(analysed, frozenset([len(ordered) - 1]))
    return [ordered[rank].text for rank in needed], analysed


def differs(module: list[str], name: str) -> bool:
    """Tell whether a name is worth something else when only its slice has run."""
    whole = run([*module, name])
    if whole is None or name not in whole:
        return False
    needed, _ = sliced(module, name)
    part = run([*needed, name])
    return part is None or worth(part[name]) != worth(whole[name])


@given(made=st.randoms(use_true_random=False), name=st.sampled_from([*NAMES, *FUNCTIONS]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_slice_gives_a_name_the_value_that_everything_gives_it(made, name):
    module = Maker(made.choice).module(10)
    assert not differs(module, name), "\n".join(module)


FOUND = {
    "an alias": ("a = []\nb = a\nb.append(1)", "a", 3),
    "an alias in a container": ("a = []\nb = {'k': [a]}\nb['k'][0].append(1)", "a", 3),
    "an alias taken by a loop": ("a = [[]]\nfor b in a:\n    b.append(1)", "a", 2),
    "an alias unpacked": ("a = [[], 1]\nb, c = a\nb.append(1)", "a", 3),
    "an alias of an exception": ("a = []\ntry:\n    raise ValueError(a)\nexcept ValueError as e:\n    b = e\nb.args[0].append(1)", "a", 3),
    "an alias that a pattern takes": ("a = [[]]\nmatch a:\n    case [b]:\n        pass\nb.append(1)", "a", 3),
    "added in place": ("a = []\nb = a\nb += [1]", "a", 3),
    "a function changes what it is given": ("a = []\ndef f(p):\n    p.append(1)\n    return 1\nb = f(a)", "a", 3),
    "a function changes a global": ("a = []\ndef f():\n    a.append(1)\nf()", "a", 3),
    "a function binds a global": ("a = 1\ndef f():\n    global a\n    a = 2\nf()", "a", 3),
    "a function calls another that does": ("a = []\ndef f():\n    a.append(1)\ndef g():\n    f()\ng()", "a", 4),
    "a function that is passed on": ("a = []\ndef f(p):\n    a.append(p)\nb = list(map(f, [1]))", "a", 3),
    "a function kept in a container": ("a = []\nb = [lambda: a.append(1)]\nb[0]()", "a", 3),
    "a function reads what is bound later": ("def f():\n    return a\na = 1\nb = f()\na = 2", "b", 3),
    "a function keeps what it was given": ("a = []\ndef f(p):\n    a.append(p)\nb = []\nf(b)\nb.append(1)", "a", 5),
    "a default": ("a = []\ndef f(p=a):\n    return p\na.append(1)", "f()", 3),
    "a default that grows": ("def f(p=[]):\n    p.append(1)\n    return p\nf()", "f()", 2),
    "a counter in a closure": ("def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n        return n\n    return g\na = f()\na()", "a()", 3),
    "a method": ("class K:\n    def put(self, p):\n        self.v = p\na = K()\na.put(1)", "a.v", 3),
    "a property": ("a = []\nclass K:\n    @property\n    def v(self):\n        a.append(1)\n        return 1\nb = K()\nc = b.v", "a", 4),
    "an operator": ("a = []\nclass K:\n    def __add__(self, p):\n        a.append(p)\n        return 1\nb = K() + 1", "a", 3),
    "an attribute of a class": ("class K:\n    seen = []\n    def put(self):\n        self.seen.append(1)\na = K()\nb = K()\na.put()", "b.seen", 4),
    "a name of a class, before it is bound": ("a = [1]\nclass K:\n    a = a", "K.a", 2),
    "a decorator": ("a = []\ndef d(f):\n    a.append(f)\n    return f\n@d\ndef g():\n    pass", "len(a)", 3),
    "a decorator that remembers": ("import functools\na = 1\n@functools.lru_cache\ndef f():\n    return a\nf()\na = 2", "f()", 5),
    "an iterator": ("a = iter([1, 2])\nb = next(a)", "list(a)", 2),
    "an iterator used up by a loop": ("a = iter([1, 2])\nfor b in a:\n    break", "list(a)", 2),
    "an iterator unpacked": ("a = iter([1, 2])\nb, c = a", "list(a)", 2),
    "an iterator looked into": ("a = iter([1, 2])\nb = 1 in a", "list(a)", 2),
    "an iterator below another": ("a = iter([1, 2])\nb = map(str, a)\nc = list(b)", "list(a)", 3),
    "a generator": ("a = []\ndef g():\n    a.append(1)\n    yield 1\nb = g()\nc = list(b)", "a", 4),
    "a generator expression": ("a = []\nb = (a.append(q) for q in [1])\nc = list(b)", "a", 3),
    "a walrus in a comprehension": ("a = 1\nb = [(a := q) for q in [2, 3]]", "a", 2),
    "the state of a module": ("import random\nrandom.seed(1)\na = random.random()", "random.random()", 3),
    "two names of a module": ("from random import random, seed\nseed(1)\na = random()", "random()", 3),
    "an attempt that may fail": ("b = 1\ntry:\n    b = nothing\nexcept NameError:\n    pass", "b", 2),
    "added to in an attempt": ("a = []\nc = [1]\ntry:\n    c += [a]\nfinally:\n    pass", "c", 3),
    "an error that is swallowed": ("import contextlib\nb = 1\nwith contextlib.suppress(NameError):\n    b = nothing", "b", 3),
    "a container that a class shares": ("a = []\nc = [a]\nclass L:\n    def put(self):\n        pass\n    shared = a\nc.append(1)", "c", 3),
    "a heap": ("import heapq\na = []\nheapq.heappush(a, 1)", "a", 3),
    "a context manager of a class": ("class K:\n    def __enter__(self):\n        self.v = 1\n    def __exit__(self, *e):\n        self.v = 2\na = K()\nwith a:\n    pass", "a.v", 3),
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_what_is_needed(what):
    source, last, count = FOUND[what]
    module = [s.text for s in slices.statements(source)]
    needed, analysed = sliced(["z = 1", *module, "z = [z]"], last)
    assert len(needed) == count
    assert not any(found.unsure for found in analysed)
    value = f"value = {last}"
    assert worth(run([*needed, value])["value"]) == worth(run([*module, value])["value"])


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("exec('a = 1')", "runs text"),
        ("b = eval('a')", "runs text"),
        ("globals()['a'] = 1", "by their text"),
        ("b = vars()", "by their text"),
        ("setattr(b, 'v', 1)", "attributes by their text"),
        ("from string import *", "nobody lists"),
        ("import math\nmath.pi = 3", "math is a module, and changed"),
        ("import sys\nsys.modules['b'] = 1", "by their text"),
        ("f.__globals__['a'] = 1", "by their text"),
        ("import importlib\nimportlib.reload(b)", "imports by a text"),
        ("import threading\nthreading.Thread(target=f).start()", "goes on by itself"),
        ("import asyncio\nasyncio.create_task(f())", "goes on by itself"),
        ("def f():\n    exec('a = 1')\nf()", "runs text"),
        ("b = [exec]\nb[0]('a = 1')", "runs text"),
    ],
)
def test_what_cannot_be_bounded_is_a_barrier(statement, reason):
    before, after = ["x = 1", "y = 2"], ["x = 3"]
    module = [s.text for s in slices.statements("\n".join([*before, statement, *after]))]
    needed, analysed = sliced(module, "y")
    assert needed[: len(module) - 1] == module[:-1]
    assert any(reason in told for found in analysed for told in found.unsure)


def test_what_a_statement_needs_and_does_is_told():
    found = needs.analyse(
        slices.statements("a = []\nb = a\ndef f(p):\n    b.append(p)\n    return c\nc = 1\nd = f(2)")
    )
    last = found[-1]
    assert {"f", "b", "c"} <= last.needs
    assert last.binds == last.certain == {"d"}
    assert {"a", "b"} <= last.mutates
    assert not last.unsure
    assert needs.depends(found, frozenset()) == []
    assert needs.depends(found, frozenset([4])) == [0, 1, 2, 3]
    assert needs.depends(found, frozenset([3, 1])) == [0]


@pytest.mark.parametrize(("trusting", "count"), [(True, 2), (False, 5)])
def test_imported_code_may_be_trusted(trusting, count):
    source = "import shop\na = shop.Lunch()\nb = shop.price(a)\nc = a.price()\nshop.note(b)"
    ordered = slices.statements(source + "\na")
    assert len(needs.depends(needs.analyse(ordered, trusting), frozenset([5]))) == count
    changed = slices.statements("import shop\na = shop.Lunch()\na.cook()\nshop.eat(a)\na")
    assert len(needs.depends(needs.analyse(changed, trusting), frozenset([4]))) == 4
