"""`python -m pizzeria`: one subcommand a room of the house, loaded when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# Name: where to find add_arguments(parser) and run(options) -> exit code (a module, or module:object), and what the
# list of commands says.
COMMANDS: dict[str, tuple[str, str]] = {
    "datacenter": (
        "pizzeria.datacenter.command",
        "the reservation service on threads, processes and event loops; the comparison",
    ),
    "kitchen": (
        "pizzeria.kitchen.command",
        "a lunch in both kitchens: tables, traces, charts, sweeps; live, over MQTT",
    ),
    "broker": ("pizzeria.ovens.programs.broker_command", "an MQTT broker for the kitchen, on this machine"),
    "oven": ("pizzeria.ovens.programs.command:oven", "a connected oven, or several"),
    "tablet": ("pizzeria.ovens.programs.command:tablet", "a cook with a tablet, or several"),
    "expediter": (
        "pizzeria.ovens.programs.command:expediter",
        "who hands out the most urgent work; a second one stands by",
    ),
    "orders": (
        "pizzeria.ovens.programs.command:orders",
        "the clients of a lunch, ringing at the connected kitchen",
    ),
    "record": (
        "pizzeria.recordings",
        "run again what the posts quote from a dated file: another compiler, another system",
    ),
}
# What one room lends another: rooms never import each other, so this is where they meet.
ACTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "kitchen": {
        "live": ("pizzeria.ovens.programs.live", "the connected kitchen: every program, one live view")
    }
}


def main(arguments: Sequence[str] | None = None, commands: Mapping[str, tuple[str, str]] = COMMANDS) -> int:
    """Run one subcommand; return 0, or 1 after a one-line message. Bad usage exits with 2."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="python -m pizzeria", description="The executable pizzeria.")
    rooms = parser.add_subparsers(title="rooms", dest="room", metavar="ROOM", required=True)
    for name, (module, says) in commands.items():
        room = rooms.add_parser(name, help=says, description=says)
        if arguments[:1] == [name]:  # only the room that is entered is loaded
            entered = load(module)
            actions = entered.add_arguments(room)
            for action, (module, says) in ACTIONS.get(name, {}).items():
                borrowed = actions.add_parser(action, help=says, description=says)
                if arguments[1:2] == [action]:
                    load(module).add_arguments(borrowed)
                    borrowed.set_defaults(run=load(module).run)
    options = parser.parse_args(arguments)
    try:
        code: int = getattr(options, "run", entered.run)(options)
        return code
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


def load(where: str) -> Any:
    """Return the module, or the object in one, that this names."""
    module, _, name = where.partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, name) if name else loaded
