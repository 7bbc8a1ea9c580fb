"""Where blocks run: here when all they reach is in the page, elsewhere with the reason when it is not."""

from __future__ import annotations

import dataclasses
import json

import pytest

from executable_posts.browser.contents import Contents, shipped
from executable_posts.browser.packing import gather
from executable_posts.browser.place import Place, Places, describe, runs_in_page
from executable_posts.reading.post import parse
from executable_posts.running.in_kernel.chartdata import MIME as CHART

PACKAGE = {
    "shop/__init__.py": '"""A shop."""\n',
    "shop/pizza.py": (
        "import heapq\nimport threading\nfrom shop.tools import knead\n\n"
        "def bake(n):\n    return knead(heapq.nlargest(n, range(9)))\n\n"
        "def call():\n    return threading.Thread(target=bake)\n\n"
        "def chart():\n    import matplotlib\n    return matplotlib\n"
    ),
    "shop/tools.py": "def knead(dough):\n    return dough\n",
    "shop/menu/__init__.py": "from shop.pizza import bake, call\n",
    "shop/broken.py": "import resource\n\ndef limit():\n    return resource\n",
    "shop/lazy.py": "def __getattr__(name):\n    return name\n",
    "shop/left_out.py": "secret = 1\n",
    "shop/typed.py": (
        "import socket\nfrom dataclasses import dataclass\nfrom threading import Thread\n\n"
        "@dataclass\nclass Door:\n    sock: socket.socket | None = None\n\n"
        "def shut(door: Door, helper: Thread | None = None) -> Thread | None:\n    return door.sock\n"
    ),
    "shop/tidy/__init__.py": "from ..pizza import bake\nfrom .. import pizza as oven\nfrom ..tools import *\n",
    "shop/colours.py": (
        "def paint(word):\n    try:\n        import rich\n        return rich.print(word)\n"
        "    except ImportError:\n        return word\n\n"
        "def hurry():\n    try:\n        import threading\n        threading.Thread()\n    except ImportError:\n        pass\n\n"
        "try:\n    import resource\nexcept ImportError:\n    resource = None\n"
    ),
}


@pytest.fixture
def shop(tmp_path):
    for name, text in PACKAGE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    places = [
        tmp_path / f"shop/{name}"
        for name in ("menu", "broken.py", "lazy.py", "tidy", "colours.py", "typed.py")
    ]
    return Contents(
        engine=shipped(),
        site=gather(places),
        emulated={},
        packages={"aiomqtt": "MQTT broker", "amqtt": "MQTT broker"},
        data={},
    )


def place(shop, *sources: str, tags: str = "", outputs=()) -> Place:
    """Decide for the last of some blocks."""
    *before, last = sources
    text = "".join(f"```python\n{s}\n```\n\n" for s in before) + f"```python{tags}\n{last}\n```\n"
    post = parse(text, "content/post.md")
    return Places(post, shop).of(post.blocks[-1], outputs)


def test_a_package_brings_what_it_imports_and_no_more(shop):
    names = {
        "shop",
        "shop.menu",
        "shop.pizza",
        "shop.tools",
        "shop.broken",
        "shop.lazy",
        "shop.tidy",
        "shop.colours",
        "shop.typed",
    }
    assert set(shop.site) == names


