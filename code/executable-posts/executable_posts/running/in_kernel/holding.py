"""What holds something of the system, such as a thread, a lock or a socket, and can say that it is at rest, or over."""

from __future__ import annotations

import asyncio
import io
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TOO_MUCH = ("matplotlib.",)  # begins the names of modules whose objects lead to more than can be looked at
_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())
_FILES = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)


def state(
    value: Any,
) -> str | None:  # Any: its class tells what it is; `isinstance` would ask the value itself
    """Say all there is to the state of such an object; "" when there is more to it, None when it is none."""
    kind = type(value)
    if kind is _LOCK:
        return "locked" if value.locked() else "free"
    if kind is _RLOCK:
        return repr(value).partition(" at ")[0]
    if issubclass(kind, threading.Thread):
        return "ended" if value.ident is not None and not threading.Thread.is_alive(value) else ""
    if issubclass(kind, socket.socket):
        return "closed" if socket.socket.fileno(value) == -1 else ""
    if kind in _FILES:
        return "closed" if value.closed else ""
    if issubclass(kind, asyncio.AbstractEventLoop):
        return "the kernel's" if value is _running() else ""
    if kind is ThreadPoolExecutor:
        over = value._shutdown and not any(threading.Thread.is_alive(t) for t in value._threads)
        return "ended" if over else ""
    if sys.platform == "linux":
        import select

        if kind is select.epoll:
            return "closed" if value.closed else ""
    return None


def _running() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
