"""Serve the site on loopback. With a generator it is built first, and again whenever a source is saved.

The generator is the setting `generator`; its result is put in place only when all went well, so a fault leaves the last
good build on show. A command after -- is run instead, as it is. --no-build serves what is there.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from ..config import load
from .generator import command_of, go_home, sources
from .publish import output_argument

HELP = "serve the site, and rebuild it whenever a source is saved"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    output_argument(command)
    command.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    command.add_argument(
        "--watch",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="rebuild when something below changes (default: the site's sources, where a generator is set)",
    )
    command.add_argument("--no-build", action="store_true", help="only serve what was built before")
    command.add_argument(
        "rebuild",
        nargs="*",
        metavar="-- COMMAND",
        help="run this to build, at the start and after every change",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..site.serve import start_server, watch

    config = load()
    rebuild, watched = args.rebuild, args.watch
    if args.no_build:
        rebuild = []
    elif not rebuild and config.generator:
        # Looked at now, so that a wrong setting is one error and not one a save.
        command = command_of([], config)
        args.output = go_home(args.output, config)
        rebuild = [
            sys.executable,
            "-m",
            "executable_posts",
            "publish",
            "--output",
            str(args.output),
            "--",
            *command,
        ]
        watched = sources(config, args.output) if watched is None else watched
    args.output.mkdir(parents=True, exist_ok=True)
    try:
        server = start_server(args.output, args.port)
    except (OSError, OverflowError) as error:
        print(
            f"error: port {args.port}: {getattr(error, 'strerror', error)}\n"
            f"  mend: {config.said('choose another: `executable-posts serve --port 0`')}",
            file=sys.stderr,
        )
        return 1
    print(
        f"http://127.0.0.1:{server.server_port}/ serves {args.output}/; Ctrl-C stops",
        file=sys.stderr,
        flush=True,
    )
    try:
        if watched and rebuild:
            watch(watched, rebuild)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # there is no other way to end it, so this is no failure
    finally:
        server.shutdown()
        server.server_close()
    return 0
