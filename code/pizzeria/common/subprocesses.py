"""Processes that we start: how they are run, when they are ready, and how one is told to end."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

STOP_WITHIN = 5.0  # s, then it is killed
LAST_WORDS = 2000  # bytes of its standard error that an error message shows


def python() -> str:
    """Return the interpreter for a process of our own."""
    return sys.executable


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str], within: float = STOP_WITHIN) -> None:
    """Stop a process: SIGTERM, and SIGKILL when it takes longer than `within` seconds; it is reaped."""
    stop_all((process,), within)


def stop_all(
    processes: Iterable[subprocess.Popen[bytes] | subprocess.Popen[str]], within: float = STOP_WITHIN
) -> None:
    """Stop several at once: all are told first, then waited for, `within` seconds each at most."""
    processes = list(processes)
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Drain:
    """Read what a program writes into a pipe, for as long as it writes, and keep the last of it.

    Whoever writes into a pipe that nobody reads stands still; whoever writes into a file fills the disk.
    """

    def __init__(self, stream: IO[bytes], keep: int = LAST_WORDS) -> None:
        self.stream, self.keep, self.kept = stream, keep, b""
        # The thread closes what it reads: a child of the program may hold the pipe for longer than we live here.
        self.thread = threading.Thread(target=self.read_on, name="drain", daemon=True)
        self.thread.start()

    def read_on(self) -> None:
        """Read until the end, and close."""
        with self.stream:
            while data := os.read(self.stream.fileno(), 65536):
                both = self.kept + data
                self.kept = both[max(0, len(both) - self.keep) :]

    def last_words(self, within: float = 1.0) -> str:
        """Return the last that was written, whole lines of it if there are; waits so long for its end."""
        self.thread.join(within)
        words = self.kept
        if len(words) == self.keep and b"\n" in words.rstrip():
            words = words.partition(b"\n")[2]
        return words.decode(errors="replace").strip()


@contextlib.contextmanager
def ready_program(
    command: Sequence[str], within: float = STOP_WITHIN, stdin: int | None = None
) -> Iterator[str]:
    """Run a program while the block lasts; give the first line it prints, which says that it is ready.

    It may print as much as it likes: both of its streams are drained. It has a session of its own, and is stopped
    within so many seconds. One that ends instead is a `ValueError` with its last words.
    """
    process = subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    drains = [Drain(process.stderr)]
    try:
        line = process.stdout.readline().decode(errors="replace")
        if not line:
            stop(process, within)
            process.stdout.close()
            raise ValueError(f"{' '.join(command)} did not start: {drains[0].last_words()}")
        drains.append(Drain(process.stdout, keep=0))
        yield line
    finally:
        stop(process, within)
        if process.stdin is not None:
            process.stdin.close()
        for drain in drains:
            drain.thread.join(1.0)
