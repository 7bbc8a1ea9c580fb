"""What `publish`, `run` and `diff` have in common: the list of what changed, on the terminal and in a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config
from ..errors import PostError

if TYPE_CHECKING:
    from ..changes.change import Change
    from ..changes.record import Record
    from ..reading.post import Post
    from ..running.execute import Executed

MOST, MOST_LINES = 30, 2  # changes that a build tells, and lines of each; a file has them all


def changes_argument(command: argparse.ArgumentParser) -> None:
    """Add the option --changes to a command."""
    command.add_argument(
        "--changes",
        type=Path,
        metavar="FILE",
        help="write all that changed to FILE, too: as a Markdown table if its name ends in .md, else as JSON",
    )


class Told:
    """Tell what changed, once, when a command has done its work; a comparison that fails is a warning and no more."""

    def __init__(self, config: Config, file: Path | None) -> None:
        """Prepare to tell. file: what is written besides; raise PostError when it cannot be."""
        self.config = config
        self.changes: list[Change] = []
        self.published: dict[str, Record] | None = None
        self.file = file.resolve() if file else None
        if self.file and (self.file.is_dir() or not self.file.parent.is_dir()):
            raise PostError(self.file, 0, "cannot be written", "name a file in a folder that is there")

    def sites(self, old: Path, new: Path) -> None:
        """Compare the site that is to be replaced with the one that replaces it; nothing where the old one has no record."""
        try:
            from ..changes.sites import compare_sites

            compared = compare_sites(old, new)
            self.warn(compared.troubles)
            self.changes += compared.changes if compared.records[0] else []
        except Exception as error:  # whatever it is, the site is sound
            self.failed(error)

    def post(self, post: Post, executed: Executed, published: Path) -> None:
        """Compare a post that was executed with what a site shows of it. published: that site's folder, always the same."""
        try:
            from ..authors import explorable
            from ..changes import sites
            from ..changes.comparing import compare
            from ..changes.recording import recorded
            from ..html.cells import render_cells

            if self.published is None:
                troubles: list[PostError] = []
                self.published = sites.published(published, troubles)
                self.warn(troubles)
            if old := self.published.get(post.label):
                # Charts are compared as a page has them; where blocks run, or what its policy is, changes nothing in those.
                _, _, charts = render_cells(post, executed, {}, "")
                beside = {**explorable.files(post, executed), **charts}
                self.changes += compare(old, recorded(post, executed, beside))
        except PostError:
            return  # an output that no page can show: `publish` says so
        except Exception as error:  # whatever it is, the blocks ran
            self.failed(error)

    def warn(self, troubles: list[PostError]) -> None:
        """Say which records could not be read."""
        for trouble in troubles:
            print(f"warning: {trouble.told(self.config.commands)}", file=sys.stderr)

    def failed(self, error: Exception) -> None:
        """Say that there is no comparison."""
        print(f"warning: what changed cannot be told: {type(error).__name__}: {error}", file=sys.stderr)

    def tell(self, against: str) -> None:
        """Print the list, if there is one, and write the file. against: the site that was compared with."""
        if not self.changes and not self.file:
            return  # as at most builds: nothing is loaded for it
        from ..changes.change import as_json
        from ..changes.markdown import as_markdown
        from ..changes.plain import heading
        from ..changes.text import as_text, coloured

        if self.changes:
            print(f"What changed, compared with {against}: {heading(self.changes)}", file=sys.stderr)
            for line in as_text(self.changes, MOST, MOST_LINES, coloured(sys.stderr)):
                print(f"  {line}", file=sys.stderr)
        if len(self.changes) > MOST and not self.file:
            print("  --changes FILE writes all of them", file=sys.stderr)
        if self.file:
            write = as_markdown if self.file.suffix == ".md" else as_json
            try:
                self.file.write_text(write(self.changes), encoding="utf-8")
            except OSError as error:
                self.failed(error)
