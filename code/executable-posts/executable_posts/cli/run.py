"""Execute posts and report; publish nothing. A block that fails is told with its line, and the other posts still run.

At the end stands what is different from the published site, if it is there, in the posts that were executed: every
output, chart and value with its line, the old and the new.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..config import load
from ..errors import PostError
from .changed import Told, changes_argument
from .common import each_post, github_argument, tell

HELP = "execute posts and report; publish nothing"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument(
        "posts", nargs="*", metavar="POST", type=Path, help="a post (default: all of the site)"
    )
    command.add_argument(
        "--no-cache", action="store_true", help="run blocks even where their outputs are recorded"
    )
    command.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        help="the folder of the published site, to compare with (default: output)",
    )
    changes_argument(command)
    github_argument(command)


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..running.progress import TerminalProgress
    from ..site.build import Site

    config = load()
    told = Told(config, args.changes)
    published = config.root / args.output if args.output == Path("output") else args.output
    site = Site(config, use_recorded=False if args.no_cache else None, progress=TerminalProgress())
    failed = 0
    for path, executed in site.runs.ahead(each_post(args, config), to_the_end=True).items():
        try:
            if isinstance(executed, PostError):
                raise executed
            if not executed.cached:
                told.post(site.runs.of(path)[0], executed, published)
        except PostError as error:
            failed += 1
            tell(error, config, args.github)
    told.tell(f"the published {args.output}/")
    return 1 if failed else 0
