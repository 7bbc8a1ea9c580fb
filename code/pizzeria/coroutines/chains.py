"""One coroutine awaits another, a million times: how deep the stack gets, in a process that may end badly."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("native") / "chain.cpp"

STACK = (
    8192  # KB, what most systems give the first thread; ours must not have more, or nothing would overflow
)
PATIENCE = 60  # s
# No core file is left. A system that allows less than that keeps its own limits.
LIMITED = f'ulimit -c 0 2>/dev/null; ulimit -s {STACK} 2>/dev/null; exec "$0" "$1"'


@dataclass(frozen=True)
class Part:
    """A part of a file, to be shown from where it stands."""

    path: Path
    text: str


def transfer() -> Part:
    """Return the lines of ``chain.cpp`` that differ: a call, or a handle that is returned."""
    text = SOURCE.read_text(encoding="utf-8")
    begins, ends = "#ifdef SYMMETRIC", "#endif\n"
    first = text.index(begins)
    return Part(SOURCE, text[first : text.index(ends, first) + len(ends)])


def depth(program: str | Path, steps: int) -> int | None:
    """Run the program made of ``chain.cpp``; return the deepest its stack was, in bytes, None when it overflowed.

    Raise RuntimeError when it ends in any other way.
    """
    done = subprocess.run(
        ["/bin/sh", "-c", LIMITED, str(program), str(steps)], capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode in (-signal.SIGSEGV, -signal.SIGBUS):
        return None
    if done.returncode:
        raise RuntimeError(f"{program} {steps} returned {done.returncode}: {done.stderr.strip()}")
    return int(done.stdout)
