"""Measure what running at once brings and costs, in one run: `python tests/benchmarks/bench_together.py [--rounds 3]`.

Every row is a ratio of two builds of the same blog that take turns. Budgets: 66 posts unchanged, whole process, 1.5 s.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADER = "---\ntitle: {0}\ndate: 2026-01-02 10:00\nslug: {0}\nsummary: s\n{1}---\n\n"
PYTHON = "Words.\n\n```python\n{0}\n```\n\n"
PROGRAM = '```c++ magic_args="{1}"\n#include <iostream>\n#include <map>\nint main() {{ std::map<int, int> m; m[1] = {0}; std::cout << m[1]; }}\n```\n\n'
SMALL = (
    "Words about {0}.\n\n```python\nnumbers = [n * n for n in range({0})]\nprint(numbers[:5])\n```\n\n"
    "There are {{eval}}`len(numbers)`.\n\n```python\nsum(numbers)\n```\n"
)
# How long the same work takes, and how much of that the process had a core: 1.0 when nobody was in its way.
MEASURE = """import json, pathlib, statistics, time
took = []
for _ in range(20):
    wall, had = time.perf_counter(), time.process_time()
    sum(range(2_000_000))
    took.append((time.perf_counter() - wall) / (time.process_time() - had))
pathlib.Path("measured.json").write_text(json.dumps(statistics.median(took)))"""
BUSY = "import time\nend = time.monotonic() + 4\nwhile time.monotonic() < end: sum(range(100_000))"


def blog(
    folder: Path, posts: dict[str, str], settings: str = "", headers: dict[str, str] | None = None
) -> Path:
    """Write a blog of posts for Pelican's own theme; return its folder."""
    (folder / "content").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[tool.executable_posts]\nposts = ["content"]\n{settings}\ngenerator = "pelican content -s pelicanconf.py -o {{output}}"\n'
    )
    (folder / "pelicanconf.py").write_text(
        'SITENAME = "B"\nPATH = "content"\nTIMEZONE = "UTC"\nPLUGINS = ["executable_posts"]\n'
    )
    for name, body in posts.items():
        (folder / "content" / f"{name}.md").write_text(
            HEADER.format(name, (headers or {}).get(name, "")) + body
        )
    return folder


def timed(folder: Path, *args: str) -> tuple[float, float]:
    """Run a command of the engine; return its seconds of wall clock and of processor."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "executable_posts", *args], cwd=folder, check=True, capture_output=True
    )
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(what: str, one: Path, other: Path, rounds: int) -> None:
    """Print how long one blog takes against another, cold."""
    rows = [(timed(one, "run", "--no-cache")[0], timed(other, "run", "--no-cache")[0]) for _ in range(rounds)]
    a, b = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio = statistics.median(x / y for x, y in rows)
    print(f"{what}: {ratio:.2f} x; medians {a:.1f} s and {b:.1f} s", flush=True)


def main() -> None:
    """Print every ratio with machine, load, date and command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(
        f"{datetime.date.today()} {platform.machine()} {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}, Python "
        f"{platform.python_version()}: {' '.join(sys.argv)}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch)
        waiting = {f"p{n}": PYTHON.format("import time; time.sleep(2)") * 2 for n in range(4)}
        compare(
            "four posts that wait 4 s each, two at once against one at a time",
            blog(top / "two", waiting, "jobs = 2"),
            blog(top / "one", waiting, "jobs = 1"),
            rounds,
        )
        # Each round has programs of its own, else the second one finds them compiled.
        rows = []
        for count in range(rounds):
            ahead = "".join(PROGRAM.format(3 * count + n, "-O2") for n in range(3))
            late = "".join(PROGRAM.format(3 * count + n, "-O2 $NONE") for n in range(3))
            set_late = PYTHON.format("os.environ['NONE'] = '-DLATE'").replace("Words.", "Then.")
            wait_only = PYTHON.format("import os, time; time.sleep(6)")
            one = blog(top / f"ahead{count}", {"a": wait_only + set_late + ahead})
            other = blog(top / f"late{count}", {"a": wait_only + set_late + late})
            rows.append((timed(one, "run")[0], timed(other, "run")[0]))
        ratio = statistics.median(a / b for a, b in rows)
        a, b = (statistics.median(column) for column in zip(*rows, strict=True))
        print(
            f"three programs after 6 s, compiled ahead against in turn: {ratio:.2f} x; medians {a:.1f} s and {b:.1f} s"
        )

        shares = []
        for header in ("measures: true\n", ""):
            posts = {"a": PYTHON.format(MEASURE), "b": PYTHON.format(BUSY), "c": PYTHON.format(BUSY)}
            folder = blog(
                top / f"measures{bool(header)}", posts, f"jobs = {1 + (os.cpu_count() or 1)}", {"a": header}
            )
            found = []
            for _ in range(rounds):
                timed(folder, "run", "--no-cache")
                found.append(json.loads((folder / "measured.json").read_text()))
            shares.append(statistics.median(found))
        print(
            f"the same work, wall clock by processor time: {shares[0]:.2f} when it measures, {shares[1]:.2f} beside two posts"
        )

        many = blog(top / "many", {f"post-{n}": SMALL.format(n) for n in range(1, 67)})
        cold = timed(many, "publish")
        rows = [timed(many, "publish") for _ in range(max(3, rounds))]
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        print(
            f"66 posts: cold {cold[0]:.1f} s ({cold[1]:.1f} s of processor), unchanged {wall:.2f} s ({cpu:.2f} s; budget 1.5 s)"
        )


if __name__ == "__main__":
    main()
