"""Bring posts and their paired notebooks in step, whichever of the two was edited.

When both were edited nothing is written, unless --prefer says which side wins; the other is kept as *.orig.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..config import load
from ..errors import PostError
from .common import each_post, github_argument, tell

HELP = "bring posts and their notebooks in step"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument(
        "posts", nargs="*", metavar="POST", type=Path, help="a post (default: all of the site)"
    )
    command.add_argument(
        "--prefer", choices=("post", "notebook"), default="", help="who wins when both changed"
    )
    command.add_argument(
        "--check", action="store_true", help="write nothing; fail when a pair is out of step"
    )
    github_argument(command)


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..notebooks import pairing
    from ..reading import post as posts

    config = load()
    failed = 0
    for path in each_post(args, config):
        try:
            post = posts.read(
                path, config.label(path), config.data_languages, config.required, extensions=config.extensions
            )
            if post.runs_nothing:
                continue
            if args.check:
                pairing.check_pair(post, config)
            else:
                print(pairing.sync(post, config, args.prefer))
        except PostError as error:
            failed += 1
            tell(error, config, args.github)
    for twin in [] if args.posts else pairing.orphans(config):
        if args.check:
            failed += 1
            tell(pairing.orphaned(twin, config), config, args.github)
        else:
            print(f"warning: {pairing.orphaned(twin, config).told(config.commands)}", file=sys.stderr)
    return 1 if failed else 0
