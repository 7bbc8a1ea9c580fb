"""The house's import rules (DESIGN.md), read from the sources themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CODE = Path(__file__).resolve().parents[1] / "code"
ROOMS = ("kitchen", "datacenter", "weapons", "ovens")
MODULES = sorted(p for p in CODE.rglob("*.py") if "theme" not in p.relative_to(CODE).parts)
LIMIT = 300


def imports(path: Path) -> set[str]:
    """List the absolute names a module imports, relative imports resolved."""
    package = path.relative_to(CODE).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found.add(name)
            found.update(f"{name}.{alias.name}" for alias in node.names)
    return found


def uses(path: Path, name: str) -> bool:
    return any(i == name or i.startswith(name + ".") for i in imports(path))


def test_there_are_modules_to_check():
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(CODE).as_posix())
def test_import_rules(path):
    parts = path.relative_to(CODE).parts
    if parts[0] == "executable_posts":
        assert not uses(path, "pizzeria")
        assert not uses(path, "pelican")
        assert not uses(path, "pytest") or path.name == "pytest_plugin.py"
    if parts[0] == "pizzeria":
        assert not uses(path, "executable_posts")
        assert not uses(path, "pelican")
        assert not uses(path, "pytest")
    if parts[:2] == ("pizzeria", "eventloop"):
        outside = {
            i for i in imports(path) if i.startswith("pizzeria") and not i.startswith("pizzeria.eventloop")
        }
        assert not outside - {"pizzeria"}
    if parts[0] == "pizzeria" and len(parts) > 2 and parts[1] in ROOMS:
        for other in set(ROOMS) - {parts[1]}:
            assert not uses(path, f"pizzeria.{other}")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(CODE).as_posix())
def test_no_star_imports_and_no_long_modules(path):
    text = path.read_text(encoding="utf-8")
    assert "import *" not in text
    assert text.count("\n") <= LIMIT
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"


def test_the_source_root_stays_importable():
    """`import code` must stay the standard library's, and pelican's namespace must stay open."""
    for folder in ("", "pelican", "pelican/plugins"):
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
