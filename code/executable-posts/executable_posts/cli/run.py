"""Execute posts and report; publish nothing. A block that fails is told with its line, and the other posts still run."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..config import load
from ..errors import PostError
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
    github_argument(command)


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..running.progress import TerminalProgress
    from ..site.build import Site

    config = load()
    site = Site(config, use_recorded=False if args.no_cache else None, progress=TerminalProgress())
    failed = 0
    for path in each_post(args, config):
        try:
            site.execute(site.read(path))
        except PostError as error:
            failed += 1
            tell(error, config, args.github)
    return 1 if failed else 0
