"""Edit the blocks of a real post in turn and see what a build runs: `python tests/benchmarks/bench_incremental.py [POST] [--all]`.

Every edit is made on the record of the same clean runs: a comment is added to the block's last line, so its key and the
keys of all that depend on it are new, and what is shown must be what a clean run shows. Two clean runs tell which
outputs differ by themselves, and where an edit shows what neither did, up to three more are asked; of what differs among
clean runs only the words are compared, not the numbers, and nothing where their words differ, too. Seconds are those of a
build without Pelican: of all of it, and of the statements that it ran. Exit code 1 when something is shown that clean runs,
which agree on it, do not show.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from executable_posts.changes.numbers import skeleton
from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.reading.blocks import Block
from executable_posts.reading.post import Post, parse
from executable_posts.running import cache
from executable_posts.running.account import Accounts
from executable_posts.running.by_unit import UnitRun, execute_units, recorded_units
from executable_posts.running.execute import Executed, Progress
from executable_posts.running.pieces import Pieces
from executable_posts.running.records import Records
from executable_posts.running.store import Store

COMMENTS = {"python": "  # edited", "bash": "\n# edited", "c++": "\n// edited", "javascript": "\n// edited"}
MOST_CLEAN = 5  # runs, to learn what varies


@dataclass
class Heard(Progress):
    """Hear how many passes there are, and of which blocks outputs are shown."""

    passes: int = 0
    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def begin(self, post: Post, count: int) -> None:
        """Count a pass."""
        self.passes += 1
        self.blocks = []

    def block(self, post: Post, block: Block) -> None:
        """Note a block."""
        self.blocks.append(block.id)

    def note(self, text: str) -> None:
        """Keep what is said."""
        self.notes.append(text)


class Bench:
    """Build one post again and again. folder: for records, removed by whoever made it."""

    def __init__(self, path: Path, folder: Path):
        self.config, self.path, self.folder = load(), path, folder
        self.base = cache.base(self.config, modules=False)
        self.modules = Store(folder / "pieces")
        self.text = path.read_text(encoding="utf-8")

    def build(self, text: str, records: str, reuse: bool = True) -> tuple[Executed, Heard, float]:
        """Build a text of the post; return what it gave, what was heard, and seconds."""
        post, heard = self.post(text), Heard()
        begun = time.perf_counter()
        run = UnitRun(
            config=self.config,
            records=Records(self.folder / records),
            base=self.base,
            pieces=Pieces("", self.modules, post.label),
            progress=heard,
        )
        executed = (recorded_units(post, run) if reuse else None) or execute_units(post, run, reuse)
        return executed, heard, time.perf_counter() - begun

    def worked(self) -> float:
        """Give the seconds that the statements of the last build took."""
        account = Accounts(self.config.cache_dir / "why").read(self.config.label(self.path))
        return account.worked if account else 0.0

    def post(self, text: str) -> Post:
        """Parse a text of the post."""
        return parse(text, self.config.label(self.path), extensions=self.config.extensions)

    def edits(self, everything: bool) -> Iterator[tuple[str, str]]:
        """Make the edits, each with what it is."""
        post = self.post(self.text)
        yield "nothing", self.text
        lines = self.text.split("\n")
        code = {n for b in post.blocks for n in range(b.fence_line, b.line + b.source.count("\n") + 2)}
        prose = next(
            rank
            for rank, line in enumerate(lines)
            if rank > post.header_lines and rank + 1 not in code and line[:1].isalpha() and "." in line
        )
        yield "a word of prose", "\n".join([*lines[:prose], f"Well, {lines[prose]}", *lines[prose + 1 :]])
        for block in post.blocks if everything else sample(post.blocks):
            last = block.line - 1 + block.source.count("\n")
            changed = [*lines[:last], lines[last] + COMMENTS[block.language], *lines[last + 1 :]]
            yield f"{block.language} {block.id}", "\n".join(changed)


def sample(blocks: list[Block]) -> list[Block]:
    """Choose the first and the last, some in between, and some of every language."""
    chosen = {0, len(blocks) - 1, *range(len(blocks) // 8, len(blocks), len(blocks) // 8)}
    for language in {b.language for b in blocks}:
        of_it = [b.index for b in blocks if b.language == language]
        chosen |= {of_it[0], of_it[-1]}
    return [blocks[rank] for rank in sorted(chosen)]


def outputs(executed: Executed) -> list[str]:
    """Write what is shown: a text for each block and each value."""
    shown = [
        repr(sorted((o.get("name", ""), repr(o.get("text", o.get("data")))) for o in r.outputs))
        for r in executed.results
    ]
    return [*shown, *executed.values]


def main() -> int:
    """Print the table with machine, date and command; return the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("post", nargs="?", type=Path, default=Path("content/asynchronous-pizzeria.md"))
    arguments.add_argument("--all", action="store_true", help="edit every block")
    args = arguments.parse_args()
    print(
        f"{datetime.date.today()} {platform.processor() or platform.machine()} {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.0f}, Python {platform.python_version()}: {' '.join(sys.argv)}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        return measure(Bench(args.post.resolve(), Path(folder)), args.all)


def measure(bench: Bench, everything: bool) -> int:
    """Run clean twice, then every edit; return 1 when one shows something else."""
    first, _, _ = bench.build(bench.text, "clean", reuse=False)
    second, _, took = bench.build(bench.text, "clean", reuse=False)
    print(
        "| edited | blocks shown anew | passes | seconds | of them its statements | as a clean run |\n| --- | --- | --- | --- | --- | --- |"
    )
    print(
        f"| everything, watched | {len(second.results)} | 1 | {took:.1f} | {bench.worked():.1f} | |",
        flush=True,
    )
    clean = [outputs(first), outputs(second)]
    wrong = 0
    for rank, (kind, text) in enumerate(bench.edits(everything)):
        shutil.copytree(bench.folder / "clean", bench.folder / str(rank))
        try:
            executed, heard, took = bench.build(text, str(rank))
        except PostError as error:
            print(f"| {kind} | | | | | FAILS: {error.found} |", flush=True)
            wrong += 1
            continue
        worked, shown = bench.worked(), outputs(executed)
        while (other := differing(clean, shown)) and len(clean) < MOST_CLEAN:
            clean.append(outputs(bench.build(bench.text, "asked", reuse=False)[0]))
        names = [b.id for b in bench.post(text).blocks] + ["a value"] * len(executed.values)
        said = "yes" if not other else f"NO: {', '.join(names[n] for n in other)}"
        note = f" ({'; '.join(heard.notes)})" if heard.notes else ""
        print(
            f"| {kind} | {len(heard.blocks)} | {heard.passes} | {took:.1f} | {worked:.1f} | {said}{note} |",
            flush=True,
        )
        wrong += bool(other)
        shutil.rmtree(bench.folder / str(rank))
    varied = sum(len(set(of)) > 1 for of in zip(*clean, strict=True))
    print(f"\n{varied} of {len(clean[0])} outputs and values differed among {len(clean)} clean runs")
    return 1 if wrong else 0


def differing(clean: list[list[str]], shown: list[str]) -> list[int]:
    """List the outputs that are not what clean runs show."""
    return [n for n, text in enumerate(shown) if not alike([run[n] for run in clean], text)]


def alike(clean: list[str], shown: str) -> bool:
    """Tell whether an output is a clean run's; of one that differs among clean runs only the words count, if not even
    they differ, and of a drawing that it is there."""
    if shown in clean:
        return True
    if len(set(clean)) == 1:
        return False
    if all("<svg" in one for one in (*clean, shown)):
        return True
    words = {skeleton(one) for one in clean}
    return len(words) > 1 or skeleton(shown) in words


if __name__ == "__main__":
    sys.exit(main())
