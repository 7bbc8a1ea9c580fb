"""What runs in a reader's page runs on the standard library alone, and is all that a page has of the engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from executable_posts.browser.contents import ENGINE, shipped
from executable_posts.browser.packing import gather

# -I: neither the environment nor the working folder; -S: nothing that is installed.
BARE = [sys.executable, "-I", "-S", "-c"]


def bare(program: str) -> subprocess.CompletedProcess:
    return subprocess.run([*BARE, program], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Give a folder that holds the engine as a page has it, and nothing else."""
    folder = tmp_path_factory.mktemp("page")
    for module in shipped().values():
        path = folder / module.path.relative_to(module.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(module.content)
    return folder


def test_the_driver_needs_nothing_of_ours(tmp_path):
    """The folder alone, under another name: an import of anything else of the engine fails."""
    (tmp_path / "alone").symlink_to(ENGINE / "in_page", target_is_directory=True)
    names = sorted(p.stem for p in (ENGINE / "in_page").glob("*.py") if p.stem != "__init__")
    assert len(names) > 3
    loads = "; ".join(f"import alone.{name}" for name in names)
    done = bare(
        f"import sys; sys.path.append({str(tmp_path)!r}); {loads}; "
        "assert not [n for n in sys.modules if n.startswith('executable_posts')]"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_is_shipped_loads_in_a_bare_interpreter(page, name):
    done = bare(
        f"import sys; sys.path.append({str(page)!r}); import {name}; "
        f"assert {name}.__file__.startswith({str(page)!r})"
    )
    assert done.returncode == 0, done.stderr


def test_nothing_is_shipped_that_nothing_needs():
    drivers = set(gather([ENGINE / "in_page"], lazy=False))
    of_posts = set(gather([ENGINE / "authors" / "__init__.py", ENGINE / "languages"], lazy=False))
    assert {"executable_posts.in_page.driver", "executable_posts.in_page.slices"} <= drivers
    assert set(shipped()) == drivers | of_posts
    assert not [n for n in drivers if not (n == "executable_posts" or "in_page" in n)]
    assert not [n for n in shipped() if n.split(".")[1:2] and n.split(".")[1] in ("html", "running", "site")]


def test_a_block_runs_on_what_is_shipped(page):
    program = f"""
import asyncio, json, sys
sys.path.append({str(page)!r})
from executable_posts.in_page.driver import Driver
said = []
driver = Driver(lambda kind, text: said.append(text))
driver.load("post.md", json.dumps([
    {{"index": 0, "line": 1, "source": "from executable_posts.authors import show, Explorable"}},
    {{"index": 1, "line": 5, "source": "import json\\nshow(json.dumps)"}},
]))
answer = json.loads(asyncio.run(driver.run_block("post.md", 1)))
assert answer["ok"] and answer["ran"] == [1], answer
assert any("def dumps" in text for text in said), said
"""
    done = bare(program)
    assert done.returncode == 0, done.stderr
