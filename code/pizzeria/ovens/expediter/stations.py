"""What the expediter knows of a task, of a tablet and of an oven, and how he words their work."""

from __future__ import annotations

from math import inf

from pizzeria.ovens.protocol.messages import Message

NEVER = (0, 0)


class KitchenTask:
    """One step of one order: `asleep` (its pizza bakes), `waiting`, `handed` or `done`; `rank` is its urgency.

    `lease` is the last one, `issued` are all; `handed` and `done` are seconds since 1970.
    """

    __slots__ = (
        "burns_after",
        "done",
        "handed",
        "issued",
        "lease",
        "minutes",
        "order",
        "rank",
        "state",
        "step",
        "who",
    )

    def __init__(self, order: int, step: str, minutes: float, burns_after: float) -> None:
        self.order, self.step, self.minutes, self.burns_after = order, step, minutes, burns_after
        self.state, self.rank = "asleep", NEVER
        self.who: str | None = None
        self.lease: int | None = None
        self.handed = self.done = 0.0
        self.issued: list[int] = []


class Station:
    """A tablet or an oven: the stamp of its last words, what it was last handed, and when that lease `ends`."""

    __slots__ = ("ends", "lease", "name", "order", "queued", "stamp", "task")

    def __init__(self, name: str) -> None:
        self.name, self.stamp, self.queued, self.ends = name, NEVER, False, inf
        self.lease: int | None = None
        self.task: KitchenTask | None = None
        self.order: int | None = None

    def work(self, run: str) -> tuple[str, str, Message] | None:
        """Return the message that says what it should do, with its kind and name; None when there is nothing."""
        raise NotImplementedError


class TabletStation(Station):
    """A cook's tablet; `free` when it may be handed something."""

    __slots__ = ("free",)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.free = False

    def work(self, run: str) -> tuple[str, str, Message] | None:
        """Return the message that hands it its task, or None when it has none."""
        task = self.task
        if self.lease is None or task is None:
            return None
        said = {
            "run": run,
            "lease": self.lease,
            "order": task.order,
            "step": task.step,
            "minutes": task.minutes,
        }
        return "tablet", self.name, said


class OvenStation(Station):
    """An oven; `there` when it can be reached, `baking` when it said that it has its pizza, `loaded` since when."""

    __slots__ = ("baking", "loaded", "there")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.there = self.baking = False
        self.loaded = 0.0

    def work(self, run: str) -> tuple[str, str, Message]:
        """Return the message that says what should be in it: an order's pizza, or nothing."""
        said: Message = {
            "run": run,
            "lease": self.lease or 0,
            "order": self.order,
            "minutes": 0.0,
            "burns_after": 0.0,
        }
        if self.task is not None:
            said |= {"minutes": self.task.minutes, "burns_after": self.task.burns_after}
        return "oven", self.name, said
