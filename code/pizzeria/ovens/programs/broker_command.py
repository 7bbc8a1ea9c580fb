"""`python -m pizzeria broker`: start one and say where, or say who may speak on one."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace

from pizzeria.ovens.mqtt.address import BROKER, KITCHEN, MQTT, VERSIONS, kitchen_named
from pizzeria.ovens.programs.access_lists import access_list
from pizzeria.ovens.programs.command import until_told
from pizzeria.ovens.protocol.messages import checked_name

BROKERS = ("nats", "embedded", "mosquitto", "nats-cluster")


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options of the command on an argparse parser."""
    parser.add_argument(
        "--kind", choices=BROKERS, help="(default: nats; embedded, in Python, where there is no NATS server)"
    )
    parser.add_argument("--leash", action="store_true", help="end when standard input is closed")
    parser.add_argument(
        "--access-list",
        metavar="DEVICE",
        nargs="+",
        help="start none; print what has nobody speak for another, an acl_file for Mosquitto or, with --kind nats, a part of a"
        " NATS server's configuration: users are expediter, orders, board and these, oven-NAME or tablet-NAME",
    )
    parser.add_argument(
        "--kitchen",
        metavar="NAME",
        help=f"with --access-list: whose topics begin with NAME/ (default: {KITCHEN}, else none)",
    )


def run(options: Namespace) -> int:
    """Start a broker, or print an access list; return the exit code."""
    if options.access_list:
        kitchen = kitchen_named(options.kitchen)
        prefix = f"{checked_name(kitchen)}/" if kitchen else ""
        print(access_list(options.kind, options.access_list, prefix), end="")
        return 0
    from pizzeria.ovens.brokers.kinds import default_broker, every_broker

    named = (s for s in every_broker() if s.name == options.kind)
    setup = next(named) if options.kind else default_broker()
    with setup:
        print(f"{BROKER}={','.join(setup.urls)}  # WebSocket: {setup.ws_url}", flush=True)
        if setup.mqtt != VERSIONS[0]:
            print(f"{MQTT}={setup.mqtt}  # which it offers, if you want it", flush=True)
        until_told(asyncio.Event().wait(), options.leash)
    return 0
