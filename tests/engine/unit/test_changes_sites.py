"""Two published sites: which post is which, and what the commands say and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from executable_posts.changes.record import Record, Value, written
from executable_posts.changes.sites import compare_sites
from executable_posts.cli import main
from support.records import after, before, block, said


def record(post: str, *texts: str) -> Record:
    blocks = tuple(block(f"b{n}", 5 * n + 5, said(text)) for n, text in enumerate(texts))
    return Record(post=post, blocks=blocks, values=())


def site(folder: Path, **pages: Record) -> Path:
    """Write a site's records; a page's name is its address, with two underscores for a slash."""
    for name, one in pages.items():
        path = folder / name.replace("__", "/") / f"{name.rpartition('__')[2]}_outputs.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(one), encoding="utf-8")
    return folder


def kinds(old: Path, new: Path) -> list[tuple[str, str, str, str, str]]:
    return [(c.file, c.what, c.kind, c.old, c.new) for c in compare_sites(old, new).changes]


def test_a_site_does_not_differ_from_itself(tmp_path):
    one = site(tmp_path, a=before(), b=record("content/b.md", "1"))
    assert compare_sites(one, one).changes == []


def test_posts_come_go_move_and_have_other_names(tmp_path):
    old = site(
        tmp_path / "old",
        a=record("content/a.md", "1"),
        b=record("content/b.md", "1"),
        c=record("content/c.md", "1"),
        d=record("content/d.md", "1", "2"),
    )
    new = site(
        tmp_path / "new",
        a=record("content/a.md", "2"),
        p__b=record("content/b.md", "1"),
        c=record("content/better.md", "1"),
        e=record("content/e.md", "1"),
    )
    assert kinds(old, new) == [
        ("content/a.md", "output", "changed", "1", "2"),
        ("content/b.md", "post", "moved", "b/", "p/b/"),
        ("content/better.md", "post", "renamed", "content/c.md", "content/better.md"),
        ("content/e.md", "post", "new", "", "1 block, 0 values"),
        ("content/d.md", "post", "removed", "2 blocks, 0 values", ""),
    ]


def test_a_post_that_is_published_twice_is_compared_at_each_address(tmp_path):
    old = site(tmp_path / "old", a=record("content/a.md", "1"), de__a=record("content/a.md", "eins"))
    new = site(tmp_path / "new", a=record("content/a.md", "1"), de__a=record("content/a.md", "zwei"))
    assert kinds(old, new) == [("content/a.md", "output", "changed", "eins", "zwei")]


# diff


@pytest.fixture
def two(tmp_path) -> tuple[str, str]:
    return str(site(tmp_path / "old", a=before())), str(site(tmp_path / "new", a=after()))


def test_diff_ends_as_diff_does(two, capsys):
    assert main(["diff", two[0], two[0]]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["diff", *two]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("content/orders.md:15 served: 36 orders → 40 orders (+11 %)\n")
    assert err == ""
    assert "\x1b" not in out, "no colours but on a terminal"


def test_diff_speaks_json_and_markdown(two, capsys):
    assert main(["diff", "--json", *two]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found[0]["numbers"][0]["relative"] == pytest.approx(1 / 9)
    assert main(["diff", "--markdown", *two]) == 1
    assert capsys.readouterr().out.count("\n| `content/orders.md:") == len(found)
    assert main(["diff", "--json", two[0], two[0]]) == 0
    assert json.loads(capsys.readouterr().out) == []
    with pytest.raises(SystemExit, match="2"):
        main(["diff", "--json", "--markdown", *two])


def test_diff_says_what_it_cannot_do_and_ends_with_2(two, tmp_path, capsys):
    for args, words in (
        ((two[0], str(tmp_path / "none")), "is no folder"),
        ((str(tmp_path / "empty"), two[1]), "holds no record of outputs"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        assert main(["diff", *args]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert words in err
        assert "mend: " in err
    site(tmp_path / "old", b=record("content/b.md", "1"))
    broken = site(tmp_path / "new", b=record("content/b.md", "1")) / "b" / "b_outputs.json"
    broken.write_text(broken.read_text()[:60])
    assert main(["diff", *two]) == 2
    out, err = capsys.readouterr()
    assert "served: 36 orders" in out, "what can be compared is"
    assert "b_outputs.json: is a damaged record" in err


def test_diff_into_a_pipe_that_closes_is_quiet(tmp_path):
    many = [record("content/a.md", *[f"{n} {word}" for n in range(3_000)]) for word in ("a", "b")]
    old, new = (site(tmp_path / name, a=one) for name, one in zip("ab", many, strict=True))
    call = [sys.executable, "-m", "executable_posts", "diff", str(old), str(new)]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


def test_colours_are_for_terminals_only(two):
    pty = pytest.importorskip("pty")
    for more, wanted in (
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ):
        parent, child = pty.openpty()
        call = [sys.executable, "-m", "executable_posts", "diff", *two]
        env = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        done = subprocess.run(call, stdout=child, env={**env, **more}, timeout=60)
        os.close(child)
        shown = os.read(parent, 100_000)
        os.close(parent)
        assert done.returncode == 1
        assert (b"\x1b[31m" in shown) == wanted


# publish


GENERATOR = "import shutil, sys; shutil.copytree({!r}, sys.argv[1], dirs_exist_ok=True)"


@pytest.fixture
def publish(tmp_path, monkeypatch, capfd):
    """Publish a site that is made of ready records; return what was said."""
    monkeypatch.chdir(tmp_path)

    def run(one: Path, *options: str) -> str:
        code = main(["publish", *options, "--", sys.executable, "-c", GENERATOR.format(str(one)), "{output}"])
        assert code == 0
        out, err = capfd.readouterr()
        assert out == ""
        return err

    return run


def test_publish_tells_what_changed_once_and_nothing_where_nothing_did(publish, two, tmp_path):
    assert publish(tmp_path / "old").splitlines()[1:] == [], "the first time there is nothing to compare with"
    assert publish(tmp_path / "old").splitlines()[1:] == []
    done, head, *lines = publish(tmp_path / "new").splitlines()
    assert done.startswith("Done: the site is in output/")
    assert head == "What changed, compared with the last output/: 14 changes in 1 post"
    assert lines[0] == "  content/orders.md:15 served: 36 orders → 40 orders (+11 %)"
    assert publish(tmp_path / "new").splitlines()[1:] == []


@pytest.mark.parametrize(
    ("name", "begins"), [("c.md", "**What changed:** 14"), ("c.json", '[\n {\n  "what"')]
)
def test_publish_writes_the_list_to_a_file(publish, two, tmp_path, name, begins):
    assert publish(tmp_path / "old", "--changes", name)
    assert "What changed" not in (tmp_path / name).read_text("utf-8"), "written also when there is nothing"
    publish(tmp_path / "new", "--changes", name)
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_a_file_that_cannot_be_written_is_an_error_before_the_build(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["--", sys.executable, "-c", "raise SystemExit('ran')", "{output}"]
    assert main(["publish", "--changes", "nowhere/c.md", *command]) == 1
    assert "nowhere/c.md: cannot be written" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_many_changes_are_bounded(publish, tmp_path):
    many = [record("content/a.md", *[f"{n} {word}" for n in range(100)]) for word in ("a", "b")]
    old, new = (site(tmp_path / name, a=one) for name, one in zip("ab", many, strict=True))
    publish(old)
    lines = publish(new).splitlines()
    assert len(lines) == 34
    assert lines[-2:] == ["  and 70 more changes", "  --changes FILE writes all of them"]


def test_a_damaged_record_is_a_warning_and_the_site_is_published(publish, two, tmp_path):
    publish(tmp_path / "old")
    (tmp_path / "output" / "a" / "a_outputs.json").write_text('{"format": "executable-posts out')
    said_then = publish(tmp_path / "new")
    assert said_then.count("warning: ") == 1
    assert "a_outputs.json: is a damaged record of outputs" in said_then
    assert "What changed" not in said_then
    assert (tmp_path / "output" / "a" / "a_outputs.json").read_text("utf-8") == written(after())
    assert "warning" not in publish(tmp_path / "new")


def test_a_comparison_that_fails_does_not_fail_the_build(publish, two, tmp_path, monkeypatch):
    from executable_posts.changes import sites

    def broken(old: Path, new: Path) -> None:
        raise MemoryError("too much")

    publish(tmp_path / "old")
    monkeypatch.setattr(sites, "compare_sites", broken)
    said_then = publish(tmp_path / "new")
    assert "warning: what changed cannot be told: MemoryError: too much" in said_then
    assert (tmp_path / "output" / "a" / "a_outputs.json").read_text("utf-8") == written(after())


def test_a_site_of_before_there_were_records_is_no_reason_for_a_list(publish, two, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "index.html").write_text("x")
    publish(plain)
    assert len(publish(tmp_path / "new").splitlines()) == 1
    values = Record(
        post="content/v.md", blocks=(), values=(Value(expression="x", line=3, after=-1, text="1"),)
    )
    more = site(tmp_path / "more", a=after(), v=values)
    assert publish(more).splitlines()[2:] == ["  content/v.md: new post: 0 blocks, 1 value"]
