"""What a machine's kernel knows of the holder of a ledger: that he is gone, or that he stopped with the pen in his hand."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # a system without it: epochs end by their time alone
    fcntl = None

LOG = logging.getLogger("pizzeria.ovens")
WRITE_LOCK = 120  # the byte of a -shm file that a writer of SQLite locks, by its file format


class SignOfLife:
    """A locked file that says of its holder that he has not ended; the kernel unlocks it however he does.

    Each holder shows a file of his own under the one name: a predecessor who was stopped keeps his lock, on a file
    that nobody looks at any more.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: int | None = None

    def show(self) -> None:
        """Show that we live; one at a time may call this."""
        if fcntl is None:
            return
        self.hide()
        self._file = os.open(f"{self.path}.new", os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.replace(f"{self.path}.new", self.path)

    def hide(self) -> None:
        """Show nothing any more; harmless when nothing is shown."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def shown(self) -> bool:
        """Return whether whoever showed one last lives; where nobody can tell, he does."""
        if fcntl is None:
            return True
        try:
            file = os.open(self.path, os.O_RDONLY)
        except OSError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        else:
            return False
        finally:
            os.close(file)


def end_stopped_writer(database: Path) -> None:
    """Kill whoever was stopped in the middle of a write to this SQLite database, which he would block for ever.

    No other process can take his lock from him. Harmless where the system does not tell who has it.
    """
    for pid in writers(database.with_name(f"{database.name}-shm")):
        with suppress(OSError):
            # Field 3, after a name in parentheses that may hold anything.
            state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            if state in "Tt":
                LOG.warning(
                    "expediter: process %d was stopped in the middle of a write to %s: it is ended",
                    pid,
                    database,
                )
                os.kill(pid, signal.SIGKILL)


def writers(shm: Path) -> Iterator[int]:
    """Give the processes that hold the write lock of a database, by its -shm file; none where there is no /proc/locks."""
    with suppress(OSError):
        inode = str(shm.stat().st_ino)
        # 1: POSIX  ADVISORY  WRITE 4711 08:01:131090 120 120
        for line in Path("/proc/locks").read_text().splitlines():
            _, kind, *_, mode, pid, file, start, end = line.replace("-> ", "").split()
            if (kind, mode, file.split(":")[-1]) != ("POSIX", "WRITE", inode):
                continue
            if int(start) <= WRITE_LOCK and (end == "EOF" or int(end) >= WRITE_LOCK) and has_open(pid, shm):
                yield int(pid)


def has_open(pid: str, file: Path) -> bool:
    """Return whether a process has this file open: numbers of files are unique on one file system only."""
    with suppress(OSError):
        return any(
            os.path.samefile(link, file) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()
        )
    return False
