"""Measure five minutes: from `pip install` in an empty environment to the first page of a new blog, step by step.

The wheel is built from this checkout; everything else comes as it comes to anybody, by pip. Budget: 60 s for all of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.environments import build

BUDGET = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-cache", action="store_true", help="download every package anew")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wheel = build(place / "dist")[0]
        programs = place / "env" / "bin"
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-cache-dir"] if args.no_cache else []
        # No npm and no compiler on the path: a machine with nothing but Python.
        nothing = {**os.environ, "PATH": str(programs), "CI": ""}
        steps = {
            "an empty environment": lambda: venv.create(place / "env", with_pip=True),
            "pip install executable-posts[pelican]": lambda: _run([*pip, f"{wheel}[pelican]"], place),
            "executable-posts new blog": lambda: _run([programs / "executable-posts", "new", "blog"], place),
            "executable-posts publish": lambda: _run(
                [programs / "executable-posts", "publish"], place / "blog", nothing
            ),
        }
        print("| step | seconds |\n| --- | --- |")
        whole = 0.0
        for name, step in steps.items():
            begun = time.perf_counter()
            step()
            took = time.perf_counter() - begun
            whole += took
            print(f"| {name} | {took:.1f} |", flush=True)
        page = place / "blog" / "output" / "how-long-is-the-queue.html"
        text = page.read_text(encoding="utf-8")
        assert "7.9 minutes" in text
        assert "<svg" in text
        print(f"| from pip to page | {whole:.1f} (budget {BUDGET:.0f}) |")


def _run(command: list, folder: Path, env: dict | None = None) -> None:
    done = subprocess.run([*map(str, command)], cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")


if __name__ == "__main__":
    main()
