"""What a source imports, against what Python's own import machinery does with little packages made at random."""

from __future__ import annotations

import ast
import importlib
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executable_posts.browser.packing import gather, source_root
from executable_posts.reading import imports

# Two folders are no packages: Python makes namespace packages of them.
FILES = {
    "one": "one/__init__.py",
    "one.b": "one/b.py",
    "one.sub": "one/sub/__init__.py",
    "one.sub.c": "one/sub/c.py",
    "one.space.d": "one/space/d.py",
    "ns.e": "ns/e.py",
    "two": "two.py",
}
# From a file alone nobody can tell the root of a namespace package, so one starts elsewhere.
ENTRIES = [name for name in FILES if name not in ("ns.e", "one.space.d")]
MODULES = [*FILES, "one.space", "ns", "one.nothing", "one.b.c", "nowhere"]
TAKEN = ["X", "b", "sub", "c", "space", "d", "e", "nothing"]
LAYOUTS = {
    "plain": "{0}",
    "if": "if X:\n    {0}\nelse:\n    pass",
    "else": "if not X:\n    pass\nelse:\n    {0}",
    "class": "class Holder:\n    {0}",
    "finally": "try:\n    pass\nfinally:\n    {0}",
    "semicolons": "pass; {0}; pass",
    "with": "import contextlib\nwith contextlib.nullcontext():\n    {0}",
    "loop": "for _ in range(2):\n    {0}",
    "match": "match 1:\n    case 1:\n        {0}",
    "function": "def later():\n    {0}",
    "method": "class Holder:\n    async def later(self):\n        {0}",
    "typing": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {0}",
    "typing, dotted": "import typing as t\nif t.TYPE_CHECKING:\n    {0}\nelse:\n    pass",
    "no typing": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    {0}",
    "text": "'''\nimport two\n'''\n# import two\n{0}",
}
# How a list of names is written.
LISTS = ["{0}", "({0})", "({0},)", "(  # first\n{0},  # and a comment (with one)\n)", "\\\n{0}"]


@st.composite
def statement(draw) -> str:
    """Write one import, in whatever layout; it may fail, which its module survives."""
    kind = draw(st.sampled_from(["import", "as", "from", "relative", "star"]))
    alias = draw(st.sampled_from(["", " as z", "  as  y2"]))
    name = draw(st.sampled_from(MODULES))
    if kind == "import":
        # What may fail comes last: nothing after it is done.
        text = draw(st.sampled_from(["", "import sys; ", "import two as t; "])) + draw(
            st.sampled_from([f"import {name}", f"import sys, {name}", f"import two as t, {name}"])
        )
    elif kind == "as":
        text = f"import {name} as z"
    elif kind == "star":
        text = f"from {name} import *"
    else:
        if kind == "relative":
            dots = "." * draw(st.integers(1, 3))
            name = draw(st.sampled_from(["", " ", "b", "sub", "sub.c", "space.d", "c", "nothing"]))
            name = f"{dots}{name}"
        taken = [draw(st.sampled_from(TAKEN)) + alias]
        if draw(st.booleans()):
            taken.append("X")
        text = f"from {name} import {draw(st.sampled_from(LISTS)).format(', '.join(taken))}"
    if kind == "star":
        layout = draw(st.sampled_from(["plain", "if", "else", "finally", "loop"]))
    else:
        layout = draw(st.sampled_from(list(LAYOUTS)))
    if layout == "semicolons" and "\n" in text:
        layout = "plain"
    lines = LAYOUTS[layout].split("\n")
    written = "\n".join(
        line.replace("{0}", text.replace("\n", "\n" + line[: len(line) - len(line.lstrip())]))
        for line in lines
    )
    body = "\n".join("    " + line for line in written.split("\n"))
    return f"try:\n{body}\nexcept ImportError:\n    pass"


trees = st.fixed_dictionaries({name: st.lists(statement(), max_size=3) for name in FILES})


def load(root: Path, entry: str) -> tuple[set[str], dict]:
    """Import a module as Python does; return the modules that loaded, and all of them."""

    def ours() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in ("one", "two", "ns")]

    assert not ours()
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        importlib.import_module(entry)
        made = {name: sys.modules[name] for name in ours()}
    finally:
        sys.path.remove(str(root))
        for name in ours():
            del sys.modules[name]
        sys.path_importer_cache.pop(str(root), None)
    return {name for name, module in made.items() if getattr(module, "__file__", None)}, made


