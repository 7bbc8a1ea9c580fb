"""Programs for a newer Python: run where one is found, shown from a record that says so where none is."""

from __future__ import annotations

import datetime
import json
import stat

import pytest

from pizzeria.weapons import newer_python as module
from pizzeria.weapons.newer_python import PROGRAMS, Interpreter


@pytest.fixture
def nobody_here(monkeypatch):
    monkeypatch.setattr(module, "interpreters", tuple)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_record_stands_in_and_says_so(nobody_here, program):
    report = module.newer(program)
    record = json.loads((module.RECORDS / f"{program}.json").read_text())
    assert datetime.date.fromisoformat(record["date"]) <= datetime.datetime.now(datetime.UTC).date()
    assert not report.fresh
    assert report.origin == f"recorded on {record['date']} under {record['under']}"
    assert record["program"] == f"elsewhere/{program}.py"
    assert (module.ELSEWHERE / f"{program}.py").is_file()


@pytest.mark.parametrize("program", [p for p, needs in PROGRAMS.items() if needs < (3, 14)])
def test_what_runs_here_says_what_the_record_says(program):
    report = module.newer(program)
    if not report.fresh:
        pytest.skip(f"no Python {PROGRAMS[program]} here: {report.origin}")
    if "without the lock" not in report.origin:
        assert report.lines == module.recorded(program).lines


def fake(folder, name, says):
    """Put a program onto the path that claims to be a Python."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    module.interpreters.cache_clear()
    yield tmp_path
    module.interpreters.cache_clear()


def test_the_best_python_comes_first(a_path):
    fake(a_path, "python3.12", "echo 'pyenv: command not found' >&2; exit 127")
    new = fake(a_path, "python3.14", "echo 3 14 0")
    free = fake(a_path, "python3.13t", "echo 3 13 1")
    built = a_path / "pyenv/versions/3.13.0/bin"
    built.mkdir(parents=True)
    old = fake(built, "python3.13", "echo 3 13 0")
    assert module.interpreters() == (
        Interpreter(free, (3, 13), True),
        Interpreter(new, (3, 14), False),
        Interpreter(old, (3, 13), False),
    )
    assert str(module.interpreters()[0]) == "Python 3.13 without the lock"


def test_a_program_that_fails_is_an_error(a_path):
    fake(a_path, "python3.14", 'case "$*" in *import*) echo 3 14 0;; *) echo burnt >&2; exit 3;; esac')
    with pytest.raises(RuntimeError, match=r"eager.py ended with 3 under .*\nburnt"):
        module.newer("eager")


def test_a_record_is_written_of_what_ran(a_path, monkeypatch):
    monkeypatch.setattr(module, "RECORDS", a_path)
    fake(a_path, "python3.14", 'case "$*" in *import*) echo 3 14 0;; *) echo order 7;; esac')
    module.record("graph")
    assert module.recorded("graph").lines == ("order 7",)
    assert "under Python 3.14, Linux" in module.recorded("graph").origin


def test_nothing_is_recorded_where_nothing_ran(nobody_here):
    with pytest.raises(RuntimeError, match=r"no Python here can run graph.py"):
        module.record("graph")
