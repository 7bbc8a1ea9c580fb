"""The queue behind the door: what happens to those who are in it when the door is closed."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack

from pizzeria.weapons.epoll.herd import doors

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
        poll = select.poll()
        told: dict[int, socket.socket] = {place.fileno(): place for place in (*open_doors, *guests)}
        for fd in told:
            poll.register(fd, select.POLLIN)
        let_in = hung_up = 0
        # A guest may be connected on his side before he stands in the queue: whoever comes is let in until all know.
        while let_in + hung_up < clients:
            if not (news := poll.poll(PATIENCE * 1000)):
                raise TimeoutError(f"{clients - let_in - hung_up} clients heard nothing")
            for fd, _ in news:
                if told[fd] in open_doors:
                    stack.enter_context(told[fd].accept()[0]).send(b"good evening")
                    continue
                poll.unregister(fd)
                try:
                    welcome = told[fd].recv(64)
                except ConnectionResetError:
                    welcome = b""
                let_in, hung_up = let_in + bool(welcome), hung_up + (not welcome)
        return {"connected": len(guests), "let in": let_in, "hung up on": hung_up}
