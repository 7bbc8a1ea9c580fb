"""What the commands share: which posts are meant, and how a fault is told."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..config import Config, load
from ..errors import PostError


def each_post(args: argparse.Namespace, config: Config) -> list[Path]:
    """List the posts that a command is about: those named, or all of the site; raise PostError when there are none."""
    for warning in config.check():
        print(f"warning: {warning}", file=sys.stderr)
    paths = args.posts or config.post_paths()
    if not paths:
        raise PostError(
            ", ".join(config.posts) or config.label(config.content_dir),
            0,
            "no post found",
            '`executable-posts new post "Title"` starts one',
        )
    return [Path(p).resolve() for p in paths]


def tell(error: PostError, config: Config | None = None, github: bool = False) -> None:
    """Print a fault for people; with ``github``, as an annotation at its line on standard output as well."""
    commands = (config or _settings()).commands
    print(f"error: {error.told(commands)}", file=sys.stderr)
    if github:
        print(annotation(error, config or _settings()), flush=True)


def annotation(error: PostError, config: Config) -> str:
    """Write a fault as a workflow command of GitHub: ``::error file=...,line=...::text``."""
    # Annotations name files from the repository's root, which may be above the site's.
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or os.getcwd()).resolve()
    place = (config.root / error.path).resolve()
    file = place.relative_to(workspace).as_posix() if place.is_relative_to(workspace) else error.path
    where = f"file={_property(file)}" + (f",line={error.line}" if error.line else "")
    said = error.found + (f"\nmend: {config.said(error.mend)}" if error.mend else "")
    return f"::error {where},title=executable-posts::{_data(said)}"


def github_argument(command: argparse.ArgumentParser) -> None:
    """Add the option --github to a command."""
    command.add_argument(
        "--github", action="store_true", help="print faults as annotations for a GitHub workflow, too"
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _settings() -> Config:
    try:
        return load()
    except PostError:
        return Config()
