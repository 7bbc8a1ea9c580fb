"""Small posts for the manual, read in process: what an author would be told of them, and how they look."""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from executable_posts.config import DATA_LANGUAGES, EXTENSIONS, Config
from executable_posts.errors import PostError
from executable_posts.reading.post import Post, parse
from executable_posts.running.execute import Executed
from executable_posts.site.build import Site
from executable_posts.site.faults import check_syntax, check_whole

LABEL = "post.md"


def told(text: str, extensions: tuple[str, ...] = EXTENSIONS) -> str:
    """Return what `check` tells of a post without a header: every fault with its line and its mend.

    Raise LookupError when nothing is wrong: an example of a fault must be one.
    """
    with tempfile.TemporaryDirectory() as folder:
        faults: list[PostError] = []
        post = _read(text, Path(folder), faults, extensions)
        check_whole(post, Config(root=Path(folder), found=True), faults.append, complete=False)
        check_syntax(post, faults.append)
    if not faults:
        raise LookupError("nothing is wrong with this example")
    return "\n".join(f"error: {fault}" for fault in faults)


def _read(text: str, folder: Path, faults: list[PostError], extensions: tuple[str, ...]) -> Post:
    return parse(text, LABEL, folder / LABEL, DATA_LANGUAGES, (), faults.append, extensions)


class Shown:
    """A piece of a post that holds no block, as it is written and as it looks."""

    def __init__(self, text: str) -> None:
        """Render ``text``; raise PostError for a fault in it."""
        self.text = text
        with tempfile.TemporaryDirectory() as folder:
            config = Config(root=Path(folder), found=True, required=())
            post = parse(text, LABEL, Path(folder) / LABEL, required=())
            check_whole(post, config, complete=False)
            executed = Executed(results=[], values=[], cached=False, when="", seconds=0.0)
            self.page = Site(config).page(post, executed).html

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text, quote=False)}</pre>{self.page}"

    def __repr__(self) -> str:
        return self.text
