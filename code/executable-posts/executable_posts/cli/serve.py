"""Serve the site on loopback. With a generator it is built first, and again whenever a source is saved.

The generator is the setting `generator`; its result is put in place only when all went well, so a fault leaves the last
good build on show. Open pages refresh in place: where one was read, what is unfolded and what was run stays; while
blocks run they say which, and a fault is shown with its lines until it is mended. Pelican is loaded once, and every build is a fork of that
process, so your own settings, plugins and modules are always read anew. Of all this nothing is written into the site.

Only this machine is answered, and only when it asks for this machine: a page from elsewhere may not read what you write.

A command after -- is run instead, as it is, and in a new process every time. --no-build serves what is there.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config, load
from .changed import Told
from .generator import builder_of, command_of, go_home, sources, written
from .publish import output_argument

if TYPE_CHECKING:
    from ..serving.session import Run

HELP = "serve the site, and refresh its pages whenever a source is saved"


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
    command.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer requests for this host too, as they come through a tunnel (default: this machine's own names)",
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
    from ..serving.board import Board
    from ..serving.builders import Builder, NewProcess
    from ..serving.pages import start_server
    from ..serving.session import Session
    from ..serving.watching import Sources

    config = load()
    swapping = threading.Lock()
    board = Board()
    build: Callable[[Run], int] | None = None
    builder: Builder = NewProcess()
    watched: list[Path] = args.watch or []
    if args.rebuild and not args.no_build:
        command = args.rebuild
        build = lambda run: run(command, None)
    elif config.generator and not args.no_build:
        # Looked at now, so that a wrong setting is one error and not one a save.
        generator = command_of([], config)
        args.output = go_home(args.output, config)
        watched = sources(config, args.output) if args.watch is None else args.watch
        builder = builder_of(generator)
        build = lambda run: _publish(generator, args.output, config, run, swapping)
    args.output.mkdir(parents=True, exist_ok=True)
    try:
        server = start_server(args.output, args.port, board if build else None, swapping, args.allow_host)
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
        if build and watched:
            kept_out = written(config, args.output)
            Session(config, Sources(watched, kept_out), board, builder, build, args.output).run()
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # there is no other way to end it, so this is no failure
    finally:
        board.close()
        server.shutdown()
        server.server_close()
    return 0


def _publish(
    command: list[str],
    output: Path,
    config: Config,
    run: Run,
    swapping: AbstractContextManager[object],
) -> int:
    from ..site.publish import publish

    told = Told(config, None)
    code = publish(command, output, told.sites, run, swapping)
    if code == 0:
        told.tell(f"the last {output}/")
    return code