def stands_for(target: str, made: dict):
    """Find what a full name means once everything has been imported."""
    parts = target.split(".")
    for size in range(len(parts), 0, -1):
        value = made.get(".".join(parts[:size]))
        if value is not None:
            for part in parts[size:]:
                value = getattr(value, part, None)
            return value
    return None


@given(tree=trees, entry=st.sampled_from(ENTRIES))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_gathered_is_what_python_loads(tree, entry):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in tree.items():
            path = root / FILES[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join([f"X = '{name}.X'", *text]))
        loaded, made = load(root, entry)
        assert set(gather([root / FILES[entry]], lazy=False)) == loaded
        assert set(gather([root / FILES[entry]])) >= loaded
        if any("import *" in text for texts in tree.values() for text in texts):
            return  # a star may give a name another meaning
        for name in loaded:
            last: dict[str, str] = {}
            source = (root / FILES[name]).read_text()
            unconditional = ast.Module(
                [
                    s
                    for node in ast.parse(source).body
                    if isinstance(node, ast.Try)
                    for s in node.body
                    if isinstance(s, (ast.Import, ast.ImportFrom))
                ],
                [],
            )
            for found in imports.scan(unconditional, name, FILES[name].endswith("__init__.py")):
                last[found.binds] = found.target
            for bound, target in last.items():
                value = getattr(made[name], bound, None)
                every = imports.of_source(source, name, FILES[name].endswith("__init__.py"))
                once = sum(f.binds == bound for f in every) == 1
                ours = once and target.partition(".")[0] in ("one", "two", "ns")
                # A submodule that is loaded later takes a name that is not an alias.
                if ours and value is not None and bound in ("z", "y2", "t"):
                    assert value == stands_for(target, made)


@pytest.mark.parametrize(
    ("source", "module", "package", "wanted"),
    [
        ("from one import (a,  # x\n    b)", "", False, ["one.a", "one.b"]),
        ("import one.c; import sys", "", False, ["one", "sys"]),
        ("import one.c as c", "", False, ["one.c"]),
        ("from . import b", "one", True, ["one.b"]),
        ("from . import b", "one.a", False, ["one.b"]),
        ("from .. import b", "one.sub", True, ["one.b"]),
        ("from ..two import b as z", "one.sub.c", False, ["one.two.b"]),
        ("from .. import b", "one", True, []),
        ("from . import b", "one", False, []),
        ("from . import b", "", False, []),
        ("from one import *", "", False, ["one.*"]),
        ("if TYPE_CHECKING:\n    import one", "", False, []),
        ("text = 'import one'", "", False, []),
        ("import (", "", False, []),
    ],
)
def test_imports_have_full_names(source, module, package, wanted):
    assert [found.target for found in imports.of_source(source, module, package)] == wanted


def test_where_an_import_stands_is_told():
    source = (
        "import a\ntry:\n    import b\nexcept ImportError:\n    import c\ntry:\n    import d\nexcept OSError:\n    pass\n"
        "def f():\n    try:\n        import e\n    except Exception:\n        raise\n"
        "try:\n    import g\nexcept:\n    pass\n"
    )
    told = {found.module: (found.deferred, found.guarded) for found in imports.of_source(source)}
    assert told == {
        "a": (False, False),
        "b": (False, True),
        "c": (False, False),
        "d": (False, False),
        "e": (True, False),
        "g": (False, True),
    }


def test_a_folder_without_an_init_comes_whole(tmp_path):
    for name in ("shop/tools/knead.py", "shop/menu.py", "other.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("from shop.tools import knead\n")
    assert set(gather([tmp_path / "shop"])) == {"shop.tools.knead", "shop.menu"}


def test_a_package_goes_before_a_module_of_its_name(tmp_path):
    (tmp_path / "twin").mkdir()
    (tmp_path / "twin" / "__init__.py").write_text("")
    (tmp_path / "twin.py").write_text("")
    (tmp_path / "user.py").write_text("import twin\n")
    assert gather([tmp_path / "user.py"])["twin"].is_package
    assert source_root(tmp_path / "twin" / "__init__.py") == tmp_path
