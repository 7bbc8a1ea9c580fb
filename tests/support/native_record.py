"""Compile a program of `pizzeria/weapons/native` for the system this runs on, run it, and keep what it printed as a record.

Needs nothing but the standard library and a compiler: it runs where the rest of the tests do not, on macOS and Windows.
Lines that are recorded from elsewhere must be the same; a difference is printed, and is exit code 1.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

WEAPONS = Path(__file__).resolve().parents[2] / "code" / "pizzeria" / "weapons"
LIBRARIES = {"iocp": ["-static", "-D_WIN32_WINNT=0x0A00", "-lws2_32"]}
PATIENCE = 60  # seconds


def record(program: str, compiler: str, include: Path | None = None) -> dict[str, object]:
    """Compile and run a program; give its record. include: a folder of headers that this system lacks. Raise RuntimeError
    with what was said when either fails."""
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch, f"{program}.exe")
        source = WEAPONS / "native" / f"{program}.cpp"
        flags = [
            "-std=c++17",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            *(["-I", str(include)] if include else []),
        ]
        call([compiler, *flags, str(source), "-o", str(built), *LIBRARIES.get(program, [])])
        lines = call([str(built)]).splitlines()
    return {
        "program": f"native/{program}.cpp",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "under": f"{platform.system()} {platform.release()} {platform.machine()}",
        "compiler": call([compiler, "--version"]).splitlines()[0],
        "lines": lines,
    }


def call(command: list[str]) -> str:
    """Run a command; give what it printed, or raise RuntimeError with all that it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{command[0]} returned {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def differences(program: str, lines: list[str]) -> list[str]:
    """Compare with the record that the post shows, if there is one; say how they differ, line by line."""
    file = WEAPONS / "records" / f"{program}.json"
    known = json.loads(file.read_text(encoding="utf-8"))["lines"] if file.is_file() else lines
    longest = max(len(known), len(lines))
    pairs = zip(known + [""] * (longest - len(known)), lines + [""] * (longest - len(lines)), strict=True)
    return [
        f"line {n}: recorded {was!r}, here {now!r}" for n, (was, now) in enumerate(pairs, 1) if was != now
    ]


def main(argv: list[str] | None = None) -> int:
    """Write the record; return 1 if the program failed or said something else than the record that the post shows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", choices=sorted(p.stem for p in (WEAPONS / "native").glob("*.cpp")))
    parser.add_argument("--compiler", required=True, help="such as clang++ or g++")
    parser.add_argument("--include", type=Path, help="folder of headers that this system lacks")
    parser.add_argument("--out", type=Path, required=True, help="file of the record, JSON")
    args = parser.parse_args(argv)
    try:
        found = record(args.program, args.compiler, args.include)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    args.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(args.out.read_text(encoding="utf-8"), end="")
    differ = differences(args.program, list(found["lines"]))
    print("\n".join(differ), file=sys.stderr, end="\n" if differ else "")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main())
