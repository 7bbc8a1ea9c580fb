"""A site that is up to date is not generated again, and any other one is: whatever changed, wherever it is."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path

import pytest

POST = """Two and {eval}`1 + 1`.

![A picture]({static}../images/x.svg)

```python name="sum"
from pathlib import Path
print(3, Path("data/a.txt").read_text())
```
"""
UP_TO_DATE = "Nothing has changed since"


@pytest.fixture
def built(blog, tmp_path_factory):
    """A blog that was published, whose settings read a file of another folder, and a template does too."""
    blog.aside = tmp_path_factory.mktemp("aside")
    (blog.root / "data").mkdir()
    (blog.root / "data" / "a.txt").write_text("one")
    (blog.aside / "name.txt").write_text("The name")
    (blog.root / ".hidden").write_text("hidden")
    settings = blog.root / "pelican.conf.py"
    with contextlib.closing(sqlite3.connect(blog.aside / "words.db")) as words:
        words.executescript("CREATE TABLE words (word); INSERT INTO words VALUES ('one')")
    (blog.aside / "plus.txt").write_text("plus")
    more = f"import sqlite3\nwords = sqlite3.connect({str(blog.aside / 'words.db')!r})\n"
    more += "SITESUBTITLE = words.execute('SELECT word FROM words').fetchone()[0]\nwords.close()\n"
    more += f"AUTHOR = open({str(blog.aside / 'plus.txt')!r}, 'r+').read()\n"
    more += f"SITENAME = open({str(blog.aside / 'name.txt')!r}).read() + open('.hidden').read()\n"
    settings.write_text(settings.read_text() + more)
    blog.write(POST)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    return blog


def number(blog) -> int:
    """Tell the page of this build from that of any other."""
    return (blog.root / "output" / "a-post" / "index.html").stat().st_ino


def is_built_again(blog, **env) -> bool:
    before = number(blog)
    done = blog.html(**env)
    assert done.returncode == 0, done.stderr
    assert (UP_TO_DATE in done.stderr) == (number(blog) == before)
    return UP_TO_DATE not in done.stderr


def test_nothing_is_generated_when_nothing_changed(built):
    page = number(built)
    for _ in range(2):
        done = built.html()
        assert UP_TO_DATE in done.stderr
        assert "output/ is up to date; `executable-posts serve` shows it" in done.stderr
    assert number(built) == page
    assert is_built_again(built, CACHE="off")
    assert not is_built_again(built)  # what it makes is as good


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def same_size_and_time(path: Path) -> None:
    """Put another file of the same size and time in the place of one."""
    told = path.stat()
    other = path.with_name("other")
    other.write_text(path.read_text().replace("one", "two"))
    os.utime(other, ns=(told.st_atime_ns, told.st_mtime_ns))
    os.replace(other, path)


def another_word(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as words, words:
        words.execute("UPDATE words SET word = 'two'")


CHANGES = {
    "a word": lambda b: edit(b.root / "content/post.md", "Two", "Both"),
    "a date": lambda b: os.utime(b.root / "content/post.md", (1, 1)),
    "a new post": lambda b: b.write(
        "More.\n\n```python\n1\n```\n", "more.md", "---\ntitle: M\ndate: 2026-01-03\n---\n\n"
    ),
    "a new picture": lambda b: (b.root / "images" / "y.svg").write_text("<svg/>"),
    "an input": lambda b: (b.root / "data" / "a.txt").write_text("two"),
    "its twin": lambda b: same_size_and_time(b.root / "data" / "a.txt"),
    "a setting": lambda b: edit(b.root / "pelican.conf.py", 'DEFAULT_LANG = "en"', 'DEFAULT_LANG = "de"'),
    "ours": lambda b: edit(b.root / "pyproject.toml", "inputs", "timeout = 50\ninputs"),
    "what settings read": lambda b: (b.aside / "name.txt").write_text("Another name"),
    "a database": lambda b: another_word(b.aside / "words.db"),
    "what could be written to": lambda b: (b.aside / "plus.txt").write_text("more"),
    "what is hidden": lambda b: (b.root / ".hidden").write_text("seen"),
    "a page edited by hand": lambda b: (b.root / "output" / "index.html").write_text("mine"),
    "a page removed": lambda b: (b.root / "output" / "index.html").unlink(),
    "a file put there": lambda b: (b.root / "output" / "mine.txt").write_text("mine"),
    "the record": lambda b: [p.write_text("{") for p in (b.root / ".cache").rglob("up-to-date/*.json")],
}


def test_whatever_changed_is_published(built):
    for name, change in CHANGES.items():
        change(built)
        assert is_built_again(built), name
        assert not is_built_again(built), name


def test_what_the_environment_says_counts_and_a_session_does_not(built):
    assert not is_built_again(built, SHLVL="7", MAKELEVEL="2", TERM="dumb")
    assert is_built_again(built, SITEURL="https://example.org")
    assert not is_built_again(built, SITEURL="https://example.org")
    assert b"https://example.org" in built.output()["index.html"]
    assert is_built_again(built)


def test_a_variable_of_the_session_that_a_block_asked_for_counts(built):
    edit(
        built.root / "pyproject.toml",
        "[tool.executable_posts]",
        "[tool.executable_posts]\nincremental = true",
    )
    edit(
        built.root / "content/post.md",
        "from pathlib",
        "import os\nprint(os.environ['COLORTERM'])\nfrom pathlib",
    )
    assert is_built_again(built, COLORTERM="one")
    assert not is_built_again(built, COLORTERM="one")
    assert is_built_again(built, COLORTERM="two")
    assert b"two" in built.output()["a-post/index.html"]


@pytest.mark.parametrize("incremental", ["true", "false"])
def test_a_block_that_must_always_run_runs(built, incremental):
    edit(built.root / "pyproject.toml", "inputs", f"incremental = {incremental}\ninputs")
    edit(built.root / "content/post.md", 'name="sum"', 'name="sum" tags=["volatile"]')
    assert is_built_again(built)
    assert is_built_again(built)


PLUGIN = """
import pathlib, subprocess
from pelican import signals
def touch(pelican):
    {does}
