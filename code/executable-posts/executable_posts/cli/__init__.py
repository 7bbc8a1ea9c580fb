"""The command line: ``executable-posts COMMAND``, or ``python -m executable_posts COMMAND``; a module a command.

A command's module imports what it needs when it runs, so that `check` and `--help` answer at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from ..errors import PostError, missing_module, no_place
from . import adopt, check, diff, new, publish, run, serve, sync, why

COMMANDS = (new, check, run, serve, publish, diff, why, sync, adopt)
EPILOG = """exit codes:
  0    all is well
  1    something is wrong with a post, a setting or the site; each fault was said with its line and how to mend it
  2    the command line was not understood
  130  stopped by Ctrl-C or by the system; serve, which ends in no other way, ends with 0
  publish ends with the exit code of the site's generator when that failed
  diff ends with 1 when the sites differ, and with 2 when it cannot tell

Settings stand in the table [tool.executable_posts] of pyproject.toml, looked for from the current folder upwards.
CACHE=off in the environment runs every block anew.
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="executable-posts",
        description="Run every code block of a blog's Markdown posts, prove them, and publish what came out.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=_Version, help="say which version this is, and end")
    top.add_argument(
        "--with-parent",
        type=int,
        metavar="PID",
        help="end when the process that started this one, PID, has ended",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(command)
        command.set_defaults(main=module.main)
    return top


class _Version(argparse.Action):
    """Look the version up only when it is asked for: reading the metadata takes time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(nargs=0, **kwargs)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"executable-posts {version('executable-posts')}, Python {sys.version.split()[0]}")
        parser.exit()


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = parser().parse_args(argv)
    # Kernels and half-built sites are cleaned up either way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if args.with_parent:
        from ..running.leashes import end_with_parent

        end_with_parent(args.with_parent)
    try:
        code: int = args.main(args)
        return code
    except PostError as error:
        from .common import tell

        tell(error)
        return 1
    except OSError as error:
        if (full := no_place(error)) is None:
            raise
        from .common import tell

        tell(full)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("executable_posts"):
            raise
        print(f"error: {missing_module(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
