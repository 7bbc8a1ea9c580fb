"""`python -m pizzeria kitchen live`: every program of the connected kitchen, a lunch, and one live view of it."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext, suppress
from typing import Any

from pizzeria.common.page_server import show as show_page
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address, kitchen_named
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import Served, lunch, summary
from pizzeria.ovens.programs.board.serve import serve_board
from pizzeria.ovens.programs.command import (
    SCALE,
    add_broker_options,
    add_kitchen_options,
    add_ledger_option,
    kitchen_setup,
    ledger_of,
    positive,
    until_told,
)
from pizzeria.ovens.programs.view import View
from pizzeria.ovens.programs.whole_kitchen import WholeKitchen
from pizzeria.ovens.protocol.messages import TREE

WS = "PIZZERIA_BROKER_WS"
OVER = "the lunch is over; Ctrl-C closes the kitchen"
FRAMES = 8  # a second
LOOK_EVERY = 0.5  # s, whether a program was killed
SEEN = ("run", "oven_state", "tablet_state", "board")


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the options of the command on an argparse parser."""
    parser.add_argument("--cooks", type=int, default=4, help="a tablet each (default: 4)")
    parser.add_argument("--ovens", type=int, help="(default: 4 for each cook)")
    parser.add_argument(
        "--scale", type=float, default=SCALE, metavar="S", help=f"seconds a minute takes ({SCALE})"
    )
    add_kitchen_options(parser)
    add_broker_options(parser)
    add_ledger_option(parser, "a new file")
    parser.add_argument(
        "--open", action="store_true", help="the ovens' board in a browser; stay until Ctrl-C"
    )
    parser.add_argument(
        "--ws", metavar="URL", help=f"the broker's WebSocket address, for the board (default: {WS})"
    )


def run(options: Namespace) -> int:
    """Run the kitchen as the options say and return the exit code."""
    setup = kitchen_setup(options, cooks=options.cooks, ovens=options.ovens)
    positive("--scale", options.scale)
    served = until_told(kitchen(options, setup), options.leash)
    if served is None:
        return 1
    summary(served)
    return 0


async def kitchen(options: Namespace, setup: Setup) -> list[Served]:
    """Open the kitchen, serve the lunch, show it meanwhile; return what was served."""
    async with AsyncExitStack() as stack:
        address, ws_url = await broker(stack, options)
        if options.open and ws_url:
            page = stack.enter_context(serve_board(ws_url, kitchen=address.kitchen))
            show_page(page)
        house = WholeKitchen(address, setup.cooks, setup.ovens, options.scale, ledger=ledger_of(options))
        await stack.enter_async_context(house)
        view = View(lambda: {name: process.pid for name, process in house.processes.items()}, options.orders)
        link = await stack.enter_async_context(Link(address, "view", [TREE[kind].filter for kind in SEEN]))
        tasks = [asyncio.create_task(work) for work in (listen(link, view), look_after(house, view))]
        stack.push_async_callback(end, tasks)
        with show(view):
            serving = asyncio.create_task(
                lunch(address, setup, options.orders, options.seed, options.at_once)
            )
            await asyncio.wait((serving, *tasks), return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    await end([serving])
                    task.result()
            served = serving.result()
            await caught_up(view, len(served))
            if options.open:
                view.note(OVER)
                if not sys.stderr.isatty():  # nobody sees the view
                    print(OVER, file=sys.stderr, flush=True)
                with suppress(asyncio.CancelledError):  # Ctrl-C: close, and say how it was
                    await asyncio.Event().wait()
        say_what_the_ledger_says(house, options.orders)
        return served


async def broker(stack: AsyncExitStack, options: Namespace) -> tuple[Address, str | None]:
    """Return the address of the broker, and its WebSocket address or None; start one if none is given."""
    address = Address.given(options.broker, options.ca_file, options.kitchen, options.mqtt)
    ws_url = options.ws or os.environ.get(WS)
    if address is None:
        from pizzeria.ovens.brokers.kinds import default_broker

        setup = default_broker()
        await asyncio.to_thread(setup.start)
        stack.push_async_callback(asyncio.to_thread, setup.stop)
        kitchen = kitchen_named(options.kitchen)
        return Address(tuple(setup.urls), kitchen=kitchen, mqtt=setup.mqtt), setup.ws_url
    if options.open and not ws_url:
        ws_url = next((url for url in address.urls if url.startswith("ws")), None)
        if ws_url is None:
            raise ValueError(
                f"the board needs the broker's WebSocket address: --ws ws://HOST:PORT/mqtt or {WS}"
            )
    return address, ws_url


async def listen(link: Link, view: View) -> None:
    """Tell the view what is heard."""
    while True:
        if heard := await link.hear():
            view.hear(*heard)


async def caught_up(view: View, orders: int) -> None:
    """Wait until the picture is as far as the lunch; a moment at most."""
    for _ in range(20):
        if view.board.get("served", 0) + view.board.get("burnt", 0) >= orders:
            return
        await asyncio.sleep(0.05)


async def look_after(house: WholeKitchen, view: View) -> None:
    """Start again whoever was killed."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        for name, words in house.ended().items():
            if (house.processes[name].returncode or 0) > 0:
                raise OSError(f"{name} ended: {words.splitlines()[-1] if words else 'without a word'}")
            view.note(f"{name} was killed; somebody takes over")
            await house.start(name)


def show(view: View) -> AbstractContextManager[object]:
    """Return what shows the view while its block lasts; where there is no terminal, nothing is shown."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    return Live(view, console=console, refresh_per_second=FRAMES) if console.is_terminal else nullcontext()


def say_what_the_ledger_says(house: WholeKitchen, orders: int) -> None:
    """Print the audit of the ledger: what the kitchen proves about itself."""
    found = audit(read(house.ledger)[1])
    print(
        f"ledger: {len(found.closed)} of {orders} orders closed, {found.hand_outs} hand-outs, {found.doubled} doubled, "
        f"{found.given_back} given back, {found.repeated} repeated, {found.out_of_urgency} out of urgency"
    )


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these and wait for them."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=5)