signals.finalized.connect(touch)
class plugin:
    __name__ = "plugin"
    @staticmethod
    def register(): pass
PLUGINS = [*PLUGINS, plugin]
"""
SPOILS = {
    "a program": 'subprocess.run(["true"])',
    "a connection": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))",
    "a warning": "import logging; logging.getLogger('x').warning('look')",
    "a file it writes itself": "p = pathlib.Path('count.txt'); p.write_text(p.read_text() + 'x' if p.exists() else 'x')",
}


@pytest.mark.parametrize("does", SPOILS.values(), ids=SPOILS)
def test_nothing_is_promised_for_what_cannot_be_followed(built, does):
    settings = built.root / "pelican.conf.py"
    settings.write_text(settings.read_text() + PLUGIN.format(does=does))
    for _ in range(3):
        done = built.html()
        assert "Done: the site is in" in done.stderr


def test_a_date_to_come_is_looked_for_again(built):
    built.write("Soon.\n\n```python\n1\n```\n", "soon.md", "---\ntitle: S\ndate: 2126-01-03\n---\n\n")
    assert is_built_again(built)
    assert is_built_again(built)


def test_a_program_that_runs_pelican_may_do_more(built):
    script = built.root / "make.py"
    script.write_text(
        "import pathlib, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'pelican', *sys.argv[1:]], check=True)\n"
        "pathlib.Path(sys.argv[-1], 'more.txt').write_text('more')\n"
    )
    command = [sys.executable, "make.py", ".", "-s", "pelican.conf.py", "-o", "{output}"]
    for _ in range(2):
        done = built.engine("publish", "--", *command)
        assert "Done: the site is in" in done.stderr
        assert b"more" in built.output()["more.txt"]


def test_a_build_that_was_killed_is_tidied_up_all_the_same(built):
    left = built.root / ".output-left"
    (left / "site").mkdir(parents=True)
    (left / "leash").touch()
    assert not is_built_again(built)
    assert not left.exists()
