"""The queue behind the door: what happens to those for whom it has no room."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack, suppress

PATIENCE = 30.0  # seconds


def knock(backlog: int = 1, clients: int = 6) -> dict[str, int]:
    """Knock at a door whose waiter looks away, then let him open; return who was where, and who got in in the end.

    "connected" and "waiting" while he looks away: a handshake for which the queue has no room is dropped, and the
    client's system tries again, a second later; "refused" would be an answer. Whoever is connected says a word: the
    server may know a client only by that (a SYN cookie).
    """
    with ExitStack() as stack:
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=backlog))
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
        while counts["let in, once he opened"] < clients - counts["refused"] and time.monotonic() < end:
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
