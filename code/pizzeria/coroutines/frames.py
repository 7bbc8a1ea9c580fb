"""How large a coroutine's frame is: what a program tells that weighs some, and the record of another compiler."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pizzeria.common.compilers import cxx

NATIVE = Path(__file__).with_name("native")
RECORD = Path(__file__).with_name("records") / "frames.json"
FLAGS = ("-std=c++20", "-O2")
PATIENCE = (
    1800  # s; only what hangs reaches it: the compiler that comes as a wheel builds its own library first
)


@dataclass(frozen=True, kw_only=True)
class Frames:
    """What one compiler makes of the coroutines of ``frames.cpp``: bytes by name, 0 where nothing is on the heap."""

    compiler: str
    date: str
    sizes: dict[str, int]


def weigh(program: str | Path) -> dict[str, int]:
    """Run the program made of ``frames.cpp``; return bytes by the name of the coroutine."""
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    rows = (line.rpartition(": ") for line in done.stdout.splitlines())
    return {name: int(size) for name, _, size in rows}


def compiled(
    source: str, target: str | Path, command: Sequence[str] = (), flags: Sequence[str] = FLAGS
) -> Path:
    """Compile a program of ``native/`` into the file `target`; raise RuntimeError with what the compiler says.

    command: of the compiler, by default the one that is there.
    """
    call = [*(command or cxx()), *flags, f"-I{NATIVE}", str(NATIVE / source), "-o", str(target)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{source} does not compile\n{done.stderr}")
    return Path(target)


def version(command: Sequence[str] = ()) -> str:
    """Name a compiler in two words: ``g++ 12.2.0``, ``clang 18.1.8``."""
    said = subprocess.run(
        [*(command or cxx()), "--version"], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    words = said.stdout.splitlines()[0].split()
    name = "clang" if "clang" in words else words[0]
    return f"{name} {next(word for word in reversed(words) if word[0].isdigit() and '.' in word)}"


def recorded() -> Frames:
    """Return the record of the other compiler."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return Frames(compiler=record["compiler"], date=record["date"], sizes=record["sizes"])


def measured_anew(command: Sequence[str], date: str) -> Frames:
    """Compile and weigh with this compiler, in a folder that vanishes."""
    with tempfile.TemporaryDirectory() as scratch:
        sizes = weigh(compiled("frames.cpp", Path(scratch, "frames"), command))
    return Frames(compiler=version(command), date=date, sizes=sizes)


def record(command: Sequence[str], date: str) -> None:
    """Weigh with this compiler, and write the record."""
    found = measured_anew(command, date)
    RECORD.parent.mkdir(exist_ok=True)
    whole = {"program": "native/frames.cpp", "date": date, "compiler": found.compiler, "flags": [*FLAGS]}
    RECORD.write_text(json.dumps({**whole, "sizes": found.sizes}, indent=2) + "\n", encoding="utf-8")
