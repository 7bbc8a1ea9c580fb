"""Measure what a build pays for the list of what changed: `python tests/benchmarks/bench_changes.py`.

Budget: 20 ms of processor time for a site on which nothing changed, imports included, beside what `publish` loads anyway.
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
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from executable_posts.changes.record import Record, written
from support.records import block, said, value

ROUNDS, POSTS, BLOCKS = 15, 66, 60
MEASURED = """
import sys, time
from pathlib import Path
from executable_posts.cli.publish import main
from executable_posts.site.publish import publish
from executable_posts.config import load
config = load()
begun = time.process_time()
from executable_posts.cli.changed import Told
told = Told(config, None)
told.sites(Path(sys.argv[1]), Path(sys.argv[2]))
told.tell("the last one")
print(1000 * (time.process_time() - begun))
"""


def site(folder: Path) -> Path:
    """Write a site of records as large as those of a long post."""
    for n in range(POSTS):
        blocks = [block(f"b{m}", 10 * m, said(f"{m} orders in {n} s\n" * 20)) for m in range(BLOCKS)]
        values = [value(f"x{m}", 10 * m + 5, m, f"{m}.5") for m in range(BLOCKS)]
        record = Record(post=f"content/{n}.md", blocks=tuple(blocks), values=tuple(values))
        if n == 3 and folder.name == "changed":
            record = replace(record, values=(replace(record.values[0], text="7"), *record.values[1:]))
        (folder / str(n)).mkdir(parents=True)
        (folder / str(n) / f"{n}_outputs.json").write_text(written(record), encoding="utf-8")
    return folder


def main() -> None:
    """Print the medians with machine, date and command."""
    print(
        f"{datetime.date.today()} {platform.processor() or platform.machine()} {os.cpu_count()} cores, "
        f"{platform.platform()}, Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        old, changed = (site(Path(scratch, name)) for name in ("old", "changed"))
        same = Path(shutil.copytree(old, Path(scratch, "same")))
        size = sum(path.stat().st_size for path in old.rglob("*.json")) // 1000
        for name, new in (("nothing changed", same), ("one value changed", changed)):
            call = [sys.executable, "-c", MEASURED, str(old), str(new)]
            took = [
                float(subprocess.run(call, cwd=scratch, check=True, capture_output=True, text=True).stdout)
                for _ in range(ROUNDS)
            ]
            print(
                f"what changed, {POSTS} posts, {size:,} kB of records, {name}: median {statistics.median(took):.1f} ms, "
                f"best {min(took):.1f} ms of processor time (budget 20 ms where nothing changed)"
            )


if __name__ == "__main__":
    main()
