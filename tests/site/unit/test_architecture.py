"""The house's rules (DESIGN.md), read from the sources themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CODE = ROOT / "code"
MODULES = sorted(p for p in CODE.rglob("*.py") if "theme" not in p.relative_to(CODE).parts)
TESTS = sorted(p for p in (ROOT / "tests").rglob("*.py") if "data" not in p.relative_to(ROOT / "tests").parts)
LIMIT = 300


def test_there_are_modules_to_check():
    assert len(MODULES) > 20


def test_imports_go_one_way():
    """import-linter reads the contracts of pyproject.toml."""
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(CODE).as_posix())
def test_no_star_imports_and_no_long_modules(path):
    text = path.read_text(encoding="utf-8")
    assert "import *" not in text
    assert text.count("\n") <= LIMIT
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"


def test_no_module_of_the_tests_is_long():
    lines = {
        path.relative_to(ROOT / "tests").as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in TESTS
    }
    assert len(lines) > 200
    assert [name for name, count in lines.items() if count > LIMIT] == []


def test_the_source_root_stays_importable():
    """`import code` must stay the standard library's, and pelican's namespace must stay open."""
    for folder in (
        "",
        "pelican",
        "pelican/plugins",
        "executable-posts",
        "executable-posts/pelican",
        "executable-posts/pelican/plugins",
    ):
        assert not (CODE / folder / "__init__.py").exists()


def test_locks_name_no_address():
    root = CODE.parent
    locks = sorted(
        {
            *root.glob("requirements*.txt"),
            *root.glob("tests/**/package-lock.json"),
            *CODE.rglob("package-lock.json"),
        }
    )
    assert len(locks) > 4
    for lock in locks:
        assert "://" not in lock.read_text(encoding="utf-8"), lock
