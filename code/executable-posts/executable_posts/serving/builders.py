"""Two ways to run a generator to its end while the server goes on listening: a new process, or a fork of a warm one.

Both take in what the generator prints, pass it on to standard error, and call ``tick`` some twenty times a second; if that raises
(a newer save, Ctrl-C), the generator is asked to end, with all that it has started, and has ended when the exception goes on.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ..errors import PostError
from ..running.environment import installed
from ..running.leashes import Folder, Leash, end_process
from ..site.publish import GRACE, can_be_run
from ..site.sources import engine_marks
from . import zygote

TICK = 0.05  # seconds
Tick = Callable[[str], None]  # called with what was written meanwhile


class Builder(Protocol):
    """Run generators, one at a time."""

    def run(
        self, command: list[str], folder: Folder | None, environment: Mapping[str, str], tick: Tick
    ) -> int:
        """Run a command to its end and return its exit code. folder: removed when we are killed. Raise PostError when it
        cannot be run."""

    def close(self) -> None:
        """End what is kept for the next build; may be called twice."""


class NewProcess:
    """Run each command in a new process."""

    def run(
        self, command: list[str], folder: Folder | None, environment: Mapping[str, str], tick: Tick
    ) -> int:
        """Run a command to its end and return its exit code."""
        can_be_run(command)
        leash = Leash(folder, grace=GRACE)
        try:
            with _Pipe() as pipe:
                process = subprocess.Popen(
                    leash.command(command),
                    pass_fds=leash.fds,
                    env={**environment, **leash.mark},
                    stdout=pipe.write,
                    stderr=pipe.write,
                )
                leash.started()
                pipe.taken()
                try:
                    while process.poll() is None:
                        tick(pipe.wait(TICK))
                except BaseException:
                    end_process(process, 2 * GRACE)
                    raise
                tick(pipe.wait(0))
                return process.returncode
        finally:
            leash.let_go()

    def close(self) -> None:
        """Do nothing: nothing is kept."""


class Warm:
    """Run a Python program's commands in forks of a process that has imported it. entry: "module:function", what its script
    calls; modules: names of what is imported before, or "module:function" for what is called. The process is renewed when packages or the engine have changed."""

    def __init__(self, entry: str, modules: list[str]):
        self.entry, self.modules = entry, modules
        self._stamp: object = None
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    def run(
        self, command: list[str], folder: Folder | None, environment: Mapping[str, str], tick: Tick
    ) -> int:
        """Run a command to its end and return its exit code."""
        stamp = _stamp()
        if stamp != self._stamp or self._process is None or self._process.poll() is not None:
            self.close()
            self._start(environment)
            self._stamp = stamp
        channel = self._channel
        assert channel is not None  # just started
        leash = Leash(folder, grace=GRACE)
        try:
            with _Pipe(channel) as pipe:
                request = {
                    "entry": self.entry,
                    "argv": command,
                    "path": str(Path(command[0]).parent),
                    "cwd": os.getcwd(),
                    "environment": {**environment, **leash.mark},
                    "folder": str(folder.path) if folder else "",
                    "grace": GRACE,
                }
                zygote.send(channel, request, [leash.fds[0], leash.fds[-1], pipe.write])
                leash.started()
                pipe.taken()
                try:
                    while not pipe.answered:
                        tick(pipe.wait(TICK))
                except BaseException:
                    leash.let_go()
                    end = time.monotonic() + 2 * GRACE
                    while not pipe.answered and time.monotonic() < end:
                        pipe.wait(TICK)
                    if not pipe.answered or not channel.recv(
                        100
                    ):  # its answer is nobody's, least of all the next build's
                        self.close()
                    raise
                answer = channel.recv(100)
                tick(pipe.wait(0))
                if not answer:
                    self.close()
                    raise PostError(command[0], 0, "the process that builds was killed", "save again")
                return int(answer)
        finally:
            leash.let_go()

    def close(self) -> None:
        """End the warm process; may be called twice."""
        if self._channel:
            self._channel.close()
        if self._process:
            try:
                self._process.wait(timeout=2 * GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._leash:
            self._leash.let_go()
        self._channel = self._process = self._leash = None

    def _start(self, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        self._channel, self._leash = ours, Leash(grace=GRACE)
        with theirs:
            program = [sys.executable, "-m", zygote.__name__, str(theirs.fileno()), *self.modules]
            self._process = subprocess.Popen(
                self._leash.command(program), pass_fds=(*self._leash.fds, theirs.fileno()), env=environment
            )
        self._leash.started()


def entry_of(program: str) -> str:
    """Say which function a Python program's script calls, as "module:function"; "" when it is no such program of this environment."""
    path = Path(program)
    if path.parent != Path(sys.executable).parent or not hasattr(os, "fork"):
        return ""
    found = importlib.metadata.entry_points(group="console_scripts", name=path.name)
    return next((point.value for point in found), "")


def _stamp() -> object:
    """Tell the engine and the packages that are installed from what they were."""
    return engine_marks(), sorted(installed())


class _Pipe:
    """Read what a process prints, pass it on to standard error, and wait for an answer meanwhile. write: the end it is given;
    answered: whether something came by ``channel``."""

    def __init__(self, channel: socket.socket | None = None):
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._channel = channel
        self._open = True
        self.answered = False

    def __enter__(self) -> _Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        self.taken()
        os.close(self._read)

    def taken(self) -> None:
        """Close the end that the process has been given."""
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def wait(self, seconds: float) -> str:
        """Wait for something to be written or answered; give what was written."""
        channel = self._channel.fileno() if self._channel else -1
        heard = [number for number in (self._read if self._open else -1, channel) if number >= 0]
        ready, _, _ = select.select(heard, [], [], seconds)
        self.answered = self.answered or channel in ready
        text = b""
        with contextlib.suppress(BlockingIOError):
            while self._open and (part := os.read(self._read, 65536)):
                text += part
            self._open = False  # its end: nobody has it any more
        if text:
            sys.stderr.buffer.write(text)
            sys.stderr.flush()
        return text.decode("utf-8", errors="replace")
