"""What the development server is made of: watching, the state that pages are told, faults, and what builds leave warm."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from executable_posts.cli.generator import WARM
from executable_posts.errors import PostError
from executable_posts.running import telling
from executable_posts.serving.board import Board
from executable_posts.serving.builders import NewProcess, entry_of
from executable_posts.serving.faults import excerpt, told_fault
from executable_posts.serving.session import forget_compiled
from executable_posts.serving.watching import Sources


def names(paths):
    return [path.name for path in paths]


@pytest.fixture
def watched(tmp_path):
    (tmp_path / "a.md").write_text("one")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.md").write_text("two")
    (tmp_path / "output").mkdir()
    return tmp_path, Sources([tmp_path], [tmp_path / "output"])


def test_nothing_is_news_until_something_is_saved(watched):
    folder, sources = watched
    assert sources.changed() == []
    (folder / "a.md").write_text("two")
    (folder / "below" / "new.md").write_text("")
    assert names(sources.changed()) == ["a.md", "new.md"]
    assert sources.changed() == []


def test_a_save_of_the_same_size_at_the_same_moment_is_noticed(watched):
    """Editors write a file aside and put it in place; some of them keep its date."""
    folder, sources = watched
    before = (folder / "a.md").stat()
    (folder / "aside.md~").write_text("ten")
    os.utime(folder / "aside.md~", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "aside.md~").replace(folder / "a.md")
    assert names(sources.changed()) == ["a.md"]


def test_a_file_that_was_written_as_it_was_is_no_save(watched):
    folder, sources = watched
    (folder / "a.md").write_text("one")
    os.utime(folder / "a.md", (1, 1))
    assert sources.changed() == []
    (folder / "a.md").write_text("six")
    assert names(sources.changed()) == ["a.md"]


def test_renaming_and_removing_are_saves(watched):
    folder, sources = watched
    (folder / "a.md").rename(folder / "c.md")
    assert names(sources.changed()) == ["a.md", "c.md"]
    (folder / "below" / "b.md").unlink()
    (folder / "below").rmdir()
    assert names(sources.changed()) == ["b.md"]


def test_what_builds_and_editors_write_for_themselves_is_not_watched(watched):
    folder, sources = watched
    for name in (".a.md.swp", "a.md~", "#a.md#", "4913", "output/index.html"):
        (folder / name).write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("")
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("nowhere")
    assert sources.changed() == []


def test_large_files_and_single_ones_are_watched_too(tmp_path, monkeypatch):
    monkeypatch.setattr("executable_posts.serving.watching.SMALL", 2)
    one = tmp_path / "settings.py"
    sources = Sources([one, tmp_path / "not yet"])
    one.write_text("large")
    assert names(sources.changed()) == ["settings.py"]
    (tmp_path / "not yet").mkdir()
    (tmp_path / "not yet" / "a.md").write_text("")
    assert names(sources.changed()) == ["a.md"]


def test_a_state_wakes_whoever_waits_for_another_one():
    board = Board()
    assert board.wait(0, 0) is None
    number, state = board.wait(-1, 0)
    assert (number, state["fault"], state["building"]) == (0, None, "")
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(board.wait(0, 60)))
    waiting.start()
    board.show(building="a.md")
    waiting.join(timeout=60)
    assert heard[0][0] == 1
    assert heard[0][1]["building"] == "a.md"
    assert heard[0][1]["built"] == state["built"]
    closing = threading.Thread(target=lambda: heard.append(board.wait(1, 60)))
    closing.start()
    board.close()
    closing.join(timeout=60)
    assert heard[1] is None
    assert Board().state.built > state["built"], "builds are told apart, and in their order"


def test_a_fault_has_the_lines_around_it(tmp_path):
    (tmp_path / "a.md").write_text("\n".join(f"line {n}" for n in range(1, 10)))
    fault = {"path": "a.md", "line": 2, "found": "wrong", "mend": "do", "detail": "more"}
    told = told_fault(fault, "printed", tmp_path)
    assert told["excerpt"] == [(n, f"line {n}") for n in range(1, 6)]
    assert {key: told[key] for key in fault} == fault
    assert excerpt(tmp_path / "a.md", 10) == excerpt(tmp_path / "gone.md", 1) == []


def test_what_a_generator_printed_is_its_fault_when_it_told_none(tmp_path):
    (tmp_path / "a.md").write_text("one\ntwo")
    told = told_fault(None, "\x1b[31mbusy ...\rerror: a.md:2: no such tag\n  mend: another", tmp_path)
    assert (told["path"], told["line"], told["found"]) == ("a.md", 2, "no such tag")
    assert told["excerpt"] == [(1, "one"), (2, "two")]
    assert told["detail"] == "error: a.md:2: no such tag\n  mend: another"
    assert told_fault(None, "", tmp_path)["found"] == "The site's generator ended with an error."


def test_a_build_tells_only_whoever_listens(tmp_path, monkeypatch):
    monkeypatch.delenv(telling.VARIABLE, raising=False)
    telling.tell("begin", post="a.md")
    monkeypatch.setenv(telling.VARIABLE, str(tmp_path / "events"))
    telling.tell("begin", post="a.md")
    assert not (tmp_path / "events").exists(), "whoever listened has gone"
    (tmp_path / "events").touch()
    error = PostError("a.md", 3, "wrong", "run `executable-posts sync`", "detail")
    telling.tell_fault(error, {"sync": "make notebooks"})
    assert json.loads((tmp_path / "events").read_text()) == {
        "event": "fault",
        "path": "a.md",
        "line": 3,
        "found": "wrong",
        "detail": "detail",
        "mend": "run `make notebooks`",
    }


def test_what_is_compiled_of_a_saved_module_is_forgotten(tmp_path):
    module = tmp_path / "helper.py"
    compiled = Path(importlib.util.cache_from_source(str(module)))
    compiled.parent.mkdir()
    compiled.touch()
    forget_compiled([tmp_path / "a.md", tmp_path / "other.py"])
    assert compiled.exists()
    forget_compiled([module])
    assert not compiled.exists()


def test_only_a_program_of_this_environment_is_kept_warm(tmp_path):
    beside = Path(sys.executable).parent
    assert entry_of(str(beside / "pelican")) == "pelican.__main__:main"
    assert entry_of(str(beside / "no-such-program")) == entry_of(str(tmp_path / "pelican")) == ""


def test_a_program_that_is_missing_is_told():
    with pytest.raises(PostError, match="no such program"):
        NewProcess().run(["/no/such/program"], None, {}, lambda text: None)


def test_what_is_loaded_before_a_fork_is_there_starts_no_thread_and_is_none_of_the_site_s(tmp_path):
    """A fork has one thread only, and yesterday's modules of a site would be in every build."""
    (tmp_path / "helper.py").write_text("raise SystemExit('of the site')\n")
    load = f"""
import importlib, sys, threading
for name in {WARM}:
    module, _, function = name.partition(":")
    loaded = importlib.import_module(module)
    if function:
        getattr(loaded, function)()
print(threading.active_count(), "jupytext" in sys.modules, sorted({{m.partition(".")[0] for m in sys.modules}} & {{"pizzeria", "manual", "helper", "whole_site"}}))
"""
    done = subprocess.run([sys.executable, "-c", load], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1 True []\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["helper.py"], "nothing is written"
