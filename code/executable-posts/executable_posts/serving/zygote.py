"""Run builds in forks of one process that has imported everything: a program of its own, on a leash of the server's.

    python -m executable_posts.serving.zygote SOCKET MODULE[:FUNCTION]...

It imports the modules (the engine's and the generator's, never the site's own), calls the functions, and answers requests that come in by the
socket, each with its exit code. A request is JSON: `entry` ("module:function"), `argv`, `path` (sys.path's first folder), `cwd`, `environment`,
`folder` and `grace`, as for a leash; with it come three descriptors: the leash's pipe and lock, and where it prints.

Every build is a fork: the site's settings, plugins and modules are imported by it alone, so they are never those of yesterday,
and what a generator keeps in globals goes with it. It runs below a leash of its own, which ends whatever it leaves.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from ..running import leash

DESCRIPTORS = 3
_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def send(channel: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    """Send a request with its descriptors."""
    body = json.dumps(request).encode()
    socket.send_fds(channel, [len(body).to_bytes(8, "big")], descriptors)
    channel.sendall(body)


def receive(channel: socket.socket, most: int = DESCRIPTORS) -> tuple[dict[str, Any], list[int]] | None:
    """Wait for a request with up to `most` descriptors; None when whoever asks has ended."""
    head, descriptors = b"", list[int]()
    with contextlib.suppress(ConnectionResetError):
        head, descriptors, _, _ = socket.recv_fds(channel, 8, most * array.array("i").itemsize)
    left, body = int.from_bytes(head, "big"), b""
    with channel.makefile("rb", buffering=0) as file:
        while len(body) < left and (part := file.read(left - len(body))):
            body += part
    return (json.loads(body), descriptors) if body and len(body) == left else None


def main(arguments: list[str]) -> int:
    """Answer requests until the server has ended; in a fork, return the exit code of a build or of its leash."""
    for number in _OURS:  # Ctrl-C is for the server, which ends this process by ending the connection
        signal.signal(number, signal.SIG_IGN)
    channel = socket.socket(fileno=int(arguments[0]))
    channel.set_inheritable(False)
    for name in arguments[1:]:
        module, _, function = name.partition(":")
        with contextlib.suppress(ImportError):
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
    gc.freeze()  # forks share what is there now
    while received := receive(channel):
        request, descriptors = received
        pid = os.fork()
        if not pid:
            channel.close()
            return _on_a_leash(request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(BrokenPipeError):
            channel.sendall(f"{code if code >= 0 else 128 - code}\n".encode())
    return 0


def _on_a_leash(request: dict[str, Any], pipe: int, lock: int, printed: int) -> int:
    for number in _OURS:
        signal.signal(number, signal.SIG_DFL)
    arguments = [str(pipe), str(lock), request["folder"], str(request["grace"]), "0"]
    return leash.main(arguments, lambda: _build(request, printed))


def _build(request: dict[str, Any], printed: int) -> int:
    """Be the program that was asked for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.close(printed)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.argv = request["argv"]
    sys.path[0] = request["path"]
    importlib.invalidate_caches()
    module, _, function = request["entry"].partition(":")
    answer = getattr(importlib.import_module(module), function)()
    return answer if isinstance(answer, int) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
