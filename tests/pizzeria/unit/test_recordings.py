"""The command that writes again what the posts only quote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pizzeria import recordings
from pizzeria.cli import main
from pizzeria.common.compilers import MissingTool
from pizzeria.coroutines import frames
from pizzeria.weapons import newer_python, programs


def test_every_record_of_the_posts_has_a_command():
    folders = [newer_python.RECORDS, frames.RECORD.parent]
    assert {path.stem for folder in folders for path in folder.glob("*.json")} == recordings.RECORDS.keys()


def test_a_record_is_written_and_says_what_made_it(tmp_path, monkeypatch, capsys):
    here = newer_python.Interpreter(sys.executable, (3, 99), False)
    monkeypatch.setattr(newer_python, "interpreters", lambda: (here,))
    monkeypatch.setattr(newer_python, "RECORDS", tmp_path)
    monkeypatch.setattr(newer_python, "ELSEWHERE", tmp_path)
    (tmp_path / "eager.py").write_text("print('at once')\n")
    assert main(["record", "eager", "eager"]) == 0
    assert json.loads(Path(tmp_path, "eager.json").read_text())["lines"] == ["at once"]
    assert capsys.readouterr().out.count("under Python 3.99") == 1


@pytest.mark.parametrize("error", [MissingTool("no such compiler"), RuntimeError("iocp.exe returned 3")])
def test_what_cannot_be_run_leaves_the_old_record(error, tmp_path, monkeypatch, capsys):
    def fails():
        raise error

    record = tmp_path / "iocp.json"
    record.write_text("old")
    monkeypatch.setattr(programs, "RECORD", record)
    monkeypatch.setattr(programs, "find", lambda *_: sys.executable)
    monkeypatch.setattr(programs, "run_iocp", fails)
    assert main(["record", "iocp"]) == 1
    assert capsys.readouterr().err == f"python -m pizzeria record: iocp: {error}; the old record stays\n"
    assert record.read_text() == "old"
