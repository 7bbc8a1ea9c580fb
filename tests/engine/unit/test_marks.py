"""The same step of several programs stands side by side; a C++ program is kept under its name."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from executable_posts.authors import program, side_by_side
from executable_posts.languages import BlockFailed, Cell, cpp


def first(order):
    answer = order  # (1) ask
    if answer:
        answer += "!"  # (2) tell
    return answer


def test_steps_side_by_side_are_taken_from_the_source(tmp_path):
    other = tmp_path / "other.cpp"
    other.write_text(
        "int main() {\n    ask();    // (1) ask\n    ask();  // (1) ask\n      say();  // (2) tell\n}\n"
    )
    steps = side_by_side({"one": first, "other": other})
    assert steps.rows == {
        "ask": [("one", "python", "answer = order"), ("other", "c++", "ask();\nask();")],
        "tell": [("one", "python", 'answer += "!"'), ("other", "c++", "say();")],
    }
    page = steps._repr_mimebundle_()["text/html"]
    assert page.count('<div class="side">') == 4
    assert page.count('<div class="step">') == 2


def test_a_step_that_one_program_lacks_is_refused(tmp_path):
    other = tmp_path / "other.cpp"
    other.write_text("ask();  // (1) ask\n")
    with pytest.raises(ValueError, match="no line of other is marked as the step tell"):
        side_by_side({"one": first, "other": other})


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(cpp.config, "load", lambda: SimpleNamespace(cache_dir=tmp_path))
    return tmp_path


def test_a_named_program_is_kept_and_not_run(site, monkeypatch, capfd):
    monkeypatch.setenv("HERE", str(site))
    (site / "answer.h").write_text('#define ANSWER "42"\n')
    source = "#include <cstdio>\n#include <answer.h>\nint main() { std::puts(ANSWER); }\n"
    cpp.run(Cell(source=source, args="-std=c++14 -isystem $HERE -o answer"))
    assert capfd.readouterr().out == ""
    path = program("answer")
    assert subprocess.run([path], capture_output=True, text=True).stdout == "42\n"
    assert path.with_suffix(".cpp").read_text() == source


def test_wrong_names_and_flags_are_refused(site, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    for args, says in (
        ("-o", "-o : the name"),
        ("-o ../x", "name of a program"),
        ("-I$NOT_SET", "names \\$NOT_SET"),
    ):
        with pytest.raises(BlockFailed, match=says):
            cpp.run(Cell(source="int main() {}", args=args))
    with pytest.raises(FileNotFoundError, match="give it the flag -o lunch"):
        program("lunch")
