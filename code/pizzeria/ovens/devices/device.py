"""What an oven and a tablet have in common, pure; and the loop that puts either on a broker."""

from __future__ import annotations

import asyncio
import logging
import random
from math import inf

from pizzeria.common.steady_time import steady_time
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import NOTHING, Link
from pizzeria.ovens.protocol.messages import LAST, TREE, Message, Said, checked_name, encode

LOG = logging.getLogger("pizzeria.ovens")
AGAIN = 2.0  # s after which a state is said again, in case nobody heard it
HINT_AFTER = 5.0  # s without a word from the pass


class Device:
    """The name, run, lease and state of an oven or a tablet; subclasses say what work is and what time does to it.

    `hear` and `tick` take the time and return whether there is something new to say. Words of another run or of an
    older lease change nothing; the same lease twice is heard once.
    """

    kind = rest = ""
    stays = NOTHING
    link: Link

    def __init__(self, name: str, boot: float) -> None:
        self.name, self.boot = checked_name(name), boot
        self.run, self.scale = "", 0.0
        self.session = self.seq = 0
        self.forget(boot)

    def forget(self, now: float) -> None:
        """Stand there as on the first day."""
        self.lease, self.until = -1, inf
        self.order: int | None = None
        self.enter(self.rest, now)

    @property
    def last_lease(self) -> int | None:
        """The lease it last took, or None."""
        return self.lease if self.lease >= 0 else None

    def enter(self, state: str, now: float) -> None:
        """Be in another state since `now`."""
        self.state, self.at = state, now

    def hear(self, kind: str, said: Message, now: float) -> bool:
        """Take a message; return whether to answer it with the state."""
        if kind == "run":
            if said["run"] != self.run:
                self.run = said["run"]
                self.forget(now)
            self.scale = said["scale"]
            return True
        if said["run"] != self.run or said["lease"] < self.lease:
            return False
        if said["lease"] > self.lease:
            self.lease = said["lease"]
            self.work(said, now)
        return True

    def tick(self, now: float) -> bool:
        """Let time pass; return whether the state changed."""
        changed = False
        while self.until <= now:
            self.due()
            changed = True
        return changed

    def work(self, said: Message, now: float) -> None:
        """Begin what it was handed."""
        raise NotImplementedError

    def due(self) -> None:
        """Go on: a time has come."""
        raise NotImplementedError

    def says(self) -> Message:
        """Return its state as the schema wants it."""
        raise NotImplementedError

    def state_message(self, session: int) -> Said:
        """Return ``(topic, payload, retain)`` of its state, stamped by the connection it is said on."""
        if session != self.session:
            self.session, self.seq = session, 0
        self.seq += 1
        stamp = {"run": self.run, "session": session, "seq": self.seq, "boot": self.boot}
        return (
            TREE[f"{self.kind}_state"].of(self.name),
            encode(f"{self.kind}_state", **stamp, **self.says()),
            True,
        )

    def will(self, session: int) -> tuple[str, bytes]:
        """Return the topic and payload of its will on that connection."""
        stamp = {"run": self.run, "session": session, "seq": LAST, "boot": self.boot}
        return TREE[f"{self.kind}_state"].of(self.name), encode(f"{self.kind}_state", **stamp, state="gone")


async def serve(
    device: Device, address: Address, door: asyncio.Semaphore | None = None, again: float = AGAIN
) -> None:
    """Put a device on the broker until cancelled; raise `LinkError` when that is vain.

    It says its state every `again` seconds even when nothing changes. See `Link` about `door`.
    """
    filters = [TREE["run"].of(), TREE[f"{device.kind}_work"].of(device.name)]
    link = Link(
        address,
        f"{device.kind} {device.name}",
        filters,
        greet=lambda: [device.state_message(link.session)],
        will=lambda: device.will(link.session),
        door=door,
        stays=device.stays,
    )
    device.link = link
    spoke = started = steady_time()
    async with link:
        while True:
            now = steady_time()
            pause = max(0.0, min(device.until, spoke + again) - now)
            heard = await link.hear(pause)
            now = steady_time()
            news = device.tick(now)
            if heard is not None:
                kind, _, said = heard
                news |= device.hear(kind, said, now)
                news |= device.tick(steady_time())  # what is over before it could be said is not said
            if news or now >= spoke + again:
                link.say(*device.state_message(link.session))
                # Spread out, so that a thousand ovens do not speak with one voice.
                spoke = now - random.uniform(0, again / 4)
            if not device.run and link.connected and now > started + HINT_AFTER:
                LOG.warning(
                    "%s: no word on %s yet; does an expediter run, and may this user read there?",
                    link.name,
                    filters[0],
                )
                started = inf
