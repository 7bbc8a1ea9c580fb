"""What units share besides names and files: random numbers, and timers that nobody waits for any more."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap

import pytest

from executable_posts.running.in_kernel.going_on import GoingOn
from support.in_process import OTHERS, Blog

TOOL = """
import random

def silent():
    return 1

def drawn():
    return random.randint(0, 9**9)

def seeded(number):
    random.seed(number)

def asked():
    return hash(random.getstate())
"""


@pytest.fixture
def blog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "tool.py").write_text(TOOL)
    return Blog(tmp_path)


SEED, IMPORT = "import random\nrandom.seed({})", "import tool"


def test_who_draws_no_number_needs_nobody_who_drew(blog):
    post = [IMPORT, "number = tool.drawn()", "print(tool.silent())", *OTHERS]
    blog.build(*post)
    post[2] += "  # edited"
    assert blog.build(*post)[2] == "1\n"
    assert blog.ran == [0, 2]


@pytest.mark.parametrize("use", ["print(tool.drawn())", "print(tool.asked())", "tool.seeded(7)"])
def test_who_draws_asks_or_sets_needs_whoever_drew(blog, use):
    post = [SEED.format(1), IMPORT, "print(tool.drawn())", use, "print(random.random())", *OTHERS]
    blog.build(*post)
    for at, edited in ((0, SEED.format(2)), (2, "print(2)"), (3, f"{use}  # edited"), (0, SEED.format(3))):
        post[at] = edited
        shown = blog.build(*post)
        assert shown == Blog(blog.root).build(*post)


def test_numbers_that_are_no_longer_random_are_somebodys_who_said_so(blog):
    post = ["import random", "random.random = lambda: 1", "print(random.random())", *OTHERS]
    blog.build(*post)
    post[2] += "  # edited"
    assert blog.build(*post)[2] == "1\n"
    post[1] = "random.random = lambda: 2"
    assert blog.build(*post)[2] == "2\n"


@pytest.mark.parametrize("inside", [True, False], ids=["written by a block", "from outside"])
def test_what_a_file_says_is_no_measurement(blog, inside):
    def write(number):
        post[0] = f"open('one.txt', 'w').write('{number}')" if inside else "pass"
        (blog.root / "one.txt").write_text(str(number))

    post = ["", "number = int(open('one.txt').read())", "print(number > 0)", *OTHERS]
    for number in (5, 6, -1):
        write(number)
        assert blog.build(*post)[2] == f"{number > 0}\n"


def test_a_timer_of_twisted_that_was_cancelled_does_not_go_on():
    program = f"""
        import asyncio, sys
        sys.path[:0] = {sys.path!r}
        from twisted.internet import asyncioreactor

        async def main():
            from executable_posts.running.in_kernel.going_on import GoingOn
            going_on = GoingOn()
            going_on.start()
            going_on.begin()
            asyncioreactor.install(asyncio.get_running_loop())
            from twisted.internet import reactor
            alarm = reactor.callLater(60, print)
            assert going_on.told(False) == "timer"
            alarm.cancel()
            print(repr(going_on.told(False)))

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "''\n", done.stderr


def test_any_other_timer_goes_on():
    async def main():
        going_on = GoingOn()
        going_on.start()
        timer = asyncio.get_running_loop().call_later(60, print)
        going_on.begin()
        said = going_on.told(False)
        timer.cancel()
        return said, going_on.told(False)

    assert asyncio.run(main()) == ("timer", "")
