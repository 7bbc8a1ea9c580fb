"""A theme's templates are compiled once, and anew whenever what they are compiled of has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import jinja2
import pytest

from pelican.plugins.executable_posts.compiled import keep_templates
from support.serving import SETTINGS, small_blog, write

FILTER = """
def shout(text):
    return text.upper() + "{mark}"


JINJA_FILTERS = {{"shout": shout}}
"""


def test_compiled_templates_are_kept_and_never_out_of_date(tmp_path):
    folder = small_blog(tmp_path)
    write(folder, "Prose.\n\n```python\n1\n```\n")
    index = folder / "theme" / "templates" / "index.html"
    settings = folder / "pelicanconf.py"

    def built():
        command = [sys.executable, "-m", "executable_posts", "publish"]
        env = {**os.environ, "CACHE": "on"}
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return (folder / "output" / "index.html").read_text()

    def compiled():
        kept = folder / ".cache" / "executable_posts" / "templates"
        return {path: path.stat().st_ino for path in kept.glob("*/*.cache")}

    settings.write_text(SETTINGS + FILTER.format(mark="!"))
    index.write_text('{{ "one" | shout }}')  # a constant: Jinja evaluates it when it compiles
    assert built() == "ONE!"
    before = compiled()
    assert before
    assert built() == "ONE!"
    assert compiled() == before
    index.write_text('{{ "two" | shout }}')
    assert built() == "TWO!"
    settings.write_text(SETTINGS + FILTER.format(mark="?"))
    assert built() == "TWO?"
    assert len({path.parent for path in compiled()}) == 2


@pytest.mark.parametrize("size", [0, 5, 20, 40, 100])
def test_a_damaged_template_is_compiled_anew(tmp_path, size):
    def shown():
        settings = {"JINJA_ENVIRONMENT": {}}
        keep_templates(settings, tmp_path / "templates")
        loader = jinja2.DictLoader({"a.html": "{{ 6 * 7 }}"})
        return (
            jinja2.Environment(loader=loader, **settings["JINJA_ENVIRONMENT"]).get_template("a.html").render()
        )

    assert shown() == "42"
    (kept,) = tmp_path.glob("templates/*/*.cache")
    os.truncate(kept, size)
    assert shown() == "42"
    assert kept.stat().st_size > size
    for folder in tmp_path.glob("templates/*"):  # which is away when a template is kept
        shutil.rmtree(folder)
        folder.write_text("in the way")
    assert shown() == "42"
