"""What the tests of the reactor share: `select.kqueue` for a system without, and a loop that has an end."""

from __future__ import annotations

import select

from pizzeria.eventloop.reactor import mechanisms

TURNS = 2000  # no loop of a test turns more often


class Kevent:
    """What `select.kevent` is on BSD."""

    def __init__(self, ident, filter=-1, flags=1):
        self.ident, self.filter, self.flags = ident, filter, flags


class StandInKqueue:
    """`select.kqueue` over epoll, so that the contract is kept on a Linux too: one epoll a filter, inside a third."""

    def __init__(self):
        self.sides = {-1: select.epoll(), -2: select.epoll()}
        self.all, self.files = select.epoll(), set()
        for side in self.sides.values():
            self.all.register(side.fileno(), select.EPOLLIN)
        self.fileno = self.all.fileno

    def control(self, changes, room, timeout=None):
        for change in changes or ():
            self.change(self.sides[change.filter], change, (change.ident, change.filter))
        if not room:
            return []
        self.all.poll(0 if self.files else timeout)
        news = [(fd, kind) for kind, side in self.sides.items() for fd, _ in side.poll(0, room)]
        return [Kevent(*one) for one in [*news, *self.files]]

    def change(self, side, change, key):
        if change.flags & 2:  # EV_DELETE
            if key in self.files:
                self.files.remove(key)
            else:
                side.unregister(change.ident)
            return
        bits = select.EPOLLIN if change.filter == -1 else select.EPOLLOUT
        bits |= select.EPOLLET if change.flags & 0x20 else 0
        try:
            side.register(change.ident, bits)
        except FileExistsError:
            side.modify(change.ident, bits)
        except PermissionError:  # a disk file, which kqueue takes
            self.files.add(key)

    def close(self):
        for epoll in (*self.sides.values(), self.all):
            epoll.close()


STANDS_IN = ("kqueue",) if "kqueue" not in mechanisms() and "epoll" in mechanisms() else ()


def run_until(reactor, condition) -> int:
    """Turn the loop until the condition holds; return the turns it took. Every wait has a generous end."""
    for turn in range(TURNS):
        if condition():
            return turn
        reactor.run_once(5)
    raise AssertionError("it never came true")
