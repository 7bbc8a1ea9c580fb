"""The expediter at work: messages in, facts to the ledger in groups, then work and news out; or a standby that waits."""

from __future__ import annotations

import asyncio
import logging
import time
from math import inf
from os import PathLike

from pizzeria.common.steady_time import steady_time
from pizzeria.ovens.expediter.clerk import Clerk
from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.ledger import Superseded, open_ledger
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.protocol.messages import TREE, Message, Said, encode

LOG = logging.getLogger("pizzeria.ovens")
HEARD = ("asks", "oven_state", "tablet_state", "run")
BOARD_EVERY = 0.1  # s
AGAIN = 2.0  # s, then even an unchanged board is said again
QUEUE_SHOWN = 50
NEWS_AT_ONCE = 200  # in a message
FIRST_LINK_WITHIN = 5.0  # s
UNLINKED, UNLINKED_MOST = 3.0, 60.0  # s without a link after which another may lead
TURN = 1.0  # s in which he takes it
STOOD_STILL = 1.0  # s longer than it should have been: a turn of somebody who was stopped himself


class Unlinked(Exception):
    """Whoever leads has had no link to the broker for too long: another may have one."""


class Pass:
    """An expediter on a link, with a ledger he holds: what `Expediter` decides is written down, then said.

    A link that does not come at first is an error, but not to one who is `firm`, because he has led or stood by before.
    """

    def __init__(self, address: Address, clerk: Clerk, expediter: Expediter, firm: bool = False) -> None:
        self.firm = firm
        self.clerk, self.ledger, self.expediter = clerk, clerk.ledger, expediter
        self.about = {"run": self.ledger.run, "epoch": self.ledger.epoch}
        filters = [TREE[kind].filter for kind in HEARD]
        patience = inf if firm else FIRST_LINK_WITHIN
        self.link = Link(address, "expediter", filters, greet=self.greet, patience=patience)
        self._board_at, self._others, self._greeted = 0.0, {self.ledger.run}, True
        self._board: Message | None = None

    def greet(self) -> list[Said]:
        """Return what is said at every connection: the run, upon which everybody says his state.

        Who cannot be sure that he still leads asks first, and greets later.
        """
        self._greeted = self.ledger.sure
        if not self._greeted:
            return []
        self.expediter.reconnected(steady_time())
        self._board = None
        ledger = self.ledger
        run = encode("run", run=ledger.run, epoch=ledger.epoch, opened=ledger.opened, scale=ledger.scale)
        return [(TREE["run"].of(), run, True)]

    async def serve(self, unlinked: float = UNLINKED) -> None:
        """Stand at the pass until cancelled; raise `Superseded` when another expediter does.

        Raises `Unlinked` after so many seconds without a link.
        """
        expediter, wait = self.expediter, BOARD_EVERY
        async with self.link as link:
            turn = linked = time.monotonic()
            while True:
                heard = await link.hear(max(0.0, min(wait, BOARD_EVERY)))
                turn, before = time.monotonic(), turn
                if turn - before > BOARD_EVERY + STOOD_STILL:
                    expediter.stood_still(turn - before)
                if link.connected:
                    linked = turn
                elif turn - linked > unlinked and (self.firm or link.connections):
                    raise Unlinked(f"no link to the broker for {unlinked:g} s")
                now = steady_time()
                for message in ([heard] if heard else []) + link.heard_already():
                    self.take(now, *message)
                deadline = expediter.tick(now) if link.connected else None
                expediter.dispatch(now)
                await self.clerk.write(expediter.take_facts())
                if self.ledger.sure:  # else we were stopped since, and ask again before we say anything
                    if not self._greeted and link.connected:
                        for said in self.greet():
                            link.say(*said)
                    self.tell(now)
                wait = deadline - now if deadline else BOARD_EVERY

    def take(self, now: float, kind: str, name: str, said: Message) -> None:
        """Hand one message to the expediter."""
        if kind == "tablet_state":
            self.expediter.tablet_says(now, name, said)
        elif kind == "oven_state":
            self.expediter.oven_says(now, name, said)
        elif kind == "run":
            # An earlier one is what a kitchen of yesterday left on the broker.
            if said["run"] not in self._others and said["opened"] > self.ledger.opened:
                LOG.warning(
                    "expediter: another kitchen, run %s, opened on these topics: each kitchen on a broker needs a name, --kitchen",
                    said["run"],
                )
                self._others.add(said["run"])
        elif said["run"] == self.ledger.run:
            if not said["asks"]:  # somebody asks whether we are here
                self.tell_news([])
            for ask in said["asks"]:
                self.expediter.ask(
                    now, ask["order"], ask["step"], ask["minutes"], ask.get("burns_after", 0.0)
                )

    def tell(self, now: float) -> None:
        """Say what was decided: it is in the ledger."""
        for kind, name, work in self.expediter.take_work():
            lasts = self.expediter.lasts(now, kind, name)
            self.link.say(TREE[f"{kind}_work"].of(name), encode(f"{kind}_work", **work), lasts=lasts)
        news = self.expediter.take_news()
        for first in range(0, len(news), NEWS_AT_ONCE):
            self.tell_news(news[first : first + NEWS_AT_ONCE])
        if now >= self._board_at + BOARD_EVERY and self.link.connected:
            board = self.board()
            if board != self._board or now >= self._board_at + AGAIN:
                self._board, self._board_at = board, now
                self.link.say(TREE["board"].of(), encode("board", **self.about, **board), True)

    def tell_news(self, news: list[Message]) -> None:
        """Answer the orders."""
        self.link.say(TREE["news"].of(), encode("news", **self.about, news=news))

    def board(self) -> Message:
        """Return what a wall would show."""
        waiting, queue = self.expediter.waiting(QUEUE_SHOWN)
        expediter, scale = self.expediter, self.ledger.scale
        closed, inside = expediter.closed, expediter.inside
        burnt = sum(closed.values())
        # Two expediters' clocks may differ, and nothing was over before it began.
        last_out = max(0.0, expediter.last_out - (expediter.first or 0.0)) / scale
        oldest = {"oldest": next(iter(inside.values()))} if inside else {}
        return {
            "scale": scale,
            "inside": len(inside),
            **oldest,
            "longest": round(expediter.longest / scale, 1),
            "last_out": round(last_out, 1) if closed else 0,
            "queue": queue,
            "waiting": waiting,
            "served": len(closed) - burnt,
            "burnt": burnt,
            "given_back": expediter.given_back,
        }


async def serve(
    address: Address,
    where: str | PathLike[str],
    scale: float = 0.02,
    patience: float = 5.0,
    durable: bool = False,
) -> None:
    """Hold the ledger and stand at the pass, or stand by until the one who does is gone; until cancelled."""
    async with Clerk(open_ledger(where, scale, durable)) as clerk:
        ledger = clerk.ledger
        standby = lambda: LOG.warning("standby: another expediter holds %s", ledger.name)
        firm, unlinked = False, UNLINKED
        while True:
            firm |= await clerk.hold(standby)
            LOG.warning("expediter: run %s, epoch %d", ledger.run, ledger.epoch)
            try:
                stand = Pass(address, clerk, await clerk.expediter(patience), firm)
                await stand.serve(unlinked)
            except Superseded as why:
                LOG.warning("standby: epoch %d is over, %s", ledger.epoch, why)
            except Unlinked as why:
                # Should nobody have one, all take turns, more and more slowly.
                unlinked = UNLINKED if stand.link.connections else min(2 * unlinked, UNLINKED_MOST)
                LOG.warning("standby: %s: whoever has one may lead", why)
                await clerk.call(ledger.resign)
                await asyncio.sleep(TURN)
            firm, standby = True, lambda: None  # it was said
