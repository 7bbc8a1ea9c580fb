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
from pizzeria.datacenter.measure.compare import add_compare_arguments, run_compare
from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.table import SERVERS
from pizzeria.datacenter.service.settings import Settings

HELP = {
    "port": "0 lets the system choose",
    "workers": "threads of the pool",
    "backlog": "connections the kernel keeps for us",
    "queue": "reservations (of the pool: connections) that may wait; then 503",
    "connections": "open at a time; then 503",
    "deadline": "seconds for a request's whole service; then 504",
    "client": "seconds a client may take to send a request or to take an answer",
    "idle": "seconds a connection may stay silent between requests",
    "drain": "seconds for accepted requests after SIGTERM",
    "credentials_url": "the credentials service; one of our own is started when absent",
    "store": "a SQLite file or a postgresql:// address; a temporary file when absent",
    "compute_ms": "processor time of a price",
    "disk_ms": "a write takes at least so long: the story's disk",
    "credentials_ms": "what the credentials service takes",
}


def add_settings(parser: ArgumentParser) -> None:
    """Add an option for every setting but the server's name."""
    for field in fields(Settings):
        if field.name in HELP:
            option = "--" + field.name.replace("_", "-")
            parser.add_argument(
                option,
                type=type(field.default),
                default=field.default,
                help=HELP[field.name] + " (default: %(default)s)" * (field.default != ""),
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
    credentials = doors.add_parser("credentials", help="run the credentials service")
    credentials.add_argument("--port", type=int, default=0, help=HELP["port"])
    credentials.add_argument(
        "--delay-ms", type=float, default=Settings.credentials_ms, help=HELP["credentials_ms"]
    )
    credentials.add_argument("--leash", action="store_true", help="end when standard input is closed")
    credentials.add_argument(
        "--faults", action="store_true", help="users lying, broken, silent and vanishing get it"
    )
    add_compare_arguments(doors.add_parser("compare", help="put every server under load, measure, record"))


def run(options: Namespace) -> int:
    """Run a subcommand; return its exit code."""
    if options.door == "compare":
        return run_compare(options)
    if options.door == "credentials":
        from pizzeria.datacenter.servers.credentials import serve_credentials

        settings = Settings(server="credentials", port=options.port, credentials_ms=options.delay_ms, drain=1)
        settings.faults, settings.leash = options.faults, options.leash
        serve_credentials(settings.check())
        the_end.over()
        return 0
    names = {field.name for field in fields(Settings)}
    return serve(Settings(**{k: v for k, v in vars(options).items() if k in names}).check())


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
