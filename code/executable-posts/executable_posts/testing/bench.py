"""What the contract suite works with: sample programs, and single blocks run in a site of a test's own."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ..config import Config
from ..reading.post import Post, parse
from ..running.kernel import KernelRunner, Result

BOUND = 60.0  # seconds that a test waits for what must happen
HERE = "HERE"  # stands in the line of a program that its error must name
TIMEOUT = 1.0  # seconds that a program without end is given


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Hold a language's sample programs. Each runs in the site's folder.

    language: as a fence names it. prints: says ``hello`` on its standard output and ``aside`` on its standard error. fails: says ``before``, then fails
    at the line that holds HERE. refused: does not parse, or compile, there; "" if the language has no such thing. waits:
    says ``begun``, waits until there is a file named ``go``, says ``ended``. forever: makes a file named ``running``
    and never ends. floods: prints without end. leaves: starts programs in the background, a child and a grandchild
    in a session of its own, each with the word WORD in its command line, and ends without waiting. hides: what the
    environment must say for the tool not to be found, such as ``{"PATH": "/nowhere"}``; {} if it is always there. counts:
    a program that adds a line to the file ``count`` each time it runs. args: arguments for all of them.
    """

    language: str
    prints: str
    fails: str
    refused: str
    waits: str
    forever: str
    floods: str
    leaves: str
    counts: str
    hides: dict[str, str] = field(default_factory=dict)
    args: str = ""


class Bench:
    """Run single blocks of a language in a site of a test's own."""

    def __init__(self, root: Path, programs: Programs):
        self.programs = programs
        # The setting stands in a file as well, where the kernel reads it.
        (root / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["."]\n', encoding="utf-8")
        self.config = Config(root=root, found=True, posts=(".",), required=())
        self.runner: KernelRunner | None = None

    def post(self, source: str, *, tags: tuple[str, ...] = (), above: str = "Prose.\n") -> Post:
        """Write a post of one block, below some prose."""
        words = [self.programs.language]
        if tags:
            words.append(f"tags={json.dumps(list(tags))}")
        if self.programs.args:
            words.append(f"magic_args={json.dumps(self.programs.args)}")
        text = f"{above}\n```{' '.join(words)}\n{source}\n```\n"
        path = self.config.root / "post.md"
        path.write_text(text, encoding="utf-8")
        return parse(text, "post.md", path)

    def run(self, post: Post, timeout: float = BOUND) -> Result:
        """Run a post's one block in the kernel that this bench keeps."""
        if self.runner is None:
            self.runner = KernelRunner("post.md", self.config.root)
            self.runner.start()
        return self.runner.run(post.blocks[0], timeout)

    def stop(self) -> None:
        """Stop the kernel, if there is one."""
        if self.runner is not None:
            self.runner.stop()
            self.runner = None


def printed(result: Result, name: str = "stdout") -> str:
    """Join what a block wrote to a stream."""
    return "".join(o["text"] for o in result.outputs if o["output_type"] == "stream" and o["name"] == name)


def line_of(post: Post, word: str = HERE) -> int:
    """Find the line of a post that holds a word, from 1."""
    return next(n for n, line in enumerate(post.text.split("\n"), 1) if word in line)


def wait_for(what: str, condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail when it does not within BOUND."""
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def running(word: str) -> list[int]:
    """List the processes that have a word in their command line."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and any(word in part for part in process.cmdline()):
                found.append(process.pid)
    return found
