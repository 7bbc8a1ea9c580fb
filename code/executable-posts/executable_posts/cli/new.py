"""Start something: a blog, a plain folder of posts, one post, or what other tools need to know about the posts.

  blog [FOLDER]     a Pelican blog that builds at once: settings, a first post, its notebook
  folder [FOLDER]   posts without a generator: a script of a dozen lines makes the pages, to be replaced by your own
  post TITLE        a post in this site, and its notebook
  github            a workflow that proves the posts on every push
  pre-commit        a configuration for pre-commit that refuses faulty posts
  vscode            tasks for VS Code that show faults at their lines

Nothing is ever overwritten: when a file exists already, nothing at all is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "start a blog, a folder of posts, a post, or the files for other tools"
EXTRAS = {"github": "github", "pre-commit": "precommit", "vscode": "vscode"}


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    kinds = command.add_subparsers(dest="kind", required=True, metavar="WHAT")
    for kind, text in (("blog", "a Pelican blog"), ("folder", "posts without a generator")):
        site = kinds.add_parser(kind, help=text)
        default = "blog" if kind == "blog" else "posts"
        site.add_argument(
            "folder",
            nargs="?",
            type=Path,
            default=Path(default),
            help="where (default: blog, and posts for a folder)",
        )
        for name in EXTRAS:
            site.add_argument(f"--{name}", action="store_true", help=f"with the files of `new {name}`")
    post = kinds.add_parser("post", help="a post in this site")
    post.add_argument("title", help='such as "The knee"; letters of any script')
    for name in EXTRAS:
        kinds.add_parser(name, help="its files, into this site")


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from . import starting

    if args.kind == "post":
        said = starting.start_post(args.title)
    elif args.kind in EXTRAS:
        said = starting.start_extra(EXTRAS[args.kind])
    else:
        extras = [place for name, place in EXTRAS.items() if getattr(args, name.replace("-", "_"))]
        said = starting.start_site(args.kind, args.folder, extras)
    print(said)
    return 0
