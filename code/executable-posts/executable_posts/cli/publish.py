"""Run the site's generator aside and put its result in place only when all went well.

The generator is the setting `generator`, or the command after --; {output} in it is the folder to write to.

At the end stands what readers will see otherwise: every output, chart and value that differs from the site that was
replaced, with its line, the old and the new. Nothing changed prints nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..config import load
from .changed import Told, changes_argument
from .generator import command_of, go_home

HELP = "run the site's generator aside, swap its result in on success"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    output_argument(command)
    changes_argument(command)
    command.add_argument(
        "generator",
        nargs="*",
        metavar="-- COMMAND",
        help="the generator's command, with {output} for the folder to write to (default: the setting `generator`)",
    )


def output_argument(command: argparse.ArgumentParser) -> None:
    """Add the option --output to a command."""
    command.add_argument(
        "--output", type=Path, default=Path("output"), help="the site's folder (default: output)"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..site.publish import publish

    config = load()
    told = Told(config, args.changes)
    if not args.generator:
        args.output = go_home(args.output, config)
    code = publish(command_of(args.generator, config), args.output, told.sites)
    if code == 0:
        hint = config.said("`executable-posts serve` shows it at http://127.0.0.1:8000/")
        print(f"Done: the site is in {args.output}/; {hint}", file=sys.stderr)
        told.tell(f"the last {args.output}/")
    else:
        print(f"Not published: {args.output}/ is as it was before.", file=sys.stderr)
    return code
