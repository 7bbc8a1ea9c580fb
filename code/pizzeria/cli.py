"""`python -m pizzeria`: one subcommand a room of the house, loaded when it is asked for."""

import argparse
import importlib
import sys

# Name: the module with HELP, add_arguments(parser) and run(options) -> exit code, and what the list of commands says.
COMMANDS = {
    "datacenter": (
        "pizzeria.datacenter.command",
        "the reservation service on threads, processes and event loops; the comparison",
    ),
    "kitchen": ("pizzeria.kitchen.command", "a lunch in both kitchens: tables, traces, charts, sweeps"),
}


def main(arguments=None, commands=COMMANDS):
    """Run one subcommand; return 0, or 1 after a one-line message. Bad usage exits with 2."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="python -m pizzeria", description="The executable pizzeria.")
    rooms = parser.add_subparsers(title="rooms", dest="room", metavar="ROOM", required=True)
    for name, (module, says) in commands.items():
        room = rooms.add_parser(name, help=says, description=says)
        if arguments[:1] == [name]:  # only the room that is entered is loaded
            entered = importlib.import_module(module)
            entered.add_arguments(room)
    options = parser.parse_args(arguments)
    try:
        return entered.run(options)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`). Nothing more can be said there, not even by the exit.
        sys.stdout = None
        return 1
    except (ValueError, OSError, ImportError) as error:
        print(f"{parser.prog} {options.room}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{parser.prog} {options.room}: interrupted", file=sys.stderr)
        return 1
