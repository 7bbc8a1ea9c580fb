"""Blocks that are programs, run in this process: what is shown, which line is to blame, and what is left behind."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from executable_posts.languages import BlockFailed, Cell, ToolAbsent, known, process
from executable_posts.languages.compiler import find_compiler


def run(name, source, args="", line=10):
    known(name).run(Cell(source=source, args=args, label="p.md", line=line))


def failed(name, source, **more):
    with pytest.raises(BlockFailed) as caught:
        run(name, source, **more)
    return str(caught.value), caught.value.line


def absent(name):
    with pytest.raises(ToolAbsent) as caught:
        known(name).tool()
    assert caught.value.mend
    return caught.value.found


def test_bash_prints_and_has_its_arguments(capsys):
    run("bash", 'echo "$0 $1 $2"; echo no >&2', args="a b")
    assert capsys.readouterr() == ("p.md a b\n", "no\n")
    run("bash", "echo first", line=1)
    assert capsys.readouterr().out == "first\n"


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("true\nfalse\ntrue", 11, "returned 1"),
        ("f() {\n  false\n}\nf", 11, "returned 1"),
        ("echo $nothing", 10, "returned"),
        ("true | false | true", 10, "returned 1"),
        ("exit 3", 10, "returned 3"),
        ("kill -TERM $$", 10, "was ended by SIGTERM"),
    ],
)
def test_bash_stops_at_its_first_failing_command(source, line, words):
    message, at = failed("bash", source)
    assert words in message
    assert at == line


def test_javascript_prints_and_has_its_arguments(capsys):
    run("javascript", "console.log(process.argv.slice(2).join('+')); console.error(await 7)", args="a b")
    assert capsys.readouterr() == ("a+b\n", "7\n")


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("1;\nthrow new Error('burnt')", 11, "returned 1"),
        ("function f() {\n  nothing()\n}\nf()", 11, "returned 1"),
        ("let = = 1", 10, "returned 1"),
        ("throw 'words'", 10, "returned 1"),
        ("await new Promise(() => {})", 10, "still waiting"),
        ("process.kill(process.pid, 'SIGKILL'); while (true);", 10, "was ended by SIGKILL"),
    ],
)
def test_javascript_names_the_line_that_threw(source, line, words, capsys):
    message, at = failed("javascript", source)
    assert words in message
    assert at == line
    said = capsys.readouterr().err
    assert "at node:internal" not in said
    assert "Node.js v" not in said
    assert "file://" not in said


def test_a_tool_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("NODE", "nowhere-node")
    monkeypatch.setenv("CXX", "nowhere-c++ -O2")
    assert absent("bash") == "no bash was found"
    assert absent("javascript") == "the Node that NODE names was not found: nowhere-node"
    assert absent("c++") == "the C++ compiler that CXX names was not found: nowhere-c++"
    monkeypatch.delenv("NODE")
    monkeypatch.delenv("CXX")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert absent("javascript") == "no Node was found to run JavaScript"
    assert absent("c++") == "no C++ compiler was found"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert find_compiler() == ("/nowhere/python", "-m", "ziglang", "c++")


def test_tools_that_are_chosen_are_taken(monkeypatch):
    monkeypatch.setenv("NODE", "sh")
    monkeypatch.setenv("CXX", "sh -c")
    assert known("javascript").tool() == ("sh",)
    assert known("c++").tool() == ("sh", "-c")


def test_cpp_is_compiled_once_and_says_where_it_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("executable_posts.languages.cpp.programs_folder", lambda: tmp_path / "programs")
    (tmp_path / "own.hpp").write_text("#define WORD 6\n")
    source = (
        '#include <cstdio>\n#include "own.hpp"\nint main() { int unused; std::printf("%d\\n", WORD * 7); }'
    )
    args = f"-I{tmp_path} -Wall"
    for _ in range(2):
        run("c++", source, args)
        out, err = capsys.readouterr()
        assert out == "42\n"
        assert "p.md:12" in err, "its warnings are told each time"
    assert len(list((tmp_path / "programs").glob("*/program"))) == 1
    (tmp_path / "own.hpp").write_text("#define WORD 5\n")
    run("c++", source, args)
    assert capsys.readouterr().out == "35\n", "a header of one's own has changed"
    run("c++", source, args, line=20)
    assert "p.md:22" in capsys.readouterr().err, "its warnings name the lines where it stands now"
    message, line = failed("c++", "int main() {\n  return nothing;\n}")
    assert "does not compile" in message
    assert line == 11
    assert failed("c++", "int main() { return 3; }") == ("the C++ program returned 3", 10)


def test_a_program_that_prints_without_end_is_stopped_with_all_it_started(monkeypatch, capsys):
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 50_000)
    with pytest.raises(BlockFailed, match="more than 50,000 bytes"):
        process.run_program(["bash", "-c", "(yes) & yes"])
    assert capsys.readouterr().out.startswith("y\ny\n")


def test_what_a_program_leaves_in_the_background_is_not_waited_for(capsys):
    program = "import subprocess as s; print(s.Popen(['sleep', '300']).pid)"
    ended = process.run_program([sys.executable, "-c", program])
    pid = int(capsys.readouterr().out)
    try:
        assert ended.code == 0
        os.kill(pid, 0)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_program_reads_its_text_and_half_characters_are_made_whole(capsys):
    assert process.run_program(["cat"], text="käse\n").code == 0
    program = "import os, time; [os.write(1, bytes([b])) for b in 'ä€\\n'.encode() + b'\\xff']"
    process.run_program([sys.executable, "-c", program])
    assert capsys.readouterr().out == "käse\nä€\n\ufffd"


def test_lines_of_errors_are_mended_the_last_one_too(capsys):
    def mend(line):
        return None if line == "drop\n" else line.upper()

    ended = process.run_program(["bash", "-c", "printf 'a\\ndrop\\nb' >&2"], mend_line=mend)
    assert capsys.readouterr().err == ended.errors == "A\nB\n"


def test_an_interrupted_program_is_ended(monkeypatch):
    started = []

    def interrupt(pipes, running):
        started.append(running)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_pass_on", interrupt)
    with pytest.raises(KeyboardInterrupt):
        process.run_program(["sleep", "300"])
    assert started[0].poll() == -signal.SIGKILL
