"""Measure the engine against bare nbclient on the same cells, in one run: `python tests/benchmarks/bench_engine.py`.

Budgets (ratios, median of alternating rounds): cold build of a sample post at most 1.15 x bare nbclient; 100 trivial
blocks as pytest items at most 1.0 x bare nbclient plus pytest's own start; unchanged rebuild below 2 s;
check of the whole site below 0.5 s.
"""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
ROOT = Path(__file__).resolve().parents[2]
HEADER = "---\ntitle: Bench\ndate: 2026-01-02\nslug: bench\nsummary: s\n---\n\n"
BARE = """
import sys, nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
nb = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(nb, kernel_name="python3", timeout=120).execute()
if len(sys.argv) > 2:
    open(sys.argv[2], "w").write(HTMLExporter().from_notebook_node(nb)[0])
"""
RUN = "from executable_posts.site.build import Site; import pathlib, sys; Site(use_recorded=False).publish(pathlib.Path(sys.argv[1]))"


def timed(command: list[str], cwd: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - begun


def median_ratio(a: list[float], b: list[float]) -> float:
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def site(folder: Path, body: str) -> Path:
    (folder / "content").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["content"]\n')
    (folder / "bare.py").write_text(BARE)
    post = folder / "content" / "bench.md"
    post.write_text(HEADER + body)
    subprocess.run(
        [sys.executable, "-m", "executable_posts", "sync"], cwd=folder, check=True, capture_output=True
    )
    return post


def main() -> None:
    """Print every ratio with machine, date and command."""
    print(
        f"{datetime.date.today()} {platform.processor() or platform.machine()} {os.cpu_count()} cores, "
        f"{platform.platform()}, Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "sample")
        cells = ["import math"] + [
            "import time; time.sleep(1)" if i in (4, 9) else f"sum(range({i}00))" for i in range(11)
        ]
        post = site(folder, "\n".join(f"Text.\n\n```python\n{c}\n```\n" for c in cells))
        bare = [sys.executable, "bare.py", "notebooks/bench.ipynb", "out.html"]
        ours = [sys.executable, "-c", RUN, str(post)]
        rows = [(timed(ours, folder), timed(bare, folder)) for _ in range(ROUNDS)]
        a, b = zip(*rows, strict=True)
        print(
            f"cold build, 12 cells, two of 1 s: {median_ratio(a, b):.2f} x bare nbclient+nbconvert (budget 1.15); "
            f"medians {statistics.median(a):.2f} s and {statistics.median(b):.2f} s"
        )

        recorded = [sys.executable, "-c", RUN.replace("use_recorded=False", ""), str(post)]
        print(
            f"unchanged rebuild of that post: {statistics.median(timed(recorded, folder) for _ in range(ROUNDS)):.2f} s whole process (budget 2 s)"
        )

        folder = Path(scratch, "hundred")
        post = site(folder, "\n".join(f"```python\n{i}\n```\n" for i in range(100)))
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        bare = [sys.executable, "bare.py", "notebooks/bench.ipynb"]
        rows = [
            (
                timed([*pytest, "content"], folder),
                timed([*pytest, "test_nothing.py"], folder),
                timed(bare, folder),
            )
            for _ in range(ROUNDS)
        ]
        items, start, plain = (list(column) for column in zip(*rows, strict=True))
        net = [a - b for a, b in zip(items, start, strict=True)]
        print(
            f"100 trivial blocks as pytest items: {median_ratio(net, plain):.2f} x bare nbclient (budget 1.0) without "
            f"pytest's own start, {median_ratio(items, plain):.2f} x with it; medians {statistics.median(items):.2f} s, "
            f"{statistics.median(start):.2f} s and {statistics.median(plain):.2f} s"
        )

        post = ROOT / "content" / "asynchronous-pizzeria.md"
        copy = Path(scratch, "site")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "output"))
        cold = [sys.executable, "-m", "executable_posts", "run", "--no-cache", str(post.relative_to(ROOT))]
        print(
            f"the real post, cold: {timed(cold, copy):.1f} s with its C++ compiled, {timed(cold, copy):.1f} s without "
            f"(budget 90 s)"
        )
        check = [sys.executable, "-m", "executable_posts", "check"]
        took = statistics.median(timed(check, copy) for _ in range(ROUNDS))
        print(f"check of this whole site: {took:.2f} s whole process (budget 0.5 s)")


if __name__ == "__main__":
    main()
