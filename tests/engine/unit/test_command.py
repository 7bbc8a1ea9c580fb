"""The command line: help, exit codes, what `new` starts, and the commands that mends name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from executable_posts.cli import COMMANDS, main, parser
from executable_posts.cli.starting import slug_of
from executable_posts.config import Config, load
from executable_posts.errors import PostError, in_words_of
from executable_posts.reading import post as posts
from executable_posts.site.faults import check_post
from support.blog import ROOT

ENGINE = ROOT / "code" / "executable-posts" / "executable_posts"


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


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


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("The knee: where it bends", "the-knee-where-it-bends"),
        ("漢字", "漢字"),
        ("हिन्दी में", "हिन्दी-में"),
        ("Größe & Maß", "größe-maß"),
        ("  C++ / ２０２４_x ", "c-2024-x"),
        ("שלום עולם", "שלום-עולם"),
        ("e\u0301tude", "étude"),
        ("../../etc", "etc"),
        ("🍕!", ""),
    ],
)
def test_slugs_are_made_of_any_script(title, slug):
    assert slug_of(title) == slug


@pytest.mark.parametrize("title", ["word " * 200, "x" * 500, "漢" * 300, "हि" * 300])
def test_a_long_title_gives_a_name_that_systems_take(title):
    assert 0 < len(slug_of(title).encode()) < 200


@pytest.mark.parametrize(
    "title",
    ["漢字", "हिन्दी: में", 'He said "no": #1 \\ {x} %', "- x", "a\tb\nc\u2028d", "Ω ` `` 'q'", "x" * 300],
)
def test_a_new_post_of_any_title_is_in_order(empty, title, capsys):
    (empty / "pyproject.toml").write_text("[tool.executable_posts]\n")
    assert main(["new", "post", title]) == 0
    (path,) = (empty / "content").glob("*.md")
    assert posts.read(path).header["title"] == " ".join(title.split())
    assert check_post(path, Config(root=empty)).faults == []
    before = path.read_bytes()
    assert main(["new", "post", title]) == 1
    assert "exists already; nothing was written" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("title", ["!!!", "", "🍕", "\udcff"])
def test_a_title_that_gives_no_name_is_refused(empty, title, capsys):
    assert main(["new", "post", title]) == 1
    assert files(empty) == set()
    assert "mend: give" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "posts_folder"), [("blog", "content"), ("folder", "posts")])
def test_a_new_site_has_all_it_needs_and_no_fault(empty, kind, posts_folder, monkeypatch, capsys):
    assert main(["new", kind, "My 'quoted\" site", "--github", "--pre-commit", "--vscode"]) == 0
    folder = empty / "My 'quoted\" site"
    made = files(folder)
    assert {".gitignore", "pyproject.toml", "requirements.txt", ".vscode/tasks.json"} < made
    assert {f"{posts_folder}/how-long-is-the-queue.md", "notebooks/how-long-is-the-queue.ipynb"} < made
    for name in made:
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.search(r"@[A-Z]+@", text), name
        if name.endswith(".py"):
            compile(text, name, "exec")
    monkeypatch.chdir(folder)
    assert main(["check"]) == 0
    assert main(["sync", "--check"]) == 0


def test_a_new_site_touches_nothing_that_is_there(empty, capsys):
    (empty / "blog" / "content").mkdir(parents=True)
    (empty / "blog" / "requirements.txt").write_text("mine")
    assert main(["new", "blog"]) == 1
    assert "blog/requirements.txt" in capsys.readouterr().err.replace(str(empty), "")
    assert files(empty) == {"blog/requirements.txt"}
    (empty / "blog" / "requirements.txt").unlink()
    assert main(["new", "blog"]) == 0, "an empty folder is fine"
    before = files(empty)
    assert main(["new", "folder", "blog/inside"]) == 1
    assert "holds a site already" in capsys.readouterr().err
    assert files(empty) == before
    (empty / "file").write_text("")
    assert main(["new", "blog", "file"]) == 1
    assert "is a file" in capsys.readouterr().err


def test_what_cannot_be_written_leaves_nothing_behind(empty, monkeypatch, capsys):
    from executable_posts.cli import starting

    link, count = os.link, []

    def fail_later(source, target):
        count.append(target)
        if len(count) == 4:
            raise OSError(28, "No space left on device", str(target))
        link(source, target)

    monkeypatch.setattr(starting.os, "link", fail_later)
    assert main(["new", "blog"]) == 1
    assert "No space left on device; nothing was" in capsys.readouterr().err
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("name", ["github", "pre-commit", "vscode"])
def test_files_for_other_tools_come_later_too(empty, name, monkeypatch, capsys):
    assert main(["new", "blog"]) == 0
    monkeypatch.chdir(empty / "blog")
    before = files(empty)
    assert main(["new", name]) == 0
    assert len(files(empty) - before) == 1
    assert main(["new", name]) == 1
    assert "exists already" in capsys.readouterr().err


def test_the_tasks_find_real_faults_at_their_lines(empty, capsys):
    """VS Code's matcher is a JavaScript regular expression; this one means the same in Python."""
    assert main(["new", "blog", ".", "--vscode"]) == 0
    tasks = json.loads((empty / ".vscode" / "tasks.json").read_text())["tasks"]
    patterns = {task["problemMatcher"]["pattern"][0]["regexp"] for task in tasks}
    path = empty / "content" / "two words.md"
    path.write_text("---\ntitle: x\ndate: 2026-01-01\n---\n\n```pythn\n1\n```\n\n```python\n1 / 0\n```\n")
    capsys.readouterr()
    assert main(["check"]) == 1
    checked = capsys.readouterr().err
    path.write_text(path.read_text().replace("pythn", "python"))
    assert main(["run", "--github", "content/two words.md"]) == 1
    told, ran = capsys.readouterr()
    assert told.startswith(
        "::error file=content/two words.md,line=11,title=executable-posts::ZeroDivisionError"
    )
    for pattern in patterns:
        for said, line, words in ((checked, 6, "unknown fence language"), (ran, 11, "ZeroDivisionError")):
            (match,) = re.findall(pattern, said, re.MULTILINE)
            assert match[:2] == ("content/two words.md", str(line))
            assert words in match[2]
    background = next(task["problemMatcher"]["background"] for task in tasks if task.get("isBackground"))
    assert re.search(background["beginsPattern"], "http://127.0.0.1:8000/ serves output/; Ctrl-C stops")
    for said in (
        "built in 742 ms at 12:00:01 (content/a.md): 1 block ran, 11 carried; watching",
        "NOT built in 2300 ms at 12:00:01 (everything); the site still shows the last good build",
    ):
        assert re.search(background["endsPattern"], said)


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


