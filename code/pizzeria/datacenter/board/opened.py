"""Servers as processes of their own, watched and put under load by this one, which serves the board."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from pizzeria.common.page_server import Feed, Page, board_files, serve_page, show
from pizzeria.common.parent_watch import leash, unleash
from pizzeria.datacenter.board.watch import TRAIL, Watched
from pizzeria.datacenter.measure.started import credentials_program, server
from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.servers.table import SERVERS
from pizzeria.datacenter.service.settings import Settings, options

FOLDER = Path(__file__).parent
FILES = board_files(FOLDER)
CROWDS = (0, 1, 10, 40, 400)
EVERY = 1.0  # s between two moments
SHARE = 4  # looking takes at most one part in so many: a thousand processes are looked at less often


def serve_with_board(settings: Settings, beside: Sequence[str] = ()) -> int:
    """Run the server of `settings`, and the ones `beside` it with the same settings, under a board until told to stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # while they start, it ends them as Ctrl-C does
    with ExitStack() as stack:
        url = settings.credentials_url
        if not url:
            service = stack.enter_context(credentials_program(settings.credentials_ms))
            stack.callback(unleash, leash(service["pid"]))
            url = service["listening"]
        own = ("port", "store", "credentials_url", "credentials_ms", "cores")
        same = {one.name: getattr(settings, one.name) for one in options() if one.name not in own}
        cores = {"loop": {"cores": settings.cores}}  # only that one has more than one
        kept = {"store": settings.store} if settings.store else {}
        first = {**same, **kept, **cores.get(settings.server, {}), "port": settings.port}
        asked = [(settings.server, first), *((name, {**same, **cores.get(name, {})}) for name in beside)]
        readies = []
        for name, words in asked:
            ready = stack.enter_context(server(name, url, **words))
            stack.callback(unleash, leash(ready["pid"]))  # at once: another may take long to start
            readies.append(ready)
            print(json.dumps(ready), flush=True)
        try:
            asyncio.run(board(readies, settings))
        finally:
            the_end.begun()  # the servers drain now, all at the same time, and nothing hurries them
            for ready in readies:
                with suppress(ProcessLookupError):
                    os.kill(ready["pid"], signal.SIGTERM)
    the_end.over()
    return 0


async def board(readies: Sequence[dict[str, Any]], settings: Settings) -> None:
    """Watch the servers and serve the board until SIGTERM or Ctrl-C."""
    loop, over, feed = asyncio.get_running_loop(), asyncio.Event(), Feed()
    for number in the_end.STOPPING:
        loop.add_signal_handler(number, over.set)
    numbers = settings.workers, settings.cores
    watched = [Watched(ready, SERVERS[ready["server"]][1], *numbers) for ready in readies]

    def play(said: Any) -> None:
        if said not in CROWDS or isinstance(said, bool):
            raise ValueError(f"clients: one of {CROWDS}")
        for one in watched:
            loop.call_soon_threadsafe(one.crowd.want, said)

    about = {"crowds": CROWDS, "moments": TRAIL}
    page = Page(FILES, {"board.json": about}, feed, {"clients": play})
    watching = asyncio.create_task(watch(watched, feed))
    try:
        with serve_page(page) as address:
            show(address)
            told = asyncio.create_task(over.wait())
            await asyncio.wait((told, watching), return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        for one in watched:
            await one.close()
        for number in the_end.STOPPING:
            loop.remove_signal_handler(number)
            signal.signal(number, lambda *_: None)
    if not watching.cancelled():
        watching.result()


async def watch(watched: Sequence[Watched], feed: Feed) -> None:
    """Tell the feed how everybody is, about once a second, until cancelled."""
    clock, used = time.monotonic(), time.process_time()
    while True:
        begun = time.monotonic()
        houses = [await one.moment() for one in watched]
        now, ours = time.monotonic(), time.process_time()
        feed.tell({"houses": houses, "load_cores": round((ours - used) / max(0.001, now - clock), 2)})
        clock, used = now, ours
        await asyncio.sleep(max(EVERY - (now - begun), (SHARE - 1) * (now - begun)))
