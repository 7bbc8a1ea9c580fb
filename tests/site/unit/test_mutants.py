"""What `make mutants` plants: one fault at a time, in code that runs, and the source is left as it was."""

from __future__ import annotations

import ast

import pytest

from support import mutants

SOURCE = '''"""A module."""
LIMIT = 3

def f(a: int, b: bool = True) -> int:
    """Say 1 + 1."""
    if not b and a < LIMIT:
        a += 1
    for n in range(2):
        if n == a:
            continue
        print(n)
    if a in (1, 2):
        raise ValueError(f"{a + 1} is wrong")
    return a * 2
'''


def test_every_fault_is_one_change():
    found = list(mutants.mutants(SOURCE))
    plain = ast.unparse(ast.parse(SOURCE))
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source != plain
        assert mutant.what
    assert len({mutant.source for mutant in found}) == len(found)
    said = " | ".join(mutant.what for mutant in found)
    for part in ("a < LIMIT  ->  a <= LIMIT", "continue  ->  break", "a += 1  ->  pass", "a in (1, 2)  ->  a not in",
                 "return a * 2  ->  return None", "print(n)  ->  pass", "a * 2  ->  a // 2", "not b  ->  b"):  # fmt: skip
        assert part in said


def test_what_does_not_run_or_is_only_said_is_let_alone():
    lines = {mutant.line for mutant in mutants.mutants(SOURCE)}
    assert not lines & {1, 2, 4, 5}
    assert not any("a - 1" in mutant.source for mutant in mutants.mutants(SOURCE))


def test_modules_and_tests_are_there():
    for name, (package, tests) in mutants.TARGETS.items():
        assert (mutants.ROOT / package / f"{name}.py").is_file(), name
        assert all((mutants.ROOT / test).is_file() for test in tests), name


def test_what_a_test_notices_and_what_it_does_not(tmp_path, monkeypatch, capsys):
    (tmp_path / "code" / "shop").mkdir(parents=True)
    (tmp_path / "code" / "shop" / "till.py").write_text("def total(a, b):\n    print(a)\n    return a + b\n")
    test = "import shop.till\n\n\ndef test_total():\n    assert shop.till.total(1, 2) == 3\n"
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_till.py").write_text(test)
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "TARGETS", {"till": (mutants.Path("code/shop"), ["tests/test_till.py"])})
    assert mutants.main(["till"]) == 0
    said = capsys.readouterr().out
    assert "shop/till.py:2: print(a)  ->  pass" in said
    assert "| till | 3 | 1 | 33 % |" in said
    assert (tmp_path / "code" / "shop" / "till.py").read_text().endswith("return a + b\n")
    (tmp_path / "tests" / "test_till.py").write_text("def test_nothing():\n    assert False\n")
    with pytest.raises(RuntimeError, match="fail without a fault"):
        mutants.judge("till", 0, 1)