WORKFLOWS = [
    *ROOT.glob(".github/workflows/*.yml"),
    *ENGINE.glob("cli/templates/github/.github/workflows/*.yml"),
]


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda p: p.name)
def test_workflows_are_valid_and_pin_what_they_use(path):
    schema = "vendor.github-actions" if path.name == "action.yml" else "vendor.github-workflows"
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for line in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", line), line


def test_every_workflow_is_looked_at():
    assert len(WORKFLOWS) == 5


@pytest.mark.parametrize(
    "path",
    [*WORKFLOWS, ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml", *ENGINE.glob("cli/templates/*/.*")],
)
def test_what_they_run_is_a_command(path):
    texts = [
        p.read_text(encoding="utf-8") for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()
    ]
    for line in re.findall(
        r"^.*(?:run|entry|command\"?): \"?(executable-posts [^\n\"]*)", "\n".join(texts), re.MULTILINE
    ):
        for part in line.split("&&"):
            words = part.split()
            if words[0] == "executable-posts":
                assert parser().parse_args(words[1:]).main


def test_the_hooks_are_those_of_pre_commit():
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert re.compile(hook["files"]).search("content/a.md")
        for place in hook["additional_dependencies"]:
            assert (ROOT / place / "pyproject.toml").is_file()


@pytest.mark.parametrize(("tag", "notes"), [("v1.2.0", "- Two.\n"), ("v1.20", None), ("v1.1.0", None)])
def test_a_release_needs_words_in_the_changelog(empty, tag, notes):
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    (step,) = [s for s in release["jobs"]["build"]["steps"] if s.get("name", "").startswith("The changelog")]
    (empty / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n- x\n\n## 1.2.0 (today)\n- Two.\n## 1.1.0\n\n## 1.0\n- One\n"
    )
    done = subprocess.run(["bash", "-ec", step["run"]], env={**os.environ, "TAG": tag}, cwd=empty)
    assert (done.returncode == 0) == bool(notes)
    if notes:
        assert (empty / "notes.md").read_text() == notes
