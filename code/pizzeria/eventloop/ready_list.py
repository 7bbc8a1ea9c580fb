"""epoll's ready list as a model of reading: who gets onto it, who is told, who goes back; the kernel is asked whether it is true.

`pizzeria.weapons.epoll.agreement` holds the same conversations with the model and with the kernel.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

TEMPERS = ("level", "edge", "one-shot")


@dataclass
class Connection:
    """What epoll knows of one descriptor: its temper, the bytes that can be read, and whether it listens at all."""

    temper: str
    waiting: int = 0
    armed: bool = True


class ReadyList:
    """Those who have news, in the order in which they got it."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self.ready: deque[str] = deque()

    def register(self, name: str, temper: str, waiting: int = 0) -> None:
        """Watch a connection in one of the `TEMPERS` (EPOLL_CTL_ADD), and look once whether bytes are `waiting` already."""
        self.connections[name] = Connection(temper, waiting)
        if waiting:
            self._list(name)

    def arrive(self, name: str, size: int) -> None:
        """Let bytes arrive: that, and not that they are there, puts a name onto the list of one that is watched."""
        self.connections[name].waiting += size
        self._list(name)

    def read(self, name: str, size: int) -> int:
        """Read at most so many bytes; return how many. The list is not told."""
        taken = min(size, self.connections[name].waiting)
        self.connections[name].waiting -= taken
        return taken

    def rearm(self, name: str) -> None:
        """Listen again (EPOLL_CTL_MOD), and look once whether there is something already."""
        connection = self.connections[name]
        connection.armed = True
        if connection.waiting:
            self._list(name)

    def ask(self, most: int = 1) -> list[str]:
        """Be told of at most so many names (epoll_wait): from the head of the list, and only who still has bytes."""
        told: list[str] = []
        while self.ready and len(told) < most:
            name = self.ready.popleft()
            if self.connections[name].waiting:
                told.append(name)
        for name in told:
            if self.connections[name].temper == "level":
                self.ready.append(name)  # back to the end: next time we look again
            elif self.connections[name].temper == "one-shot":
                self.connections[name].armed = False
        return told

    def _list(self, name: str) -> None:
        if self.connections[name].armed and name not in self.ready:
            self.ready.append(name)
