"""Show on the terminal how a build goes on: which block, how many, how long."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from ..reading.blocks import Block
from ..reading.post import Post
from .execute import Executed, Progress
from .kernel import Result


class TerminalProgress(Progress):
    """Write one line a block; on a terminal, below them, a line for each post that runs: its block of the moment."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.below: list[str] = []  # what stands below the lines that stay
        self.together = False

    def begin(self, post: Post, count: int) -> None:
        """Say how many blocks are going to run."""
        self._line(f"{post.label}: running {count} block{'s' if count != 1 else ''}")

    def block(self, post: Post, block: Block) -> None:
        """Show the block that runs now, on a terminal."""
        if not self.together:
            self._show([f"{_place(post, block, len(post.blocks))} ..."])

    def running(self, places: Sequence[tuple[Post, Block]]) -> None:
        """Show the blocks that run now, on a terminal."""
        self.together = bool(places)
        self._show([f"{_place(post, block, len(post.blocks))} ..." for post, block in places])

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Write the block's line, with its seconds."""
        self._line(f"{_place(post, block, len(post.blocks))} {result.seconds:6.2f} s")

    def end(self, post: Post, executed: Executed) -> None:
        """Say how long the post took, or when its recorded run was."""
        if executed.cached and executed.results:
            self._line(
                f"{post.label}: {len(executed.results)} blocks unchanged, run recorded on {executed.when[:16]} UTC"
            )
        elif executed.results:
            ran = len(executed.results) - executed.carried
            carried = f", {executed.carried} were carried" if executed.carried else ""
            blocks = f"{ran} block{'s' if ran != 1 or not carried else ''}"
            self._line(f"{post.label}: {blocks} passed in {executed.seconds:.1f} s{carried}")

    def note(self, text: str) -> None:
        """Write a line of its own."""
        self._line(text)

    def _line(self, text: str) -> None:
        below = self.below if self.together else []
        self._show([], text + "\n")
        self._show(below)

    def _show(self, below: list[str], text: str = "") -> None:
        """Write a text that stays, and put other lines below it in the place of those that stand there."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1  # a line that is broken would be two to take away
            if self.below:
                text = "\r" + "\033[A" * (len(self.below) - 1) + "\033[J" + text
            self.below = [line[:width] for line in below]
            text += "\n".join(self.below)
        if text:
            self.stream.write(text)
            self.stream.flush()


def _place(post: Post, block: Block, count: int) -> str:
    name = (block.name or block.language)[:30]
    return f"  [{block.index + 1:2}/{count}] {post.label}:{block.line:<5} {name:30}"
