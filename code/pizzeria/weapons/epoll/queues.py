"""The queue behind the door: what happens to those who are in it, and to those for whom it has no room."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack, suppress

from pizzeria.weapons.epoll.herd import LOOPBACK, doors

PATIENCE = 30.0  # seconds


def killed_with_a_queue(listeners: int = 2, clients: int = 20) -> dict[str, int]:
    """Connect clients to doors at one port, close one door before anybody was let in; return who got in and who did not.

    "let in": by the doors that stayed; "hung up on": reset with the closed door, although they had been connected.
    """
    with ExitStack() as stack:
        open_doors = doors("reuseport", listeners, stack)
        address = open_doors[0].getsockname()
        guests = [
            stack.enter_context(socket.create_connection(address, timeout=PATIENCE)) for _ in range(clients)
        ]
        open_doors.pop().close()
        let_in = 0
        for door in open_doors:
            while select.select([door], [], [], 0)[0]:
                stack.enter_context(door.accept()[0]).send(b"good evening")
                let_in += 1
        hung_up = 0
        for guest in guests:
            try:
                hung_up += not guest.recv(64)
            except ConnectionResetError:
                hung_up += 1
        return {"connected": len(guests), "let in": let_in, "hung up on": hung_up}


def knock(backlog: int = 1, clients: int = 6) -> dict[str, int]:
    """Knock at a door whose waiter looks away, then let him open; return who was where, and who got in in the end.

    "connected" and "waiting" while he looks away: a handshake for which the queue has no room is dropped, and the
    client's system tries again, a second later; "refused" would be an answer. Whoever is connected says a word: the
    server may know a client only by that (a SYN cookie).
    """
    with ExitStack() as stack:
        door = stack.enter_context(socket.create_server(LOOPBACK, backlog=backlog))
        door.setblocking(False)
        poll = select.poll()
        guests = {}
        for _ in range(clients):
            guest = stack.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
            guests[guest.fileno()] = guest
            poll.register(guest, select.POLLOUT)
        answers = _answers(poll, guests, 0)
        counts = {
            "connected": answers.count(0),
            "refused": sum(bool(error) for error in answers),
            "waiting": clients - len(answers),
            "let in, once he opened": 0,
        }
        poll.register(door, select.POLLIN)
        end = time.monotonic() + PATIENCE
        while counts["let in, once he opened"] < clients and time.monotonic() < end:
            _answers(poll, guests, 1000)
            with suppress(BlockingIOError):
                stack.enter_context(door.accept()[0])
                counts["let in, once he opened"] += 1
        return counts


def _answers(poll: select.poll, guests: dict[int, socket.socket], milliseconds: int) -> list[int]:
    """Hear which guests know how their handshake went; those who are connected say a word. Return their errnos, or 0."""
    errors = []
    for fd, _ in poll.poll(milliseconds):
        if fd not in guests:
            continue  # the door itself
        poll.unregister(fd)
        errors.append(guests[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        if not errors[-1]:
            guests[fd].send(b"one calzone")
    return errors
