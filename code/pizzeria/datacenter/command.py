"""`python -m pizzeria datacenter`: serve, credentials, compare."""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from pizzeria.common.subprocesses import python, ready_program
from pizzeria.datacenter.measure.compare_arguments import add_compare_arguments
from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.table import SERVERS
from pizzeria.datacenter.service.settings import Settings, limits_table, options, unit


def add_settings(parser: ArgumentParser) -> None:
    """Add an option for every setting but the server's name."""
    for one in options():
        says, beyond = one.metadata["says"], one.metadata["beyond"]
        says += f"; beyond it: {beyond}" if beyond else ""
        says += f" (default: %(default)s{f' {unit(one.name)}'.rstrip()})" if one.default != "" else ""
        parser.add_argument(
            "--" + one.name.replace("_", "-"), type=type(one.default), default=one.default, help=says
        )


def add_arguments(parser: ArgumentParser) -> None:
    """Add the subcommands."""
    doors = parser.add_subparsers(dest="door", metavar="COMMAND", required=True)
    serve = doors.add_parser("serve", help="run one server until SIGTERM or Ctrl-C")
    serve.add_argument(
        "--server",
        choices=SERVERS,
        default="loop",
        help="; ".join(f"{name}: {says}" for name, (_, says) in SERVERS.items()),
    )
    add_settings(serve)
    serve.add_argument(
        "--open",
        action="store_true",
        help="a board of the running server in a browser, with a crowd to put before it; its address is printed",
    )
    serve.add_argument(
        "--beside",
        action="append",
        choices=SERVERS,
        default=[],
        metavar="SERVER",
        help="with --open: another server on the same board, under the same crowd, on a port of its own",
    )
    credentials = doors.add_parser("credentials", help="run the credentials service")
    credentials.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    credentials.add_argument(
        "--delay-ms", type=float, default=Settings.credentials_ms, help="how long it takes"
    )
    credentials.add_argument("--leash", action="store_true", help="end when standard input is closed")
    credentials.add_argument(
        "--faults", action="store_true", help="users lying, broken, silent and vanishing get it"
    )
    doors.add_parser("limits", help="print how much a server takes of everything, as a Markdown table")
    add_compare_arguments(doors.add_parser("compare", help="put every server under load, measure, record"))


def run(asked: Namespace) -> int:
    """Run a subcommand; return its exit code."""
    if asked.door == "compare":
        from pizzeria.datacenter.measure.compare import run_compare

        return run_compare(asked)
    if asked.door == "limits":
        print(limits_table(), end="")
        return 0
    if asked.door == "credentials":
        from pizzeria.datacenter.servers.credentials import serve_credentials

        settings = Settings(server="credentials", port=asked.port, credentials_ms=asked.delay_ms, drain=1)
        settings.faults, settings.leash = asked.faults, asked.leash
        serve_credentials(settings.check())
        the_end.over()
        return 0
    names = {field.name for field in fields(Settings)}
    settings = Settings(**{k: v for k, v in vars(asked).items() if k in names}).check()
    if asked.open:
        from pizzeria.datacenter.board.opened import serve_with_board

        return serve_with_board(settings, asked.beside)
    if asked.beside:
        raise ValueError(f"--beside {asked.beside[0]}: that is for the board, so say --open too")
    return serve(settings)


def serve(settings: Settings) -> int:
    """Serve with what is missing started beside it: a credentials service, a file to write to."""
    with contextlib.ExitStack() as stack:
        if not settings.credentials_url:
            settings.credentials_url = stack.enter_context(own_credentials(settings.credentials_ms))
        if not settings.store:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="reservations-"))
            settings.store = str(Path(folder, "reservations.sqlite"))
        importlib.import_module(SERVERS[settings.server][0]).serve(settings)
    the_end.over()
    return 0


@contextlib.contextmanager
def own_credentials(delay_ms: float) -> Iterator[str]:
    """Run a credentials service beside us; yield its address."""
    command = [python(), "-m", "pizzeria", "datacenter", "credentials", "--leash", f"--delay-ms={delay_ms}"]
    # A session of its own: Ctrl-C at our terminal is ours to pass on, after the last client. The leash is the pipe.
    with ready_program(command, stdin=subprocess.PIPE) as line:
        yield json.loads(line)["listening"]
