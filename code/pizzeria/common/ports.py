"""Loopback ports, for programs that cannot be asked for a free one."""

import socket

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return so many loopback ports that were free a moment ago, each another one."""
    listeners = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    return free_ports(1)[0]
