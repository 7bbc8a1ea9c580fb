"""What `python -m pizzeria datacenter compare` takes: apart, since no server that is started needs what measures it."""

from __future__ import annotations

from argparse import ArgumentParser

from pizzeria.datacenter.servers.table import SERVERS

CLIENTS = (1, 10, 100, 1000, 5000)
ROUNDS = 5
HELD = 9000
DEFAULT = "content/data/datacenter.json"


def add_compare_arguments(parser: ArgumentParser) -> None:
    """Add the options of the comparison."""
    parser.add_argument("--servers", default=",".join(SERVERS), help="names, with commas (default: all)")
    parser.add_argument("--clients", default=",".join(map(str, CLIENTS)), help="loads (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, metavar="N",
        help="windows of everybody; a round measures all of them once (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--held", type=int, default=HELD, help="idle connections to hold; 0: none (default: %(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="the decisive pair only: a pool of 10 against the loop"
    )
    parser.add_argument("--no-proxies", action="store_true", help="leave out Apache httpd, nginx and Node.js")
    parser.add_argument("--no-crowd", action="store_true", help="leave out bytes a waiting client")
    parser.add_argument("--out", default=DEFAULT, help="the file to write (default: %(default)s)")
