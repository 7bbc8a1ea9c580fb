"""Measure what an author waits for: `python tests/benchmarks/bench_serve.py [--saves 200] [--real]`.

From a save to the open page showing it, in Chromium: a word of prose, and a cheap block, on a blog of one small post; with --real also
on this repository's first post (108 blocks, of which a changed one has all run again). Beside it, in turn, the same save built by a
new process, as every build was before. Then a session of saves: memory and processes of the server and all below it.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.blog import ROOT
from support.serving import Server, server, small_blog, write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOWN = """text => new Promise(done => { const look = () => document.body.textContent.includes(text) ? done() : setTimeout(look, 2); look(); })"""
BODY = "Prose {0}.\n\n```python\nprint('block {1}')\n```\n\n" + "\n\n".join(
    f"Paragraph {n}, and the value {{{{eval}}}}`{n} + 1`." for n in range(20)
)


def new_process(folder: Path) -> float:
    """Build by a new process, as `publish` does; give the seconds."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "executable_posts", "publish", "--output", ".cache/compared"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "CACHE": "on"})
    return time.perf_counter() - begun


def measure(name: str, running: Server, page, save: Callable[[str], None], rounds: int) -> None:
    """Print the medians of saves that are shown, and of the same saves built by a new process."""
    shown, built, anew = [], [], []
    for at in range(rounds):
        word = f"{name.replace(' ', '-')}-{at}"
        begun = time.perf_counter()
        save(word)
        page.evaluate(SHOWN, word)
        shown.append(time.perf_counter() - begun)
        built.append(float(running.built().split()[2]) / 1000)
        save(f"{word}-anew")
        anew.append(new_process(running.folder))
        running.built()
    print(
        f"  {name}: on the page after {median(shown):.2f} s (best {min(shown):.2f}), built in {median(built):.2f} s (best "
        f"{min(built):.2f}); by a new process {median(anew):.2f} s (best {min(anew):.2f}): {median(built) / median(anew):.2f} ×",
        flush=True,
    )


def weigh(running: Server) -> tuple[float, int, int]:
    """Give the memory (MB, shared parts once), processes and open descriptors of a server and of all below it."""
    processes = [psutil.Process(running.process.pid), *running.below()]
    memory = sum(process.memory_full_info().pss for process in processes) / 1e6
    return memory, len(processes), sum(process.num_fds() for process in processes)


def session(folder: Path, saves: int) -> None:
    """Save many times, and print what the server weighs."""
    with server(small_blog(folder)) as running:
        write(folder, BODY.format("first", "first"))
        running.built()
        for at in range(1, saves + 1):
            write(folder, BODY.format(f"number {at}", at // 10))
            running.built()
            if at in (10, saves // 2, saves):
                memory, processes, descriptors = weigh(running)
                print(
                    f"  after {at} saves: {memory:.0f} MB in {processes} processes, {descriptors} descriptors",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--real", action="store_true", help="measure this repository's first post as well")
    args = parser.parse_args()
    print(
        f"{datetime.date.today()} {platform.machine()} {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}: {' '.join(sys.argv)}"
    )
    if not CHROMIUM:
        print("bench_serve: needs Chromium")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        folder = small_blog(Path(scratch, "small"))
        write(folder, BODY.format("first", "first"))
        print("a blog of one small post")
        with server(folder) as running:
            running.built()
            page.goto(f"{running.base}/post/")
            save = lambda word: write(folder, BODY.format(word, "first"))
            measure("a word of prose", running, page, save, args.rounds)
            save = lambda word: write(folder, BODY.format("first", word))
            measure("a cheap block", running, page, save, args.rounds)
        if args.real:
            real(page, Path(scratch, "real"), args.rounds)
        print("a session of saves")
        session(Path(scratch, "session"), args.saves)


def real(page, folder: Path, rounds: int) -> None:
    """Measure on a copy of this repository, with what it has recorded."""
    leave = shutil.ignore_patterns(".git", ".venv", "output", "__pycache__", "site", "screenshots")
    shutil.copytree(ROOT, folder, ignore=leave, symlinks=True)
    post = folder / "content" / "asynchronous-pizzeria.md"
    text = post.read_text(encoding="utf-8")
    place = text.index("\n\n", text.index("\n## ")) + 2
    print("the site of this repository, its first post")
    with server(folder, "--watch", "content") as running:
        running.built()
        page.goto(f"{running.base}/asynchronous-pizzeria/")
        save = lambda word: post.write_text(f"{text[:place]}{word} {text[place:]}", encoding="utf-8")
        measure("a word of prose", running, page, save, rounds)


if __name__ == "__main__":
    main()
