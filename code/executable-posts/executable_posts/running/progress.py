"""Show on the terminal how a build goes on: which block, how many, how long."""

from __future__ import annotations

import sys
from typing import TextIO

from ..reading.blocks import Block
from ..reading.post import Post
from .execute import Executed, Progress
from .kernel import Result


class TerminalProgress(Progress):
    """Write one line a block; on a terminal the running block's line is shown while it runs."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.count = 0

    def begin(self, post: Post, count: int) -> None:
        """Say how many blocks are going to run."""
        self.count = count
        self._line(f"{post.label}: running {count} block{'s' if count != 1 else ''}")

    def block(self, post: Post, block: Block) -> None:
        """Show the block that runs now, on a terminal."""
        if self.live:
            self.stream.write(f"\r\033[K{self._place(post, block)} ...")
            self.stream.flush()

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Write the block's line, with its seconds."""
        if self.live:
            self.stream.write("\r\033[K")
        self._line(f"{self._place(post, block)} {result.seconds:6.2f} s")

    def end(self, post: Post, executed: Executed) -> None:
        """Say how long the post took, or when its recorded run was."""
        if executed.cached and executed.results:
            self._line(
                f"{post.label}: {len(executed.results)} blocks unchanged, run recorded on {executed.when[:16]} UTC"
            )
        elif executed.results:
            self._line(f"{post.label}: {len(executed.results)} blocks passed in {executed.seconds:.1f} s")

    def note(self, text: str) -> None:
        """Write a line of its own."""
        self._line(text)

    def _place(self, post: Post, block: Block) -> str:
        return f"  [{block.index + 1:2}/{self.count}] {post.label}:{block.line:<5} {(block.name or block.language)[:30]:30}"

    def _line(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()
