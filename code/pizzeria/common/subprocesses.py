"""Processes that we start: how they are run, when they are ready, and how one is told to end."""

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

STOP_WITHIN = 5.0  # s, then it is killed
LAST_WORDS = 2000  # characters of its standard error that an error message shows


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


@contextlib.contextmanager
def ready_program(
    command: Sequence[str], within: float = STOP_WITHIN, stdin: int | None = None
) -> Iterator[str]:
    """Run a program while the block lasts; give the first line it prints, which says that it is ready.

    It may print as much as it likes: its standard error goes to a file, and of its standard output everything after
    the first line is read and dropped, for whoever writes into a pipe that nobody reads stands still. It has a session
    of its own, and is stopped within so many seconds. One that ends instead is a `ValueError` with its last words.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as words:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                stop(process, within)
                process.stdout.close()
                raise ValueError(f"{' '.join(command)} did not start: {last_words(words)}")
            # The thread closes what it reads: a child of the program may hold the pipe for longer than we live here.
            reader = threading.Thread(target=read_on, args=(process.stdout,), daemon=True)
            reader.start()
            yield line
        finally:
            stop(process, within)
            if process.stdin is not None:
                process.stdin.close()


def read_on(stream: IO[str]) -> None:
    """Read until the end, keep nothing, and close."""
    with stream:
        while stream.read(65536):
            pass


def last_words(words: IO[str]) -> str:
    """Return the end of what a program wrote into this file."""
    words.seek(0)
    return words.read()[-LAST_WORDS:].strip()
