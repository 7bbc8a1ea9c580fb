"""One connection, two workers, three tempers: every state that the ready list can come to, as a table.

The states are those of `pizzeria.eventloop.ready_list`, which answers as the kernel does (`pizzeria.weapons.epoll`
compares them); the page only walks from one to the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias

from pizzeria.eventloop.ready_list import TEMPERS, Connection, ReadyList
from pizzeria.explorables.stills import table

WORKERS = ("Ada", "Luigi")
ARRIVING, TAKEN, ROOM = 8, 4, 24  # bytes a message, a read, and how many the page has room for
NAME = "table 7"
Action: TypeAlias = str
"""`arrive`, or what a worker does: `ask 0`, `read 1`, `rearm 0`, `leave 0`."""
USUAL: tuple[Action, ...] = ("arrive", "ask 0", "read 0", "arrive", "ask 1", "read 0", "leave 0", "ask 0")
WORDS = {
    "arrive": f"{ARRIVING} bytes arrive",
    "ask": "asks",
    "read": f"reads {TAKEN} bytes",
    "leave": "goes back",
    "rearm": "re-arms, goes back",
}


class Floor:
    """A ready list with one connection, and who of the two is at work on it."""

    def __init__(self, temper: str) -> None:
        self.list = ReadyList()
        self.list.register(NAME, temper)
        self.inside = [False, False]

    @property
    def connection(self) -> Connection:
        """What the list knows of the one connection."""
        return self.list.connections[NAME]

    def state(self) -> tuple[int, bool, bool, bool, bool]:
        """Give bytes, whether it is on the list, whether it listens, and who is inside."""
        return (self.connection.waiting, bool(self.list.ready), self.connection.armed, *self.inside)  # type: ignore[return-value]  # two workers

    def possible(self) -> list[Action]:
        """Give what can be done now."""
        actions = ["arrive"] if self.connection.waiting + ARRIVING <= ROOM else []
        for worker, inside in enumerate(self.inside):
            if not inside:
                actions.append(f"ask {worker}")
                continue
            actions += [f"read {worker}", f"leave {worker}"]
            if self.connection.temper == "one-shot":
                actions.append(f"rearm {worker}")
        return actions

    def act(self, action: Action) -> None:
        """Do one thing."""
        what, _, number = action.partition(" ")
        worker = int(number or 0)
        if what == "arrive":
            self.list.arrive(NAME, ARRIVING)
        elif what == "ask":
            self.inside[worker] = bool(self.list.ask(1))
        elif what == "read":
            self.list.read(NAME, TAKEN)
        else:
            self.inside[worker] = False
            if what == "rearm":
                self.list.rearm(NAME)


def after(temper: str, actions: Sequence[Action]) -> Floor:
    """Do these things one after another; return what the floor then looks like."""
    floor = Floor(temper)
    for action in actions:
        floor.act(action)
    return floor


def states(temper: str) -> list[dict[str, Any]]:
    """Give every state that can be come to: ``{bytes, listed, armed, inside, next: {action: number of a state}}``."""
    start = Floor(temper)
    numbers = {start.state(): 0}
    found: list[dict[str, Any]] = []
    to_do: deque[tuple[Action, ...]] = deque([()])
    while to_do:
        way = to_do.popleft()
        floor = after(temper, way)
        waiting, listed, armed, *inside = floor.state()
        leads: dict[Action, int] = {}
        for action in floor.possible():
            then = after(temper, (*way, action)).state()
            if then not in numbers:
                numbers[then] = len(numbers)
                to_do.append((*way, action))
            leads[action] = numbers[then]
        found.append({"bytes": waiting, "listed": listed, "armed": armed, "inside": inside, "next": leads})
    return found


def words(action: Action) -> str:
    """Say an action in words."""
    what, _, number = action.partition(" ")
    return f"{WORKERS[int(number)]} {WORDS[what]}" if number else WORDS[what]


def page() -> dict[str, Any]:
    """Give what the component starts with."""
    return {
        "workers": WORKERS,
        "words": WORDS,
        "taken": TAKEN,
        "begun": USUAL[:5],
        "tempers": {temper: states(temper) for temper in TEMPERS},
    }


def still() -> str:
    """Tell one evening as a table: what happens, and who is then inside the connection, by temper."""
    rows = []
    floors = {temper: Floor(temper) for temper in TEMPERS}
    for action in USUAL:
        said = []
        for floor in floors.values():
            if action in floor.possible():
                floor.act(action)
            inside = [name for name, there in zip(WORKERS, floor.inside, strict=True) if there]
            said.append(" and ".join(inside) or "nobody")
        rows.append((words(action), *said))
    return table(("", *(f"inside, {temper}" for temper in TEMPERS)), rows)


def figure() -> tuple[str, dict[str, Any], str]:
    """Give the explorable of the post."""
    return "workers", page(), still()
