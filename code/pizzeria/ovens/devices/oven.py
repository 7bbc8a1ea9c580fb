"""An oven, pure: the run and its work come in, its state comes out; it bakes, it is baked, it burns."""

from __future__ import annotations

from math import inf

from pizzeria.ovens.devices.device import Device
from pizzeria.ovens.mqtt.link import Stays
from pizzeria.ovens.protocol.messages import Message


class Oven(Device):
    """One oven of this `name`; times in seconds since 1970.

    ========  ==================  =======
    state     when                becomes
    ========  ==================  =======
    empty     it is loaded        baking
    baking    its minutes passed  baked
    baked     it was forgotten    burnt
    any       it is emptied       empty
    ========  ==================  =======
    """

    kind, rest = "oven", "empty"
    # A pizza stays in it while its link is away: a second is enough for a link that comes back at once, and is far less
    # than a lease of an oven's; a minute is more than one. A tablet's work is handed to another cook, so it keeps nothing.
    stays = Stays(session=60, delay=1)

    def work(self, said: Message, now: float) -> None:
        """Take what should be inside: a pizza, another one, or none."""
        self.order = said["order"]
        self.minutes, self.burns_after = said["minutes"], said["burns_after"]
        self.enter("empty" if self.order is None else "baking", now)
        self.until = inf if self.order is None else now + self.minutes * self.scale

    def due(self) -> None:
        """Go on to the next state: a time has come."""
        baked = self.state == "baking"
        self.enter("baked" if baked else "burnt", self.until)
        self.until = self.until + self.burns_after * self.scale if baked else inf

    def says(self) -> Message:
        """Return its state as the schema wants it."""
        return {"state": self.state, "order": self.order, "lease": self.last_lease, "at": self.at}
