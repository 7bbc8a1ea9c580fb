"""Nothing that a build starts outlives it: what it starts runs on a leash, in a folder that the next build sweeps.

A leash's folder is marked, and locked for as long as the build or the leash lives; its path is in the environment of
everything that runs on that leash. So whoever finds the folder unlocked knows what was left, and may end and remove it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MARK = "leash"
KERNELS = "posts-kernel-"  # begins the names of the folders that kernels have for themselves
VARIABLE = "EXECUTABLE_POSTS_LEASH"
LOOK = 0.2  # seconds between two looks at whether the parent is still there
_PROGRAM = Path(__file__).with_name("leash.py")


class Leash:
    """Hold one end of a leash.

    folder: made by `marked_folder`, removed with what is on the leash; None for none. grace: seconds between asking and
    killing. own_group: put the command in a process group of its own, which SIGINT is passed on to.
    """

    def __init__(self, folder: Folder | None = None, *, grace: float = 0.0, own_group: bool = False):
        self.folder, self.grace, self.own_group = folder, grace, own_group
        self._taken, self._held = os.pipe()

    def command(self, command: list[str]) -> list[str]:
        """Write the command that runs ``command`` on this leash; start it with `fds` passed on."""
        lock, path = (self.folder.lock, self.folder.path) if self.folder else (-1, "")
        options = [self._taken, lock, path, self.grace, int(self.own_group)]
        return [sys.executable, "-I", "-S", str(_PROGRAM), *map(str, options), *command]

    @property
    def fds(self) -> tuple[int, ...]:
        """Give the descriptors that the command is started with: the pipe's end, and the folder's lock."""
        return (self._taken, self.folder.lock) if self.folder else (self._taken,)

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment by which a sweep finds what runs on this leash."""
        return {**os.environ, **self.mark}

    @property
    def mark(self) -> dict[str, str]:
        """Give what that environment has besides our own."""
        return {VARIABLE: str(self.folder.path)} if self.folder else {}

    def started(self) -> None:
        """Close what the other end has taken."""
        if self._taken >= 0:
            os.close(self._taken)
            self._taken = -1

    def let_go(self) -> None:
        """Let what is on the leash end; may be called twice."""
        self.started()
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


class Folder:
    """Hold a marked and locked folder. path: where; lock: its open descriptor."""

    def __init__(self, path: Path, lock: int):
        self.path, self.lock = path, lock

    def remove(self) -> None:
        """Remove the folder and unlock it; may be called twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def marked_folder(prefix: str, parent: Path | None = None) -> Folder:
    """Make a folder for a leash. parent: the folder that it is made in; that for temporary files by default."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    lock = _locked(path)
    assert lock is not None  # nobody else looks at it before it is marked
    (path / MARK).touch()
    return Folder(path, lock)


def sweep(
    prefix: str, parent: Path | None = None, rescue: Callable[[Path], None] = lambda folder: None
) -> list[Path]:
    """End and remove what builds that were killed have left; return the folders swept.

    rescue: called with each folder before it is removed, for what may not be lost.
    """
    swept = []
    for path, lock in _abandoned(prefix, Path(parent or tempfile.gettempdir())):
        try:
            end_marked(path)
            rescue(path)
            shutil.rmtree(path, ignore_errors=True)
            swept.append(path)
        finally:
            os.close(lock)
    return swept


def end_marked(folder: Path) -> None:
    """Kill whatever has the folder in its environment, except this process; for a leash that was killed itself."""
    import psutil

    while True:
        marked = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.environ().get(VARIABLE) == str(folder):
                    process.kill()
                    marked.append(process)
        if not marked or psutil.wait_procs(marked, timeout=5)[1]:
            return


def end_with_parent(parent: int) -> None:
    """From now on, ask this process to end (SIGTERM) once the process that started it has ended, or if it has already.

    parent: its process id, as it said itself: when we ask, it may be gone.
    """

    def watch() -> None:
        # Not PR_SET_PDEATHSIG: that speaks of the thread that started us, which may end long before its process.
        while os.getppid() == parent:
            time.sleep(LOOK)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _abandoned(prefix: str, parent: Path) -> Iterator[tuple[Path, int]]:
    for path in sorted(parent.glob(f"{prefix}*")):
        with contextlib.suppress(OSError):
            if path.is_symlink() or not (path / MARK).is_file() or path.stat().st_uid != os.getuid():
                continue
            lock = _locked(path)
            if lock is not None:
                yield path, lock


def _locked(path: Path) -> int | None:
    """Lock a folder; None when somebody has it locked."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def end_process(process: subprocess.Popen[Any], patience: float) -> None:
    """Ask a process to end, and kill it when it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
