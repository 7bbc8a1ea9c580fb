"""What `make coverage` makes of coverage's report."""

from __future__ import annotations

import pytest

from support import coverage_rooms


def report(**files: tuple[int, int, int, int]) -> dict:
    keys = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    names = {name: coverage_rooms.PACKAGE + name.replace("__", "/") + ".py" for name in files}
    return {
        "files": {
            names[name]: {"summary": dict(zip(keys, counts, strict=True))} for name, counts in files.items()
        }
    }


def test_rooms_are_summed_by_lines_and_branches():
    found = coverage_rooms.rooms(
        report(
            html__a=(10, 5, 4, 1),
            html__b=(6, 6, 0, 0),
            running__in_kernel__c=(8, 8, 0, 0),
            errors=(3, 0, 1, 0),
        )
    )
    assert found == {"(its own modules)": (4, 0), "html": (20, 12), "running": (8, 8)}
    shown = coverage_rooms.table(found).splitlines()
    assert shown[3] == "| html | 20 | 60.0 % |"
    assert shown[-1] == "| **all** | 32 | 62.5 % |"


@pytest.mark.parametrize(("taken", "tests", "code"), [(92, 0, 0), (91, 0, 1), (100, 1, 1)])
def test_too_little_is_an_error_and_so_is_a_failing_test(taken, tests, code, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(coverage_rooms, "FOLDER", tmp_path)
    monkeypatch.setattr(coverage_rooms, "measure", lambda arguments: tests)
    monkeypatch.setattr(coverage_rooms.subprocess, "run", lambda *_, **__: None)
    (tmp_path / "report.json").write_text(coverage_rooms.json.dumps(report(html__a=(100, taken, 0, 0))))
    assert coverage_rooms.main([]) == code
    assert ("are promised" in capsys.readouterr().err) == (taken < 92)
