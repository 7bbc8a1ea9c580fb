"""Pelican hands the posts that opted in to the `executable_posts` engine; every other file stays with Pelican's own readers."""

from __future__ import annotations

import sys


def register() -> None:
    """Connect to Pelican; a faulty installation ends the build with one error, since Pelican would go on without the plugin."""
    try:
        # Pelican imports every installed plugin, also for blogs that use none: what the engine needs is imported here.
        from . import adapter
    except ImportError as error:
        missing = (error.name or str(error)).partition(".")[0]
        print(
            f"error: executable_posts needs {missing!r}, which is not installed here: {error}\n"
            f'  mend: pip install "executable-posts[pelican]" into the environment of {sys.executable}',
            file=sys.stderr,
        )
        raise SystemExit(1) from None
    adapter.connect()
