"""Test tools on the same hundred blocks: how long until pytest has said that all of them are right."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import formats
from .catalog import KERNEL, TABLE
from .document import Content, Document
from .installing import Environment
from .timing import Cost, Failed, run

PYTEST = "pytest==9.2.0"
SYBIL = """from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"]).pytest()
"""
MKTESTDOCS = """from mktestdocs import check_md_file


def test_page():
    check_md_file("page.md", memory=True)
"""
EXAMPLES = """import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

known = {}


@pytest.mark.parametrize("example", find_examples("page.md"), ids=str)
def test_block(example: CodeExample, eval_example: EvalExample):
    known.update(eval_example.run(example, module_globals=dict(known)))
"""
BARE = """import nbclient, nbformat

nbclient.NotebookClient(nbformat.read("page.ipynb", 4)).execute()
print("1 passed")
"""


@dataclass(frozen=True, kw_only=True)
class Tester:
    """A tool that tests the blocks of a page. file and write: the page; settings: files beside it; items: how many
    passed tests it reports for so many blocks, None where a page is one; before: a command that makes what belongs to the page."""

    name: str
    packages: tuple[str, ...]
    file: str
    write: Callable[[Document], str]
    settings: dict[str, str]
    command: list[str]
    items: Callable[[int], int] | None = None
    before: tuple[str, ...] = ()
    note: str = ""


TESTERS = (
    Tester(
        name="executable-posts",
        packages=("executable-posts[pelican]", PYTEST),
        file="content/page.md",
        write=formats.ours,
        settings={
            "pyproject.toml": TABLE,
            "pelicanconf.py": 'PATH = "content"\nPLUGINS = ["executable_posts"]\n',
        },
        before=("executable-posts", "sync"),
        command=["pytest", "-q", "content/page.md"],
        items=lambda blocks: blocks,
        note="the page, its notebook and their being in step are three items more",
    ),
    Tester(
        name="bare nbclient",
        packages=("nbclient==0.11.0", "nbformat", *KERNEL),
        file="page.ipynb",
        write=formats.notebook,
        settings={"run.py": BARE},
        command=["python", "run.py"],
        note="no test tool: the kernel alone",
    ),
    Tester(
        name="Sybil",
        packages=("sybil==10.1.0", PYTEST),
        file="page.md",
        write=formats.plain,
        settings={"conftest.py": SYBIL},
        command=["pytest", "-q"],
        items=lambda blocks: blocks,
        note="in pytest's own process",
    ),
    Tester(
        name="pytest-markdown-docs",
        packages=("pytest-markdown-docs==0.9.2", PYTEST),
        file="page.md",
        write=formats.continued,
        settings={},
        command=["pytest", "-q", "--markdown-docs"],
        note="blocks that build on each other are one test",
    ),
    Tester(
        name="pytest-examples",
        packages=("pytest-examples==0.0.18", PYTEST),
        file="page.md",
        write=formats.plain,
        settings={"test_page.py": EXAMPLES},
        command=["pytest", "-q"],
        items=lambda blocks: blocks,
        note="names are carried from block to block by the test",
    ),
    Tester(
        name="mktestdocs",
        packages=("mktestdocs==0.2.5", PYTEST),
        file="page.md",
        write=formats.plain,
        settings={"test_page.py": MKTESTDOCS},
        command=["pytest", "-q"],
        note="a page is one test",
    ),
    Tester(
        name="nbmake",
        packages=("nbmake==1.5.5", PYTEST, *KERNEL),
        file="page.ipynb",
        write=formats.notebook,
        settings={},
        command=["pytest", "-q", "--nbmake"],
        note="a notebook is one test",
    ),
)


def proved(tester: Tester, environment: Environment, content: Content, folder: Path) -> Cost:
    """Test one page, from cold; raise `Failed` unless as many items passed as the tool has for its blocks."""
    shutil.rmtree(folder, ignore_errors=True)
    page = content.documents[0]
    for path, text in {**tester.settings, tester.file: tester.write(page)}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if tester.before:
        _, code, said = run(list(tester.before), environment, folder)
        if code:
            raise Failed(f"{tester.name}: {said.strip()[-400:]}")
    cost, code, said = run(tester.command, environment, folder)
    passed = re.search(r"(\d+) passed", said)
    wanted = tester.items(len(page.blocks)) if tester.items else 1
    if code or not passed or int(passed[1]) < wanted:
        raise Failed(f"{tester.name}: exit code {code}, {wanted} items wanted: {said.strip()[-400:]}")
    return cost
