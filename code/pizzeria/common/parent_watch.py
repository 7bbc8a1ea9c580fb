"""No process outlives the one that started it, however that ends."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys


def leash(pid: int) -> subprocess.Popen[bytes] | None:
    """Return a process that kills `pid` when this one ends without having called `unleash`, however it ends."""
    if not (shell := shutil.which("sh")):
        return None
    command = [shell, "-c", 'read -r word || kill -9 "$1"', "leash", str(pid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def unleash(leashed: subprocess.Popen[bytes] | None) -> None:
    """Dismiss a leash, before its process is reaped and another may get its number."""
    if leashed is not None:
        leashed.communicate(b"over\n")


async def parent_gone() -> None:
    """Return when the other end of our standard input is closed: then whoever started us has ended."""
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()
    gone = loop.create_future()

    def look() -> None:
        if not os.read(stdin, 4096) and not gone.done():
            gone.set_result(None)

    loop.add_reader(stdin, look)
    try:
        await gone
    finally:
        loop.remove_reader(stdin)
