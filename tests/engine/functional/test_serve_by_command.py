"""`serve` of sites whose build is any command: every save is built, and what is not there is said."""

from __future__ import annotations

import re
import sys
import urllib.error

import pytest

from executable_posts.cli.generator import sources
from executable_posts.config import Config
from support.serving import server

# Copies the source to the output; while building it waits for a line on a pipe, so the test decides when it ends.
BUILD = "import pathlib, sys; print('building', flush=True); sys.stdin.readline(); t = pathlib.Path('content/a.md').read_text(); pathlib.Path('output/index.html').write_text(t); sys.exit('BAD' in t)"


@pytest.fixture
def by_command(tmp_path):
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text("one")
    with server(tmp_path, "--watch", "content", "--", sys.executable, "-c", BUILD) as running:
        yield running


def go_on(running):
    running.process.stdin.write("\n")
    running.process.stdin.flush()


def shown(page):
    """Leave out what the server puts into a page."""
    return re.sub(r"<script[^>]*></script>", "", page)


def test_saves_are_rebuilt_by_a_command_and_none_is_lost(by_command):
    source = by_command.folder / "content" / "a.md"
    by_command.until("building")
    go_on(by_command)
    assert "(everything)" in by_command.built()
    assert shown(by_command.get()) == "one"

    source.write_text("two")
    by_command.until("building")
    source.write_text("six")  # saved while the build runs, and of the same size
    go_on(by_command)
    by_command.built()
    by_command.until("building")
    go_on(by_command)
    assert "(content/a.md)" in by_command.built()
    assert shown(by_command.get()) == "six"

    source.write_text("BAD")
    by_command.until("building")
    go_on(by_command)
    assert by_command.built().startswith("NOT built")


def test_an_unknown_page_is_the_site_s_own_404(by_command):
    (by_command.folder / "output" / "404.html").write_text("<p>nothing here</p>")
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        by_command.get("/nope")
    assert shown(caught.value.read().decode()) == "<p>nothing here</p>"
    caught.value.close()
    go_on(by_command)


GENERATE = """
import pathlib, sys
text = pathlib.Path("posts/a.md").read_text()
pathlib.Path(sys.argv[1], "index.html").write_text(text)
if "BAD" in text:
    sys.exit("what a bad text")
"""


def test_a_site_of_any_generator_is_built_served_and_built_again(tmp_path):
    """`serve` alone: no command, no folders to watch; started from a folder below, as people do."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.md").write_text("one")
    (tmp_path / "make.py").write_text(GENERATE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.executable_posts]\nposts = ["posts"]\ngenerator = "python make.py {output}"\n'
    )
    with server(tmp_path / "posts") as running:
        running.built()
        assert shown(running.get()) == "one"
        (tmp_path / "posts" / "a.md").write_text("two BAD")
        assert running.built().startswith("NOT built")
        assert shown(running.get()) == "one", "the last good build is on show"
        assert next(running.states())["fault"]["detail"] == "what a bad text"
        (tmp_path / "posts" / "a.md").write_text("three")
        running.built()
        assert shown(running.get()) == "three"
        assert next(running.states())["fault"] is None
        assert not (tmp_path / "posts" / "output").exists()
        assert running.stop() == 0


def test_what_is_watched_is_what_a_site_is_made_from(tmp_path):
    for name in ("posts", "output", "notebooks", ".git", "env", "src", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "pelicanconf.py").write_text("")
    (tmp_path / "serve.log").write_text("")
    watched = sources(Config(root=tmp_path), tmp_path / "output")
    assert [path.name for path in watched] == ["pelicanconf.py", "posts", "src"]
