"""Loopback ports, for programs that cannot be asked for a free one."""

import contextlib
import socket
import sys
from collections.abc import Iterator

HOST = "127.0.0.1"


@contextlib.contextmanager
def held_ports(count: int) -> Iterator[list[int]]:
    """Yield so many loopback ports, each another one, which the system gives to nobody else until the end.

    A program that binds them by number, with SO_REUSEADDR as servers do, gets them, and again after it was killed.
    Linux lets it share them with sockets that are bound and do not listen (socket(7)); elsewhere the ports were only
    free a moment ago.
    """
    with contextlib.ExitStack() as stack:
        holders = [stack.enter_context(socket.socket()) for _ in range(count)]
        for holder in holders:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((HOST, 0))
        ports = [holder.getsockname()[1] for holder in holders]
        if sys.platform != "linux":
            stack.close()
        yield ports


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """Yield one such port; see `held_ports`."""
    with held_ports(1) as (port,):
        yield port
