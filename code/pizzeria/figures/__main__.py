"""`python -m pizzeria.figures [--check] [FOLDER]`: write the figures of the post, or check them."""

import argparse
import sys
from pathlib import Path

from pizzeria.figures.gallery import drifted, write


def main(arguments: list[str] | None = None) -> int:
    """Write or check the figures; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pizzeria.figures", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("images"), help="default: images/")
    parser.add_argument("--check", action="store_true", help="compare with the files there, write nothing")
    options = parser.parse_args(arguments)
    if not options.check:
        for path in write(options.folder):
            print(path)
        return 0
    problems = drifted(options.folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("to mend: run `make figures`, look at the result and commit it", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
