"""The price list of letting go: what one more who waits takes, and what one letting go takes, by kind.

Each kind is a crowd in a process of its own (`waiting`, and two programs in C++), weighed from outside while it stands still:
twice, and the price of one is the slope between, so whatever a process takes for itself cancels out.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60  # s for a program that only has to start a crowd
FEW, MANY = 1_000, 11_000
CROWDS = {"process": (10, 50), "thread": (FEW, MANY)}
ROUNDS = {"process": 2_000, "thread": 2_000, "task": 50_000}


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one of a `kind` takes: bytes of its own, bytes of the kernel (None: not told), nanoseconds to let go once.

    `waiting` is how many waited when it was weighed.
    """

    kind: str
    waiting: int
    own: float
    kernel: float | None
    nanoseconds: float


def price_list(
    kinds: Sequence[str], native: Mapping[str, Path] = {}, crowds: Mapping[str, tuple[int, int]] = CROWDS
) -> list[Price]:
    """Weigh every kind, one after the other.

    kinds: of `waiting.KINDS`; native: programs that do the same, by the name of their kind; crowds: so few and so many by
    kind, where they are not `FEW` and `MANY`. Raise ValueError with a program's last words when it ends too soon.
    """
    commands = {kind: [sys.executable, "-m", "pizzeria.coroutines.waiting", kind] for kind in kinds}
    commands |= {kind: [str(program)] for kind, program in native.items()}
    found = []
    for kind, command in commands.items():
        few, many = crowds.get(kind, (FEW, MANY))
        rounds = ROUNDS.get(kind, 200_000)
        found.append(weigh(kind, [*command, str(few), str(many), str(rounds)]))
    return found


def falls(prices: Sequence[Price]) -> bool:
    """Say whether each kind takes clearly less memory than the one before it: two thirds, or less."""
    return all(after.own * 1.5 < before.own for before, after in itertools.pairwise(prices))


def weigh(kind: str, command: Sequence[str]) -> Price:
    """Run one crowd and weigh it twice; the command's program prints and reads as `waiting` says."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        try:
            (few, light, below), (many, heavy, above) = (look(kind, program) for _ in range(2))
            nanoseconds = float(said(kind, program))
        finally:
            program.stdin.close()
            program.kill()
    more = many - few
    if more <= 0:
        raise ValueError(f"no more than {many} of the kind {kind} could wait here")
    kernel = None if below is None or above is None else (above - below) / more
    return Price(kind=kind, waiting=many, own=(heavy - light) / more, kernel=kernel, nanoseconds=nanoseconds)


def look(kind: str, program: subprocess.Popen[str]) -> tuple[int, int, int | None]:
    """Wait until the crowd stands still, weigh it and let it go on; return how many, their bytes, and the kernel's."""
    told = json.loads(said(kind, program))
    count, *pids = told if isinstance(told, list) else [told]
    own = sum(psutil.Process(pid).memory_full_info().uss for pid in (program.pid, *pids))
    kernel = of_the_kernel()
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()
    return count, own, kernel


def said(kind: str, program: subprocess.Popen[str]) -> str:
    """Return the next line that a crowd prints; raise ValueError with its last words when there is none."""
    assert program.stdout is not None
    line = program.stdout.readline()
    if line:
        return line
    assert program.stderr is not None
    words = program.stderr.read().strip().splitlines() or [f"exit code {program.wait(PATIENCE)}"]
    raise ValueError(f"the crowd of kind {kind} ended too soon: {words[-1]}")


def of_the_kernel() -> int | None:
    """Return the bytes that Linux has given to kernel stacks and page tables, on the whole machine; None elsewhere."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return None
    found = re.findall(r"^(?:KernelStack|PageTables): +(\d+) kB", meminfo.read_text(), re.M)
    return sum(map(int, found)) * 1024


def turns(program: Path, rounds: int = 2_000) -> float:
    """Return the nanoseconds that two threads in C++ take to hand a turn over and back: `turns.cpp`, run."""
    done = subprocess.run(
        [str(program), str(rounds)], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return float(done.stdout)
