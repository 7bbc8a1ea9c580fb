"""Make random posts of everything that makes it hard to know what depends on what, and random edits of them."""

from __future__ import annotations

import random

NAMES = "abcdefg"
FILES = ("one.txt", "two.txt")

# {x}, {y}, {z}: names; {n}: a number; {f}: a function's name; {file}: a file's.
STATEMENTS = (
    "{x} = {n}", "{x} = [{n}, {n}]", "{x} = {{'k': [{n}]}}", "{x} = {y}", "{x} = [{y}, {z}]",
    "{x} = str({y}).partition(' at 0x')[0]",  # an address is another in every run
    "{x} = list(map(str, [{y}, {z}]))", "{x} = ({y}, {z})", "print({x})", "print({x}, {y})", "print(len(str({x})))",
    "{x}.append({n})", "{x}[0] = {n}", "{x}.extend([{y}])", "{x}['k'].append({n})", "{x} += [{n}]", "{x}[-1:] = [{y}]",
    "del {x}", "{x}, {y} = {y}, {x}", "{x} = {y} if {n} % 2 else {z}",
    "def {f}():\n    return [{x}, {y}]", "def {f}():\n    global {x}\n    {x} = {n}\n    return {y}",
    "def {f}():\n    {x}.append({n})", "def {f}(at=[]):\n    at.append({n})\n    return list(at)",
    "def {f}():\n    def inner():\n        return {x}\n    return inner", "{x} = {f}", "{x} = {f}()", "{f}()", "print({f}())",
    "{x} = lambda: {y}", "{x} = {y}()", "print({x}())",
    "class {c}:\n    held = [{n}]\n    def add(self, what=None):\n        self.held.append({x})\n        return self.held",
    "{x} = {c}()", "{x}.held = [{n}]", "{x}.own = {y}", "print({x}.held)", "{x}.add()", "{c}.held = {y}", "print(vars({x}))",
    "def {g}():\n    for part in range({n}, {n} + 3):\n        yield part, {x}", "{x} = {g}()", "print(next({x}))",
    "{x} = iter([{n}, {y}, {z}])", "{x} = iter({y})", "print(list({x}))",
    "import random\nrandom.seed({n})", "import random\n{x} = random.random()", "import random\nprint(random.randint(0, 99))",
    "import os\nos.environ['LUNCH'] = '{n}'", "import os\nprint(os.environ.get('LUNCH'))",
    "import os\ndef {f}():\n    return os.environ.get('LUNCH')",
    "open('{file}', 'w').write('{n}')", "open('{file}', 'w').write(str({x}))", "print(open('{file}').read())",
    "open('{file}', 'a').write('{n}')", "{x} = open('{file}').read()",
    "exec('{x} = {n}')", "print(sorted(n for n in globals() if len(n) == 1))", "globals()['{x}'] = {y}", "print(eval('{x}'))",
    "for {x} in range({n}):\n    pass", "with open('{file}', 'w') as {x}:\n    {x}.write('{n}')",
    "try:\n    {x} = {y}[0]\nexcept Exception:\n    {x} = {n}", "import site_module\nsite_module.remember({x})",
    "import site_module\nprint(site_module.remembered())", "from site_module import remember as {f}0\n{f}0({n})",
    "import site_module\nsite_module.setting = {n}", "from site_module import remembered\n{x} = remembered()",
    "{x} = [part for part in ({y}, {z})]", "print({x} is {y})", "{x} = {{}}; {x}['k'] = {y}", "import functools\n{x} = functools.partial(print, {y})",
    "import copy\n{x} = copy.copy({y})", "import copy\n{x} = copy.deepcopy({y})", "{x} = set([{n}, {n}])", "{x}.add({n})",
    "print(bool({x}))", "print(len(open('{file}').read()) > 1)", "import random\n{x} = random.getstate()[1][{n}]",
    "import random\nrandom.randint = lambda least, most: {n}", "from random import random as {x}", "import site_module\nprint(site_module.drawn())",
    "import site_module\nsite_module.seeded({n})", "import site_module\n{x} = site_module.drawn", "import site_module\nprint(site_module.asked())",
)  # fmt: skip
SITE_MODULE = """
import random

_kept = []
setting = 0

def remember(what):
    _kept.append(repr(what)[:40])

def remembered():
    return [setting, *_kept]

def drawn():
    return random.randint(0, 99)

def seeded(number):
    random.seed(number)

def asked():
    return random.getstate()[1][0]
"""


def statement(rng: random.Random) -> str:
    """Make a statement."""
    x, y, z = (rng.choice(NAMES) for _ in range(3))
    chosen = rng.choice(STATEMENTS)
    return chosen.format(
        x=x, y=y, z=z, n=rng.randint(0, 9), f=rng.choice(["p", "q"]), c=rng.choice(["K", "L"]), g=rng.choice(["s", "t"]),
        file=rng.choice(FILES),
    )  # fmt: skip


def post(rng: random.Random) -> list[list[str]]:
    """Make a post: blocks of statements, the first of which bind all names."""
    blocks = [[f"{name} = [{rng.randint(0, 9)}]" for name in NAMES]]
    blocks += [[statement(rng) for _ in range(rng.randint(1, 4))] for _ in range(rng.randint(3, 8))]
    return blocks


def edited(rng: random.Random, blocks: list[list[str]]) -> list[list[str]]:
    """Edit a post in one place, or in two."""
    blocks = [list(block) for block in blocks]
    for _ in range(rng.choice([1, 1, 1, 2])):
        at = rng.randrange(len(blocks))
        block = blocks[at]
        match rng.randrange(6):
            case 0:
                block.insert(rng.randint(0, len(block)), statement(rng))
            case 1 if len(block) > 1:
                del block[rng.randrange(len(block))]
            case 2 if len(blocks) > 2 and at:
                del blocks[at]
            case 3:
                blocks.insert(at + 1, [statement(rng)])
            case 4 if at > 1:
                blocks[at - 1], blocks[at] = blocks[at], blocks[at - 1]
            case _:
                block[rng.randrange(len(block))] = statement(rng)
    return blocks


def text(blocks: list[list[str]], rng: random.Random) -> str:
    """Write a post, with a value in its prose now and then."""
    parts = []
    for rank, block in enumerate(blocks):
        parts.append("```python\n" + "\n".join(block) + "\n```\n")
        if rank % 3 == 1:
            name = rng.choice(NAMES)
            parts.append(f"It is {{eval}}`repr({name})[:30] if {name!r} in globals() else 0`.\n")
    return "\n".join(parts)
