"""What a build tells whoever serves its pages: which block runs, what was carried, and the fault that ended it.

The server names a file in the environment; every event is a line of JSON at its end. Without a server nothing is told.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ..errors import PostError, in_words_of
from ..reading.blocks import Block
from ..reading.post import Post
from .execute import Executed, Progress
from .kernel import Result

VARIABLE = "EXECUTABLE_POSTS_EVENTS"


def tell(event: str, **facts: object) -> None:
    """Tell the server of an event, if there is one that listens."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    # Not made anew when it is gone: then nobody listens any more. And a full disk is no reason to end a build.
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, json.dumps({"event": event, **facts}).encode() + b"\n")
        finally:
            os.close(file)


def tell_fault(error: PostError, commands: Mapping[str, str]) -> None:
    """Tell of the fault that ends a build. commands: what this site's authors type, for the mend."""
    facts: dict[str, Any] = {key: getattr(error, key) for key in ("path", "line", "found", "detail")}
    tell("fault", **facts, mend=in_words_of(commands, error.mend))


class Telling(Progress):
    """Hear how a run goes on for somebody else, and tell the server as well."""

    def __init__(self, heard: Progress) -> None:
        """Wrap ``heard``, which hears everything first."""
        self.heard = heard
        self.ran: dict[str, int] = {}  # blocks that passed, by post

    def begin(self, post: Post, count: int) -> None:
        """Hear that a post's blocks are about to run. count: how many."""
        self.heard.begin(post, count)
        self.ran[post.label] = 0
        tell("begin", post=post.label, count=count)

    def block(self, post: Post, block: Block) -> None:
        """Hear that a block begins."""
        self.heard.block(post, block)
        tell("block", post=post.label, line=block.line, name=block.name or block.language, index=block.index)

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Hear that a block has passed."""
        self.heard.done(post, block, result)
        self.ran[post.label] = self.ran.get(post.label, 0) + 1

    def end(self, post: Post, executed: Executed) -> None:
        """Hear that all blocks of a post have passed, or that the run was found recorded."""
        self.heard.end(post, executed)
        tell("end", post=post.label, ran=self.ran.pop(post.label, 0), blocks=len(executed.results))

    def note(self, text: str) -> None:
        """Hear what else the build has to say."""
        self.heard.note(text)
