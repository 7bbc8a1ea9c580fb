"""A whole lunch while everything fails in turn: on each broker, with each ledger, killed, stopped and cut."""

import asyncio
from contextlib import ExitStack
from types import MappingProxyType
from urllib.parse import urlsplit
from uuid import uuid4

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens import crash_experiment
from pizzeria.ovens.brokers.kinds import Access
from pizzeria.ovens.mqtt.address import BROKER
from pizzeria.ovens.programs.command import LEDGER
from support.cut import WAYS, Cable

ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#",))
# Nine faults, each of another kind than its neighbours; "ledger" only where it is a server.
FAULTS = ("cook", "expediter", "stopped", "cut", "oven", "cook", "broker", "ledger", "stopped")
AWAY = (0.2, 2.0)  # s that a cable is cut or a server is dead
# A minute takes 5 ms, so that the lunch takes 10 s; then a broker that is away for a second is away for hours.
KITCHEN = MappingProxyType(
    {"scale": 0.005, "setup": Setup(cooks=6, orders_per_hour=60.0, burns_after=600.0), "cooks": 6}
)


def through(url, port):
    """Return an address with another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(str(parts.port), str(port))).geturl()


def chaos(kind, server, orders=500, seed=1, faults=FAULTS, bound=240):
    """Run a lunch on a broker of this kind and return its `Crashes`; `server` is the ledger's PostgreSQL, None for a file.

    The expediters reach broker and server through cables, which "cut" cuts in a way that is drawn.
    """
    broker = kind(ACCESS)
    where = f"{server.url}#{uuid4().hex}" if server else None
    with ExitStack() as stack:
        cables = []

        def cable(url):
            cables.append(stack.enter_context(Cable(urlsplit(url).port)))
            return through(url, cables[-1].port)

        def detours(started):
            found = {BROKER: ",".join(map(cable, started.urls))}
            return found | {LEDGER: cable(where)} if where else found

        async def cut(dice):
            some = dice.choice([cables[: broker.nodes], cables[broker.nodes :] or cables])
            for one in some:
                one.cut(dice.choice(WAYS))
            await asyncio.sleep(dice.uniform(*AWAY))
            for one in some:
                one.mend()

        async def ledger(dice):
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(dice.uniform(*AWAY))
            await asyncio.to_thread(server.restart)

        more = {"cut": cut, "ledger": ledger} if server else {"cut": cut}
        faults = [fault if server or fault != "ledger" else "oven" for fault in faults]
        return asyncio.run(
            crash_experiment(
                orders,
                seed,
                faults,
                broker,
                bound=bound,
                more=orders // 10,
                ledger=where,
                faults=more,
                detours=detours,
                **KITCHEN,
            )
        )
