"""The command line: help, exit codes, generators, and the commands that mends name."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from executable_posts.cli import COMMANDS, main
from executable_posts.config import load
from executable_posts.errors import PostError, in_words_of
from support.blog import ENGINE, ROOT, files


@pytest.mark.parametrize("name", ["", *(module.__name__.rpartition(".")[2] for module in COMMANDS)])
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*filter(None, [name]), "--help"])
    said = capsys.readouterr().out
    assert "usage: executable-posts" in said
    assert len(said) > 300
    assert name or all(f"  {word} " in said for word in ("new", "check", "run", "sync", "adopt"))


def test_the_version_is_the_distributions(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert re.match(r"executable-posts \d+\.\d+\.\d+, Python 3", capsys.readouterr().out)


@pytest.mark.parametrize("args", [[], ["nonsense"], ["new"], ["new", "The knee"], ["serve", "--port", "x"]])
def test_a_command_line_that_is_not_understood_ends_with_2(args, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(args)
    assert "error:" in capsys.readouterr().err


COMMANDS_HERE = {
    "sync": "make notebooks",
    "sync --prefer post": "make notebooks PREFER=post",
    "test": "make test",
    "test {}": 'make test ARGS="{}"',
    "new post {}": "make post NAME={}",
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run `executable-posts sync` now", "run `make notebooks` now"),
        ("`executable-posts sync --prefer post`", "`make notebooks PREFER=post`"),
        ("`executable-posts sync --check`", "`make notebooks --check`"),
        ("`pytest` runs it", "`make test` runs it"),
        ("`pytest a.md -k b`", '`make test ARGS="a.md -k b"`'),
        ('`executable-posts new post "The knee"`', '`make post NAME="The knee"`'),
        ("`executable-posts serve`", "`executable-posts serve`"),
        ("executable-posts sync", "executable-posts sync"),
        ("`executable-posts`", "`executable-posts`"),
    ],
)
def test_a_site_says_its_own_commands(text, said):
    assert in_words_of(COMMANDS_HERE, text) == said
    assert in_words_of({}, text) == text
    assert PostError("a.md", 1, "x", text).told(COMMANDS_HERE) == f"a.md:1: x\n  mend: {said}"


def test_no_mend_names_a_command_of_this_repository_only():
    for path in ENGINE.rglob("*.py"):
        assert not re.search(
            r"`make |\bmake (html|test|serve|post|notebooks|devserver)\b", path.read_text()
        ), path


def test_this_site_says_make_and_every_target_is_there():
    config = load(ROOT)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert config.said("`executable-posts sync`") == "`make notebooks`"
    assert {command.split()[1] for command in config.commands.values()} <= targets


def test_commands_that_are_no_table_are_refused(empty):
    (empty / "pyproject.toml").write_text("[tool.executable_posts]\ncommands = 1\n")
    with pytest.raises(PostError, match="a table of strings"):
        load(empty)


def test_a_missing_package_is_told_as_such(empty):
    code = (
        "import sys; sys.modules['jupytext'] = None; from executable_posts.cli import main;"
        "sys.exit(main(['new', 'blog']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "error: the package jupytext: is not installed in this environment\n  mend: run: pip install 'jupytext'\n"
    )
    assert files(empty) == set()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("", "no command that makes the site"),
        ('generator = "pelican content"', "does not say where to write"),
        ('generator = "pelican \'x {output}"', "generator: No closing quotation"),
        ('generator = "no-such-program {output}"', "cannot be run"),
    ],
)
def test_a_generator_that_cannot_be_used_is_one_error(empty, setting, words, capfd):
    (empty / "pyproject.toml").write_text(f"[tool.executable_posts]\n{setting}\n")
    assert main(["publish"]) == 1
    assert words in capfd.readouterr().err
    assert not (empty / "output").exists()


def test_the_generator_runs_in_the_sites_root_from_anywhere(empty, monkeypatch):
    assert main(["new", "folder", "."]) == 0
    script = "import pathlib, sys; pathlib.Path(sys.argv[1], 'here').write_text(str(pathlib.Path.cwd()))"
    (empty / "make.py").write_text(script)
    monkeypatch.chdir(empty / "posts")
    assert main(["publish"]) == 0
    assert (empty / "output" / "here").read_text() == str(empty)
    monkeypatch.chdir(empty / "posts")
    assert main(["publish", "--output", "../other"]) == 0
    assert (empty / "other" / "here").exists()
