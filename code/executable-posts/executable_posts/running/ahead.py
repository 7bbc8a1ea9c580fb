"""What blocks will need is made while the blocks before them run, such as a compiled program; whatever fails, fails at its block."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO

from ..reading.blocks import Block
from ..reading.post import Post
from .kernel import Failure, Runner
from .leashes import KERNELS, Folder, Leash, marked_folder

# Not os.environ, whose reading is watched in a kernel that runs only what an edit reaches.
ENVIRONMENT = (
    "(lambda os, json: json.dumps({os.fsdecode(n): os.fsdecode(v) for n, v in os.environb.items()}))"
    "(__import__('os'), __import__('json'))"
)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Ahead:
    """Make ready what blocks will need, in a process of its own on a leash.

    blocks: those of a post that will run; cwd: where they run. When the post measures, nothing is made while a block runs:
    `before` and `after` wait; all cores make it then, else one is left to the blocks.
    """

    def __init__(self, post: Post, blocks: Iterable[Block], cwd: Path):
        self.label, self.cwd, self.quiet = post.label, cwd, bool(post.header.get("measures"))
        self.blocks = {b.index: b for b in blocks if b.speaks.ahead}
        self.workers = cores() if self.quiet else max(1, cores() - 1)
        self._making: set[int] = set()
        self._later: set[int] = set()
        self._changed = threading.Condition()
        self._environment: Mapping[str, str] = os.environ
        self._process: subprocess.Popen[str] | None = None
        self._leash: Leash | None = None
        self._folder: Folder | None = None
        self._hearing: threading.Thread | None = None

    def start(self) -> None:
        """Begin with all that can be made already; without a block that needs anything, nothing is started."""
        if not self.blocks:
            return
        folder = self._folder = marked_folder(KERNELS)
        temporary = folder.path / "tmp"
        temporary.mkdir()
        leash = self._leash = Leash(folder)
        program = [sys.executable, "-P", "-m", "executable_posts.languages.ahead", str(self.workers)]
        self._process = subprocess.Popen(
            leash.command(program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.cwd,
            env={**leash.environment, "TMPDIR": str(temporary)},
            pass_fds=leash.fds,
            text=True,
        )
        leash.started()
        assert self._process.stdout is not None  # it is a pipe
        self._hearing = threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True)
        self._hearing.start()
        self._ask(set(self.blocks))

    def before(self, timeout: float) -> None:
        """Wait before the first block, if its post measures. timeout: seconds; then the blocks wait themselves."""
        if self.quiet:
            self._wait(timeout)

    def after(self, runner: Runner, block: Block, timeout: float) -> None:
        """Begin, after a block, with what its changes of the environment make possible."""
        self.blocks.pop(block.index, None)
        with self._changed:
            later = self._later & self.blocks.keys()
        if not later:
            return
        (told,) = runner.inspect([ENVIRONMENT], timeout)
        if isinstance(told, Failure) or (environment := json.loads(told)) == self._environment:
            return
        self._environment = environment
        self._write({"environ": {**environment, "TMPDIR": str(self._temporary())}})
        self._ask(later)
        self.before(timeout)

    def give_up(self) -> None:
        """Let nobody wait any more; from any thread."""
        with self._changed:
            self._making.clear()
            self._later.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """End what is still being made; may be called twice."""
        if self._leash:
            self._leash.let_go()
        if self._process:
            self._process.wait()
            if self._hearing:
                self._hearing.join()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):  # there is nobody at the other end
                    if pipe:
                        pipe.close()
        if self._folder:
            self._folder.remove()
        self._process = self._leash = self._folder = self._hearing = None

    def _temporary(self) -> Path:
        assert self._folder is not None  # it has started
        return self._folder.path / "tmp"

    def _ask(self, ranks: set[int]) -> None:
        with self._changed:
            self._making |= ranks
            self._later -= ranks
        for rank in sorted(ranks):
            block = self.blocks[rank]
            self._write({"rank": rank, "language": block.language, "cell": asdict(block.cell(self.label))})

    def _write(self, told: dict[str, object]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
        except OSError:
            self.give_up()

    def _hear(self, answers: IO[str]) -> None:
        try:
            for line in answers:
                told = json.loads(line)
                with self._changed:
                    self._making.discard(told["rank"])
                    if told["later"]:
                        self._later.add(told["rank"])
                    self._changed.notify_all()
        except (OSError, ValueError):
            pass  # it was ended in the middle of a word
        self.give_up()

    def _wait(self, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._making, timeout)
