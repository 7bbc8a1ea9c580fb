"""The record of a native program is made of what it prints, and compared with the one that the post shows."""

from __future__ import annotations

import json
import shutil

import pytest

from support import native_record


def compiler() -> str:
    return shutil.which("g++") or shutil.which("clang++") or pytest.skip("no C++ compiler on the path")


def test_a_record_says_what_the_program_printed_and_where(tmp_path, monkeypatch):
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "two.cpp").write_text(
        '#include <cstdio>\nint main() { std::puts("a"); std::puts("b"); }\n'
    )
    (tmp_path / "records").mkdir()
    monkeypatch.setattr(native_record, "WEAPONS", tmp_path)
    out = tmp_path / "two.json"
    call = ["two", "--compiler", compiler(), "--out", str(out)]
    assert native_record.main(call) == 0
    found = json.loads(out.read_text())
    assert found["lines"] == ["a", "b"]
    assert found["program"] == "native/two.cpp"
    assert all(found[key] for key in ("date", "under", "compiler"))
    (tmp_path / "records" / "two.json").write_text(json.dumps({"lines": ["a", "c", "d"]}))
    assert native_record.main(call) == 1
    assert native_record.differences("two", ["a", "b"]) == [
        "line 2: recorded 'c', here 'b'",
        "line 3: recorded 'd', here ''",
    ]


@pytest.mark.parametrize("source", ["int main() { return 3; }", "int main() { return x; }"])
def test_a_program_that_fails_is_no_record(tmp_path, monkeypatch, capsys, source):
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "bad.cpp").write_text(source)
    monkeypatch.setattr(native_record, "WEAPONS", tmp_path)
    assert native_record.main(["bad", "--compiler", compiler(), "--out", str(tmp_path / "bad.json")]) == 1
    assert "returned" in capsys.readouterr().err
    assert not (tmp_path / "bad.json").exists()


def test_the_programs_of_the_workflow_are_there():
    native = (native_record.WEAPONS.parents[2] / ".github/workflows/native.yml").read_text(encoding="utf-8")
    for program in ("kqueue", "iocp"):
        assert f"program: {program}" in native
        assert (native_record.WEAPONS / "native" / f"{program}.cpp").is_file()
