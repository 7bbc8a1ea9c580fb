"""Find everything that is wrong with the posts, without running a block: all faults of all posts at once.

Looked at are headers, fences and their attributes, links, inline values, the syntax of Python blocks, and the paired
notebooks. --json prints a list on standard output, one object a fault: file (from the site's root), line (1-based, 0
when the whole file is meant), found, mend, and fixable (whether --fix mends it).

--lint asks ruff about the Python of blocks and values as well: names that no block defines, and what is surely a fault.
Names are shared by the blocks of a post, `await` may stand anywhere, and nothing is said about style. A line that ends
with a comment `# noqa: CODE` is let off.

--fix mends what has exactly one mend, says what it did, and keeps every other byte.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config, load
from ..errors import PostError
from .common import each_post, github_argument, tell

if TYPE_CHECKING:
    from ..site.faults import Checked

HELP = "find everything wrong with the posts, without running a block"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument(
        "posts", nargs="*", metavar="POST", type=Path, help="a post (default: all of the site)"
    )
    command.add_argument("--json", action="store_true", help="print the faults as JSON on standard output")
    github_argument(command)
    command.add_argument(
        "--lint",
        action="store_true",
        help="ask ruff about the Python of the blocks, too, and how long lines are",
    )
    command.add_argument("--fix", action="store_true", help="mend what has exactly one mend")


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    try:
        config = load()
        paths = each_post(args, config)
    except PostError as error:
        if args.json:
            print(json.dumps([_entry(error, error.mend, False)], ensure_ascii=False, indent=1))
        raise
    from ..site.faults import check_post, check_site

    entries, count = [], 0
    faults: list[PostError] = []
    for path in paths:
        checked = check_post(path, config, args.lint)
        if args.fix and checked.fixes:
            _mend(checked, config)
            checked = check_post(path, config, args.lint)
        faults += checked.faults
        entries += [_entry(f, config.said(f.mend), checked.fixable(f)) for f in checked.faults]
        count += sum(checked.fixable(f) for f in checked.faults)
    if not args.posts:
        orphans = check_site(config)
        faults += orphans
        entries += [_entry(f, config.said(f.mend), False) for f in orphans]
    for fault in faults:
        tell(fault, config, args.github)
    if args.json:
        print(json.dumps(entries, ensure_ascii=False, indent=1))
    posts = f"{len(paths)} post{'s' if len(paths) != 1 else ''}"
    if faults:
        hint = config.said(f"; `executable-posts check --fix` mends {count}") if count else ""
        print(f"{len(faults)} fault{'s' if len(faults) != 1 else ''} in {posts}{hint}", file=sys.stderr)
    else:
        print(f"{posts}: nothing wrong; no block was run", file=sys.stderr)
    return 1 if faults else 0


def _mend(checked: Checked, config: Config) -> None:
    """Write a mended post aside and put it in place, line ends and byte order mark as they were."""
    aside = checked.path.with_name(checked.path.name + ".new")
    aside.write_bytes(checked.mended.encode())
    os.replace(aside, checked.path)
    for done in checked.fixes:
        label = config.label(checked.path)
        print(f"{label}:{done.line}: {done.old}\n  now: {done.new}", file=sys.stderr)


def _entry(fault: PostError, mend: str, fixable: bool) -> dict[str, object]:
    return {"file": fault.path, "line": fault.line, "found": fault.found, "mend": mend, "fixable": fixable}
