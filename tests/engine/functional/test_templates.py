"""A theme's templates are compiled once, and anew whenever what they are compiled of has changed."""

from __future__ import annotations

import os
import subprocess
import sys

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
