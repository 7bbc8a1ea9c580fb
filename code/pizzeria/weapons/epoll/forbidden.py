"""A container's rule about io_uring in a process of our own: a seccomp filter that answers its three calls with EPERM.

As a program, ``python -m pizzeria.weapons.epoll.forbidden [forbid]``, it tells as JSON what can be had: whether our own
ring opens, and which rings and threads uvloop's loop has. The filter cannot be taken off again, so it needs a process.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import platform
import struct
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from pizzeria.common.subprocesses import python
from pizzeria.eventloop.multishot import multishot_refusal
from pizzeria.eventloop.ring import uring_refusal

PATIENCE = 60  # seconds
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_SETUP, _REGISTER = (
    425,
    427,
)  # io_uring_setup, _enter and _register have neighbouring numbers, on every processor
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def forbid() -> None:
    """Forbid io_uring to this process, for ever; raise OSError where the kernel has no filters."""
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(
            errno.ENOSYS, f"no filter for {platform.machine()}: only for {', '.join(_ARCHITECTURES)}"
        )
    step = struct.Struct("=HBBI").pack
    program = b"".join(
        (
            step(_LOAD, 0, 0, 4),  # the architecture
            step(_EQUAL, 0, 4, _ARCHITECTURES[platform.machine()]),
            step(_LOAD, 0, 0, 0),  # the number of the system call
            step(_AT_LEAST, 0, 2, _SETUP),
            step(_AT_LEAST, 1, 0, _REGISTER + 1),
            step(_RETURN, 0, 0, _ERROR | errno.EPERM),
            step(_RETURN, 0, 0, _ALLOW),
        )
    )
    code = ctypes.create_string_buffer(program, len(program))
    rule = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_NO_NEW_PRIVILEGES, 1, None), (_SET_SECCOMP, _FILTER, rule)):
        if libc.prctl(ctypes.c_int(call[0]), ctypes.c_ulong(call[1]), call[2], 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def what_is_there() -> dict[str, Any]:
    """Tell what this process can have of io_uring, and what uvloop's loop opens."""
    import uvloop
    from uvloop.loop import libuv_get_version  # type: ignore[attr-defined]  # its stub leaves that out

    version, libuv = metadata.version("uvloop"), libuv_get_version()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        descriptors = runner.run(_look())
    return {
        "ring": uring_refusal() or "opens",
        "multishot": multishot_refusal() or "works",
        "uvloop": version,
        "libuv": ".".join(str(libuv >> shift & 255) for shift in (16, 8, 0)),
        "its descriptors": descriptors,
    }


async def _look() -> list[str]:
    """Name the anonymous files of this process while its loop runs: what the loop waits with."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        target = os.readlink(descriptor) if os.path.islink(descriptor) else ""
        if target.startswith("anon_inode:"):
            found.append(target.removeprefix("anon_inode:").strip("[]"))
    return sorted(found)


def asked(forbidden: bool) -> dict[str, Any]:
    """Ask a process of its own, with the filter or without."""
    command = [python(), "-m", "pizzeria.weapons.epoll.forbidden", *(["forbid"] if forbidden else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


if __name__ == "__main__":
    if sys.argv[1:] == ["forbid"]:
        forbid()
    print(json.dumps(what_is_there()))
