"""Compare two published sites: every output, chart and value that their pages show otherwise, and posts and blocks that
came, went, moved or have another name.

OLD and NEW are folders, as `publish` makes them. Theme, addresses and generator do not matter: what is read are the
records that lie beside the pages, files whose names end in _outputs.json.

A number that went no further than its block's tolerance is not told, nor are the numbers of a block that is tagged
output-varies; what the new site says of its blocks counts.

--json prints a list on standard output, one object a change: what (post, block, output, chart, picture or value), kind
(new, removed, renamed, moved or changed), file, line (0 where it is not in the new post), old_line, name (a block's, or a
value's expression), form (of an output), old, new, note, numbers (of, old, new, relative), diff (lines), more (how many
further lines). --markdown prints a table for a pull request.

The exit code is 0 when nothing differs, 1 when something does, 2 when the sites could not be compared, or not whole.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..config import Config
from ..errors import PostError
from .common import tell

HELP = "list what two published sites show otherwise: outputs, charts, numbers"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument("old", metavar="OLD", type=Path, help="the folder of the site as it was")
    command.add_argument("new", metavar="NEW", type=Path, help="the folder of the site as it is")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the changes as JSON")
    form.add_argument("--markdown", action="store_true", help="print the changes as a Markdown table")


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..changes.change import as_json
    from ..changes.markdown import as_markdown
    from ..changes.sites import compare_sites
    from ..changes.text import as_text, coloured

    for folder in (args.old, args.new):
        if not folder.is_dir():
            tell(PostError(folder, 0, "is no folder", "name the folder of a published site"), Config())
            return 2
    compared = compare_sites(args.old, args.new)
    for folder, count in zip((args.old, args.new), compared.records, strict=True):
        if not count:
            mend = "publish it by this engine: the records are files *_outputs.json beside the pages"
            tell(PostError(folder, 0, "holds no record of outputs", mend), Config())
            return 2
    for trouble in compared.troubles:
        tell(trouble, Config())
    if args.json:
        text = as_json(compared.changes)
    elif args.markdown:
        text = as_markdown(compared.changes)
    else:
        text = "".join(f"{line}\n" for line in as_text(compared.changes, colour=coloured(sys.stdout)))
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2 if compared.troubles else 1 if compared.changes else 0
