"""Run a block's program: pass on what it prints as it prints it, and end it when the cell is interrupted."""

from __future__ import annotations

import codecs
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TextIO

from .language import BlockFailed

OUTPUT_LIMIT = 4_000_000  # bytes a program may print before it is stopped
GRACE = 0.2  # seconds to wait for output of a program that has ended
KEPT = 20_000  # characters of its errors that are kept


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Hold how a program ended. code: what it returned, negative for a signal; errors: the end of what it said there."""

    code: int
    errors: str


def ending(code: int) -> str:
    """Say how a program ended, after its name."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"returned {code}"


class _Passed:
    """Pass bytes on to a stream as text, mended line by line where there is something to mend."""

    def __init__(self, stream: TextIO, mend_line: Callable[[str], str | None] | None = None):
        self.stream, self.mend_line, self.waiting, self.said = stream, mend_line, "", ""
        # A character may be cut in two between two reads.
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> None:
        """Pass data on; none means that no more will come."""
        text = self.decoder.decode(data, final=not data)
        if self.mend_line:
            *lines, self.waiting = (self.waiting + text).split("\n")
            if not data and self.waiting:
                lines, self.waiting = [*lines, self.waiting], ""
            mended = [self.mend_line(line + "\n") for line in lines]
            text = "".join(line for line in mended if line is not None)
        self.said = (self.said + text)[-KEPT:]
        if text:
            self.stream.write(text)
            self.stream.flush()


def run_program(
    command: list[str],
    *,
    text: str | None = None,
    env: dict[str, str] | None = None,
    pass_fds: tuple[int, ...] = (),
    mend_line: Callable[[str], str | None] | None = None,
) -> Ended:
    """Run a program and show what it prints.

    text: what it reads from its standard input, nothing by default. env: its environment, by default ours. mend_line: rewrites a line of its errors (with its
    newline), or drops it by None. Raise BlockFailed when it prints without end. However this is left, the program and
    its children have ended, except for what a program that succeeded has left in the background.
    """
    with contextlib.ExitStack() as stack:
        given: IO[bytes] | int = subprocess.DEVNULL
        if text is not None:
            file = stack.enter_context(tempfile.TemporaryFile())
            file.write(text.encode("utf-8", "surrogatepass"))
            file.seek(0)
            given = file
        process = stack.enter_context(
            subprocess.Popen(
                command,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                pass_fds=pass_fds,
            )
        )
        errors = _Passed(sys.stderr, mend_line)
        try:
            assert process.stdout is not None  # it is a pipe
            assert process.stderr is not None
            _pass_on({process.stdout: _Passed(sys.stdout), process.stderr: errors}, process)
            return Ended(code=process.wait(), errors=errors.said)
        except BaseException:
            _kill_tree(process)
            raise


def _pass_on(pipes: dict[IO[bytes], _Passed], process: subprocess.Popen[bytes]) -> None:
    printed, ends = 0, None
    with selectors.DefaultSelector() as selector:
        for pipe, passed in pipes.items():
            selector.register(pipe, selectors.EVENT_READ, passed)
        while selector.get_map():
            news = selector.select(GRACE)
            if ends is None and process.poll() is not None:
                ends = time.monotonic() + GRACE
            for key, _ in news:
                data = os.read(key.fd, 65536)
                key.data.feed(data)
                printed += len(data)
                if not data:
                    selector.unregister(key.fileobj)
            if printed > OUTPUT_LIMIT:
                raise BlockFailed(f"the program printed more than {OUTPUT_LIMIT:,} bytes")
            if ends is not None and (not news or time.monotonic() > ends):
                break  # what it left in the background still holds a pipe, and may talk for ever
        for key in list(selector.get_map().values()):
            key.data.feed(b"")


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    import psutil

    victims = []
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(process.pid)
        victims = [top, *top.children(recursive=True)]
    for victim in victims:
        with contextlib.suppress(psutil.Error):
            victim.kill()
    process.kill()
