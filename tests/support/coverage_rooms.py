"""Run the engine's tests and say how much of each room of the engine they went through: lines and branches, in every
process that was started. Exit code 1 below the least that is promised."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict

from .blog import ROOT

LEAST = 92.0  # percent of the engine's lines and branches
FOLDER = ROOT / ".cache" / "coverage"
PACKAGE = "code/executable-posts/executable_posts/"
FUNCTIONAL = "tests/engine/functional/"
# Of these the first builds wheels and installs them elsewhere: nothing that it runs is this code. The other leaves no room
# on the disk, for what is measured neither.
APART = (
    f"--ignore={FUNCTIONAL}test_distribution.py",
    f"--deselect={FUNCTIONAL}test_faults.py::test_a_disk_without_any_room_is_one_error",
)


def measure(arguments: list[str]) -> int:
    """Run the tests under coverage into a fresh folder; return pytest's exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q", *APART]
    command += arguments or ["tests/engine"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "CACHE": "off"}).returncode


def rooms(report: dict[str, dict]) -> dict[str, tuple[int, int]]:
    """Sum up a JSON report of coverage: room -> (steps that are there, steps that were taken); a step is a line or a branch."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, file in report["files"].items():
        room, _, rest = name.replace("\\", "/").partition(PACKAGE)[2].partition("/")
        facts = file["summary"]
        steps = found[room if rest else "(its own modules)"]
        steps[0] += facts["num_statements"] + facts["num_branches"]
        steps[1] += facts["covered_lines"] + facts["covered_branches"]
    return {room: (there, taken) for room, (there, taken) in sorted(found.items())}


def table(found: dict[str, tuple[int, int]]) -> str:
    """Write the rooms as a Markdown table, the whole last."""
    whole = tuple(map(sum, zip(*found.values(), strict=True)))
    rows = [*found.items(), ("**all**", whole)]
    lines = [
        f"| {room} | {there:,} | {100 * taken / there:.1f} % |" for room, (there, taken) in rows if there
    ]
    return "\n".join(["| room | lines and branches | tested |", "| --- | --- | --- |", *lines])


def main(arguments: list[str]) -> int:
    """Measure, print the table, and judge it."""
    failed = measure(arguments)
    for words in (["combine", "--quiet"], ["json", "--quiet", "-o", str(FOLDER / "report.json")]):
        subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, check=True)
    found = rooms(json.loads((FOLDER / "report.json").read_text(encoding="utf-8")))
    print(table(found))
    there, taken = (sum(numbers) for numbers in zip(*found.values(), strict=True))
    if 100 * taken < LEAST * there:
        print(
            f"error: {100 * taken / there:.1f} % of the engine is tested, and {LEAST} % are promised",
            file=sys.stderr,
        )
        return 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