@pytest.mark.parametrize(
    "sources",
    [
        ("print(1)",),
        ("import math, asyncio\nprint(math.pi)\nawait asyncio.sleep(0)",),
        ("import threading\nimport math", "print(math.pi)"),
        ("from shop.menu import bake\nbake(3)",),
        ("from shop import pizza\nprint(pizza.bake(2))",),
        ("%load_ext something\nimport math", "math.pi"),
        ("import numpy as np\nx = 1", "print(x)"),
        ("from shop.typed import Door, shut\nshut(Door())",),
        ("from shop.tidy import bake\nbake(2)",),
        ("from shop.tidy import knead\nknead(2)",),
        ("from shop.tidy import *\nknead(2)",),
        ("from shop import tidy\ntidy.oven.bake(1)\nprint(tidy.__name__, tidy.__doc__)",),
        ("from shop.colours import paint\npaint('red')",),
        ("try:\n    import numpy\nexcept ImportError:\n    numpy = None\nprint(1)",),
        ("import executable_posts\nfrom executable_posts.authors import show, Explorable\nshow(print)",),
        ("from executable_posts.authors import Explorable\nExplorable('a', {}, '')",),
    ],
)
def test_what_reaches_only_what_a_page_has_runs_here(shop, sources):
    assert place(shop, *sources) == Place("here")


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        (("import threading\nthreading.Thread()",), "threads"),
        (("import threading", "threading.Thread()"), "threads"),
        (("import asyncio\nawait asyncio.to_thread(print)",), "threads"),
        (("import socket, threading\nsocket.socket()\nthreading.Event()",), "a network and threads"),
        (("from concurrent.futures import ThreadPoolExecutor as P", "P(2)"), "threads"),
        (("def f():\n    import subprocess\n    subprocess.run(['ls'])", "f()"), "other processes"),
        (("import numpy as np\nprint(np.pi)",), "the package numpy"),
        (("from shop.menu import call\ncall()",), "threads"),
        (("from shop.pizza import chart\nchart()",), "the package matplotlib"),
        (("from shop.broken import limit",), "a whole operating system"),
        (("from shop.left_out import secret",), "the package shop.left_out"),
        (("from shop import left_out\nleft_out.secret",), "the package shop.left_out"),
        (("from shop.lazy import anything\nanything()",), "the package shop.lazy"),
        (("%time x = 1",), "a notebook"),
        (("from shop.tidy import oven\noven.call()",), "threads"),
        (("from shop import tidy\ntidy.oven.call()",), "threads"),
        (("from shop.pizza import *\ncall()",), "threads"),
        (("from shop.pizza import *", "call()"), "threads"),
        (("from threading import *\nThread()",), "threads"),
        (("from shop.colours import hurry\nhurry()",), "threads"),
        (("import xml.etree.ElementTree, shop.left_out",), "the package shop.left_out"),
        (("if True:\n    import numpy",), "the package numpy"),
        (("from executable_posts.authors import program\nprint(program('a'))",), "a compiler"),
        (("from executable_posts import authors\nprint(authors.program('a'))",), "a compiler"),
        (("from executable_posts.authors import program as p", "print(p('a'))"), "a compiler"),
        (
            ("from executable_posts.authors import side_by_side\nside_by_side({})",),
            "the engine that made this page",
        ),
        (("from executable_posts.running import kernel",), "the engine that made this page"),
        (("from executable_posts.authors import highlight",), "the engine that made this page"),
        (("import executable_posts.html.render",), "the engine that made this page"),
        (("import executable_posts", "executable_posts.running.kernel"), "the engine that made this page"),
    ],
)
def test_what_a_page_has_not_is_named(shop, sources, reason):
    assert place(shop, *sources) == Place("machine", reason)


def test_networks_in_memory_are_said_to_be_emulated(shop):
    source = "import aiomqtt\nasync with aiomqtt.Client('127.0.0.1') as link:\n    pass"
    assert place(shop, source) == Place("emulated", "MQTT broker")
    assert place(shop, source + "\nimport socket\nsocket.socket()").kind == "machine"
    assert place(shop, source + "\nimport ssl\nssl", tags=' tags=["in-the-page"]').kind == "emulated"


def test_an_author_overrules_it(shop):
    assert place(shop, "print(1)", tags=' tags=["on-your-machine"]') == Place("machine")
    assert place(shop, "import numpy", tags=' tags=["in-the-page"]') == Place("here")


def test_a_chart_of_matplotlib_gives_its_drawer_away(shop):
    assert place(shop, "lunch = 1\nlunch.plot()", outputs=[{"data": {CHART: {}}}]).kind == "machine"


def test_other_languages_run_elsewhere(shop):
    post = parse("```c++\nint main() {}\n```\n\n```bash\ntrue\n```\n", "content/post.md")
    assert [Places(post, shop).of(b).reason for b in post.blocks] == ["a compiler", "a shell"]


def test_the_page_gets_every_python_block_when_one_runs_there(shop):
    text = '```python tags=["remove-cell"]\nx = 1\n```\n\n```c++\nint main() {}\n```\n\n```python\nprint(x)\n```\n'
    post = parse(text, "content/post.md")
    places = {b.index: Places(post, shop).of(b) for b in post.blocks}
    assert [runs_in_page(b, places) for b in post.blocks] == [False, False, True]
    files = describe(post, places)
    assert list(files) == ["post_blocks.json"]
    told = json.loads(files["post_blocks.json"])
    assert told["label"] == "content/post.md"
    assert [(b["index"], b["line"], b["source"]) for b in told["blocks"]] == [
        (0, 2, "x = 1"),
        (2, 10, "print(x)"),
    ]
    assert describe(post, {}) == {}


def test_what_the_settings_emulate_decides(shop):
    bare = dataclasses.replace(shop, packages={})
    assert place(bare, "import aiomqtt\naiomqtt.Client") == Place("machine", "the package aiomqtt")
    clock = dataclasses.replace(shop, packages={"serial": "serial line"})
    assert place(clock, "import serial.tools\nserial.Serial()") == Place("emulated", "serial line")
