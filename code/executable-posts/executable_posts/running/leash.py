"""Run a command on a leash: when whoever holds the other end lets go, it ends, with all that it has started.

A program of its own, started by its path without site-packages (some 20 ms); `leashes.Leash` holds the other end::

    leash.py PIPE LOCK FOLDER GRACE GROUP COMMAND...

PIPE is the read end of a pipe: its other end closes when its holder lets go, or is ended in whatever way. LOCK is an open
folder that the holder has locked; this end keeps it so. FOLDER ("" for none) is removed once the holder has let go and
nothing is left. GRACE is how many seconds the command has between being asked to end and being killed; 0 does not ask.
GROUP is 1 when the command gets a process group of its own, to which SIGINT is passed on. A process that is warm already calls
`main` itself, with what to run in the command's place.

On Linux this process adopts the orphans among its descendants, so `setsid` and double forks hide nothing from it.
Elsewhere what leaves the group is found by its environment, when the holder stops or the next build begins; so the
folder is left to them. The exit code is the command's, 128 + N for signal N.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STUBBORN = 10.0  # seconds after which what cannot be killed (it waits for a disk) is left alone
ASKS = (signal.SIGTERM, signal.SIGHUP)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _start(command: list[str], group: bool, ignored: set[int], run: Callable[[], int] | None) -> int:
    """Start the command, or ``run`` in a fork, to be killed with this process; return its process id."""
    me = os.getpid()
    pid = os.fork()
    if pid:
        if group:
            with contextlib.suppress(OSError):  # the child does so too: whoever is first
                os.setpgid(pid, pid)
        return pid
    try:
        if group:
            os.setpgid(0, 0)
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me:
            os._exit(1)
        for number in (signal.SIGINT, *ASKS):
            signal.signal(number, signal.SIG_IGN if number in ignored and not group else signal.SIG_DFL)
        if run is None:
            os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"error: {command[0]}: cannot be run: {error.strerror}\n".encode())
        os._exit(126)
    assert run is not None  # else this process is another program by now
    signal.set_wakeup_fd(-1)
    sys.exit(run())  # by the interpreter's own end, which waits for threads and flushes what was printed


def _is_leash(pid: int) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return os.fsencode(__file__) in file.read().split(b"\0")[:5]
    return False


def _descendants(leashed: bool) -> list[int]:
    """List the processes below this one, from /proc, without which there is no subreaper either.

    leashed: those that are on a leash of their own as well.
    """
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), []) if leashed or not _is_leash(pid)]
        found += below
        waiting += below
    return found


class _Reaper:
    """Collect what ends below this process. status: of the command, once it has ended; alone: nothing is left."""

    def __init__(self, command: int):
        self.command, self.alone = command, False
        self.status: int | None = None

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.alone = True
                return
            if not pid:
                return
            if pid == self.command:
                self.status = status


def _watch(reaper: _Reaper, pipe: int, wake: int, grace: float, group: bool) -> tuple[int, bool]:
    """Wait until the command has ended; give its status, and tell whether the holder had let go."""
    held, asked = True, None
    while (status := reaper.status) is None:
        left = None if asked is None else max(0.0, asked + grace - time.monotonic())
        ready, _, _ = select.select([wake, *([pipe] if held else [])], [], [], left)
        wanted = False
        if pipe in ready and not os.read(pipe, 1):
            held, wanted = False, True
        if wake in ready:
            for number in os.read(wake, 4096):
                wanted = wanted or number in ASKS
                if number == signal.SIGINT and group:
                    with contextlib.suppress(OSError):
                        os.killpg(reaper.command, signal.SIGINT)
        reaper.reap()
        if reaper.status is not None:
            continue
        if wanted and asked is None:
            asked = time.monotonic()
            if grace:
                os.kill(reaper.command, signal.SIGTERM)
        if asked is not None and time.monotonic() >= asked + grace:
            os.kill(reaper.command, signal.SIGKILL)
            asked = time.monotonic() + 60
    return status, not held


def _end_the_rest(reaper: _Reaper, wake: int, group: bool) -> None:
    if group:
        with contextlib.suppress(OSError):
            os.killpg(reaper.command, signal.SIGKILL)
    begun = time.monotonic()
    reaper.reap()
    while not reaper.alone and (waited := time.monotonic() - begun) < STUBBORN:
        # A leash below has lost its holder, and tidies up by itself, if it is let.
        for pid in _descendants(leashed=waited > STUBBORN / 2):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if select.select([wake], [], [], 0.05)[0]:
            os.read(wake, 4096)
        reaper.reap()


def main(arguments: list[str], run: Callable[[], int] | None = None) -> int:
    """Run the command, or ``run`` in a fork of this process, to its end, and end whatever it leaves; return its exit code."""
    pipe, lock, folder, grace, group, *command = arguments
    ends, own_group = int(pipe), group == "1"
    for descriptor in (ends, int(lock)):
        if descriptor >= 0:
            os.set_inheritable(descriptor, False)
    wake, woken = os.pipe()
    for descriptor in (wake, woken):
        os.set_blocking(descriptor, False)
    ignored: set[int] = {n for n in (signal.SIGINT, *ASKS) if signal.getsignal(n) == signal.SIG_IGN}
    for number in {signal.SIGCHLD, signal.SIGINT, *ASKS} - (ignored - {signal.SIGINT}):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    reaper = _Reaper(_start(command, own_group, ignored, run))
    status, let_go = _watch(reaper, ends, wake, float(grace), own_group)
    _end_the_rest(reaper, wake, own_group)
    if folder and sys.platform == "linux" and (let_go or select.select([ends], [], [], 0)[0]):
        import shutil  # here, since it takes half as long as all the rest to come up

        shutil.rmtree(folder, ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
