"""Run the site's generator aside and put its result in place only when all went well.

The generator is the setting `generator`, or the command after --; {output} in it is the folder to write to.

At the end stands what readers will see otherwise: every output, chart and value that differs from the site that was
replaced, with its line, the old and the new. Nothing changed prints nothing.

A site that is up to date is not generated again: when all that Pelican took in for it (files, folders, settings, variables,
packages), and all that it wrote, is as it was. CACHE=off generates it all the same.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from ..config import load, reuse_asked
from .changed import Told, changes_argument
from .generator import command_of, go_home, heard_command, sources, written

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
    from ..site.publish import publish, tidy

    config = load()
    told = Told(config, args.changes)
    if not args.generator:
        args.output = go_home(args.output, config)
    command = command_of(args.generator, config)
    hint = config.said("`executable-posts serve` shows it at http://127.0.0.1:8000/")
    keep = None
    if config.found and (heard := heard_command(command)):
        from ..site.up_to_date import UpToDate

        known = UpToDate(config.cache_dir, sources(config, args.output), written(config, args.output))
        before = known.look(command, args.output)
        command, keep = heard, partial(known.keep, before)
        if reuse_asked() and not args.changes and (when := known.since(before)):
            tidy(args.output.resolve())
            print(f"Nothing has changed since {when}: {args.output}/ is up to date; {hint}", file=sys.stderr)
            return 0
    code = publish(command, args.output, told.sites, after_swap=keep)
    if code == 0:
        print(f"Done: the site is in {args.output}/; {hint}", file=sys.stderr)
        told.tell(f"the last {args.output}/")
    else:
        print(f"Not published: {args.output}/ is as it was before.", file=sys.stderr)
    return code
