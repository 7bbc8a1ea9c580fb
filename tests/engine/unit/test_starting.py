"""What `new` starts: posts of any title, blogs, folders of posts, files for other tools."""

from __future__ import annotations

import json
import os
import re

import pytest

from executable_posts.cli import main
from executable_posts.cli.starting import slug_of
from executable_posts.config import Config
from executable_posts.reading import post as posts
from executable_posts.site.faults import check_post
from support.blog import files


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
