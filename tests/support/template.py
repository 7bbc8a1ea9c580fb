"""A process that has imported what a program imports, and is that program in each of its forks: see `support.warm`.

    python -m support.template PROGRAM FOLDER DESCRIPTOR

It listens in the folder, under the program's name, writes a byte to the descriptor when it does, and answers a request
with the fork's process id and then, on the next line, with its status. It ends when its standard input does, which is the other end
of a pipe of the tests' process: however that one ends, so does this.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import io
import os
import runpy
import select
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from executable_posts.serving import zygote
from support import warm

# What a small build comes to import, each by itself: a module that is gone is left out.
ENGINE = (
    *(
        "executable_posts.cli.changed",
        "executable_posts.cli.common",
        "executable_posts.running.by_unit",
        "html.parser",
        "psutil",
    ),
    *(
        "executable_posts.running.client",
        "executable_posts.running.together",
        "executable_posts.serving.warming:warm",
    ),
    *(
        "jupyter_client.provisioning.local_provisioner",
        "nbclient.exceptions",
        "nbformat.v4",
        "zmq.asyncio",
        "jupytext",
    ),
    *("concurrent.futures.thread", "encodings.idna", "encodings.unicode_escape", "pygments.lexers.python"),
)
# Program: the modules that it imports at each of its starts.
IMPORTS: dict[str, tuple[str, ...]] = {
    "executable_posts": ENGINE,
    "pelican": (
        *(
            "pelican",
            "pelican.generators",
            "pelican.readers",
            "pelican.writers",
            "pelican.plugins.executable_posts.adapter",
        ),
        *(
            "markdown",
            "docutils.core",
            "rich.status",
            "rich.table",
            "rich.traceback",
            "jinja2.ext",
            "tornado.web",
            *ENGINE,
        ),
    ),
    "pytest": (
        "_pytest.skipping",
        "_pytest.unittest",
        "_pytest.junitxml",
        "executable_posts.pytest_plugin",
        *ENGINE,
    ),
    "ipykernel_launcher": (
        *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell"),
        *("executable_posts.running.in_kernel.install", "executable_posts.running.in_kernel.observed"),
    ),
}
HIGH = 500  # descriptors from here on are nobody's
MOST = 32  # descriptors with a request
# What this module needs and a kernel does not: blocks see what is loaded.
OURS = ("support", "executable_posts.serving", "executable_posts.running.leash")


def _collect(*_: object) -> None:
    """Collect the keepers that have ended: what they cost is counted as the template's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _serve(name: str, folder: str, told: int) -> dict[str, Any]:
    """Listen until the tests have ended; return in a fork, with what it was asked to be."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # they are for the tests; a fork has its own
        signal.signal(number, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(Path(folder, name)))
    listening.listen(64)
    os.write(told, b".")
    os.close(told)
    for where in IMPORTS[name]:
        module, _, function = where.partition(":")
        with contextlib.suppress(ImportError):
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()
    gc.collect()
    gc.freeze()  # forks share what is there now
    signal.signal(signal.SIGCHLD, _collect)
    while 0 not in select.select([listening, 0], [], [])[0]:
        channel, _ = listening.accept()
        if os.fork():
            channel.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listening.close()
        received = zygote.receive(channel, MOST)
        if received is None:
            os._exit(1)  # who asked has ended, and nobody waits for this fork
        request, descriptors = received
        taken, taking = os.pipe()
        pid = os.fork()
        if not pid:
            channel.close()
            _take(request, descriptors, taking)
            return request
        for number in (*descriptors, taking):
            os.close(number)
        os.read(taken, 1)  # it has its session, before anybody asks for its group
        with contextlib.suppress(OSError):
            channel.sendall(f"{pid}\n".encode())
        status = os.waitpid(pid, 0)[1]
        with contextlib.suppress(OSError):
            channel.sendall(f"{status}\n".encode())
        os._exit(0)
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit()


def _take(request: dict[str, Any], descriptors: list[int], taking: int) -> None:
    """Take the place of the program that was asked for: its descriptors, signals, environment and folder."""
    if request["session"]:
        os.setsid()
    os.write(taking, b".")
    away = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, HIGH) for number in descriptors]
    os.closerange(0, HIGH)
    for number, wanted in zip(away, request["descriptors"], strict=True):
        os.dup2(number, wanted)
        os.close(number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    streams = [
        io.TextIOWrapper(
            (io.BufferedWriter if n else io.BufferedReader)(io.FileIO(n, "wb" if n else "rb", closefd=False)),
            "utf-8",
            line_buffering=n == 2,
        )
        for n in range(3)
    ]
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams
    sys.stderr.reconfigure(errors="backslashreplace")


def _be(words: list[str]) -> int:
    """Be a program of Python's, on a leash if it is to be on one."""
    if words[1] == "-m":
        sys.argv = words[2:]
        if words[2] == "ipykernel_launcher":  # which asks for it when it is imported
            for name in [
                name for name in sys.modules if f"{name}.".startswith(tuple(f"{our}." for our in OURS))
            ]:
                del sys.modules[name]
            sys.argv.append(f"--IPKernelApp.parent_handle={os.environ.get('JPY_PARENT_PID', 0)}")
        sys.path.insert(0, os.getcwd())
        importlib.invalidate_caches()
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)
        return 0
    from executable_posts.running import leash

    return leash.main(words[4:9], lambda: _be(words[9:]))


if __name__ == "__main__":
    if sys.argv[1] != "ipykernel_launcher":  # what a block starts is started as ever
        warm.below()
    sys.path.remove(os.getcwd())
    asked = _serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.exit(_be(asked["words"]))
