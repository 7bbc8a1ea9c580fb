"""One at a time: of several builds in one tree, one runs posts or puts a site in place; the others wait, and say so.

The lock is the operating system's, so it ends with its holder, however that ends, and leaves nothing to clean up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

PATIENCE = 1.0  # seconds of waiting before it is said


class Turn:
    """Hold a lock for as long as the ``with`` lasts; within one process it may be entered again, by any thread.

    file: what is locked: a folder, or a file that stays and holds the process id of who has it. what: is going on there, for the message.
    told: hears the message. Where there can be no lock (a folder that is read only, a system without), nobody waits.
    """

    def __init__(self, file: Path, what: str, told: Callable[[str], None]):
        self.file, self.what, self.told = file, what, told
        self._guard = threading.Lock()
        self._inside, self._lock = 0, -1

    def __enter__(self) -> Turn:
        with self._guard:
            if not self._inside:
                self._lock = self._locked()
            self._inside += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._inside -= 1
            if not self._inside and self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _locked(self) -> int:
        """Wait for the lock and take it; -1 when there is none to wait for."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            folder = self.file.is_dir()
            lock = os.open(self.file, os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            return -1
        try:
            if self._taken_at_once(lock) or self._taken_after_a_wait(lock):
                with contextlib.suppress(OSError):  # a folder, a full disk: only the message would tell who
                    os.ftruncate(lock, 0)
                    os.pwrite(lock, str(os.getpid()).encode(), 0)
                return lock
        except OSError:
            pass  # a file system without locks
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
        return -1

    @staticmethod
    def _taken_at_once(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _taken_after_a_wait(self, lock: int) -> bool:
        """Wait for the lock; False when it is held by a process that waits for us, such as the build that runs this post."""
        import psutil

        holder = ""
        with contextlib.suppress(OSError):
            holder = os.pread(lock, 20, 0).decode("ascii", "replace")
        if holder in {str(parent.pid) for parent in psutil.Process().parents()}:
            return False
        who = f"process {holder}" if holder else "another process"
        said = threading.Timer(PATIENCE, lambda: self.told(f"{self.what} ({who}): waiting for it"))
        said.daemon = True
        said.start()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        finally:
            said.cancel()
        return True
