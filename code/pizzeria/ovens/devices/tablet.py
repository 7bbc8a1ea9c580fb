"""A cook and his tablet, pure: the run and his work come in, his state comes out; one thing at a time."""

from __future__ import annotations

from math import inf

from pizzeria.ovens.devices.device import Device
from pizzeria.ovens.protocol.messages import WORDS, Message


class Tablet(Device):
    """One cook of this `name`: ready, working, done, and again."""

    kind, rest = "tablet", "ready"
    step = ""

    def work(self, said: Message, now: float) -> None:
        """Begin what he was handed; what he had in hand before was given to somebody else."""
        self.order, self.step = said["order"], said["step"]
        self.enter("working", now)
        self.until = now + said["minutes"] * self.scale

    def due(self) -> None:
        """Be done."""
        self.enter("done", self.until)
        self.until = inf

    def says(self) -> Message:
        """Return his state as the schema wants it."""
        working = self.state == "working"
        return {
            "state": self.state,
            "order": self.order if working else None,
            "task": WORDS[self.step] if working else None,
            "lease": self.last_lease,
            "at": self.at,
        }
