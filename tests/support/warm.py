"""Python programs as forks of processes that have imported them, for tests of small blogs that are not about how a program starts.

What a small build costs is to start: Python, the engine, Pelican, a kernel, each of which imports for longer than it works. Below
`forks` the programs of `PROGRAMS` that are started by `subprocess` are forks of templates, as the builds of `serve` are: each is a
process of its own, has its own environment, folder and descriptors, ends by itself, and stands on a leash where the engine puts it on
one. Whatever else is started, or has other variables that are Python's own, is started as ever.

A template (`support.template`) listens in a folder; a connection asks it for one fork, with what `subprocess` was asked for. It ends
with the process of the tests, however that ends.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from executable_posts.serving import zygote

# The programs, each with the seed that the engine starts it with; `template` knows what they import.
PROGRAMS: dict[str, str | None] = {
    "executable_posts": None,
    "pelican": None,
    "pytest": None,
    "ipykernel_launcher": "0",
}
HEARD_PELICAN = "executable_posts.site.hearing"
PLACE = "PYTEST_WARM"  # names the folder of the templates, to the forks

_usual = {name: getattr(subprocess.Popen, name) for name in ("_execute_child", "_try_wait", "_internal_poll")}
_parameters = inspect.signature(_usual["_execute_child"])
_on = False
_templates: dict[str, subprocess.Popen[bytes]] = {}
_folder: tempfile.TemporaryDirectory[str] | None = None


@contextlib.contextmanager
def forks() -> Iterator[None]:
    """Have Python programs that are started meanwhile be forks of templates."""
    global _on, _folder
    if (
        "COVERAGE_PROCESS_CONFIG" in os.environ
        or "COVERAGE_PROCESS_START" in os.environ
        or sys.platform != "linux"
    ):
        yield
        return
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="warm-")
        patch()
    was, _on = _on, True
    os.environ[PLACE] = _folder.name
    try:
        yield
    finally:
        _on = was
        if not was:
            del os.environ[PLACE]


def below() -> None:
    """Be a template: from now on, forks of this process ask the others."""
    global _on
    _on = True
    patch()


def stop() -> None:
    """End the templates, and remove their folder."""
    global _folder
    for template in _templates.values():
        with template:
            template.kill()
    _templates.clear()
    if _folder:
        _folder.cleanup()
        _folder = None


def spent() -> float:
    """Give the processor seconds of the templates that run, and of their forks that have ended."""
    return sum(sum(psutil.Process(template.pid).cpu_times()[:4]) for template in _templates.values())


def patch() -> None:
    """Have `subprocess.Popen` ask templates, where it may."""
    for name, function in (
        ("_execute_child", _execute_child),
        ("_try_wait", _try_wait),
        ("_internal_poll", _internal_poll),
    ):
        setattr(subprocess.Popen, name, function)


def _pythons(environment: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith("PYTHON") and k != "PYTHONUNBUFFERED"}


# What Python was told when this process began: a test that sets another path since is about that path.
_BEGAN = {name: said for name, said in _pythons(dict(os.environ)).items() if name != "PYTHONHASHSEED"}


def program(words: list[str], environment: dict[str, str]) -> str:
    """Name the program of `PROGRAMS` that a command is, on a leash or not; "" when it has to be started."""
    if words[:3] == [sys.executable, "-I", "-S"] and len(words) > 9 and words[3].endswith("leash.py"):
        words = words[9:]
    if len(words) < 3 or words[:2] != [sys.executable, "-m"]:
        return ""
    name = "pelican" if words[2] == HEARD_PELICAN else words[2]
    asked = _pythons(environment)
    seed = asked.pop("PYTHONHASHSEED", None)
    return name if name in PROGRAMS and asked == _BEGAN and seed == PROGRAMS[name] else ""


def _template(name: str) -> str:
    """Give the address of a template, which is started at its first use by the process of the tests."""
    folder = _folder.name if _folder else os.environ[PLACE]
    if _folder and not _templates:
        for one, seed in PROGRAMS.items():
            usual = {
                name: said for name, said in os.environ.items() if name not in _pythons(dict(os.environ))
            }
            environment = {**usual, **_BEGAN, **({"PYTHONHASHSEED": seed} if seed else {})}
            ready, told = os.pipe()
            with open(Path(folder, f"{one}.log"), "wb") as log:
                _templates[one] = subprocess.Popen(
                    [sys.executable, "-m", "support.template", one, folder, str(told)],
                    cwd=Path(__file__).parents[1], env=environment, pass_fds=[told], stdout=log, stderr=log,
                    stdin=subprocess.PIPE,
                )  # fmt: skip
            os.close(told)
            os.read(ready, 1)  # it listens; its imports go on
            os.close(ready)
    return str(Path(folder, name))


def _execute_child(self: Any, *args: Any, **named: Any) -> None:
    given = _parameters.bind(self, *args, **named).arguments
    words = [os.fsdecode(w) for w in given["args"]] if isinstance(given["args"], (list, tuple)) else []
    environment = (
        dict(os.environ)
        if given["env"] is None
        else {os.fsdecode(k): os.fsdecode(v) for k, v in given["env"].items()}
    )
    other = given["preexec_fn"] or given["executable"] or given["shell"] or given["process_group"] > 0
    name = program(words, environment) if _on and not other else ""
    if not name:
        _usual["_execute_child"](self, *args, **named)
        return
    standard = [given["p2cread"], given["c2pwrite"], given["errwrite"]]
    numbers = {at: at if fd == -1 else fd for at, fd in enumerate(standard)} | {
        fd: fd for fd in given["pass_fds"]
    }
    request = {
        "words": words,
        "environment": environment,
        "cwd": os.fspath(given["cwd"] or os.getcwd()),
        "descriptors": list(numbers),
        "session": bool(given["start_new_session"]),
    }
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(_template(name))
    zygote.send(channel, request, list(numbers.values()))
    self._channel, self._ended = channel, None
    self.pid = int(_line(channel))
    self._child_created = True
    self._close_pipe_fds(
        *(given[n] for n in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite"))
    )


def _line(channel: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = channel.recv(1)
        if not part:
            raise OSError("a template has ended")
        line += part
    return line


def _try_wait(self: Any, wait_flags: int) -> tuple[int, int]:
    channel = getattr(self, "_channel", None)
    if channel is None:
        return _usual["_try_wait"](self, wait_flags)  # type: ignore[no-any-return]
    if self._ended is None:
        if wait_flags & os.WNOHANG and not select.select([channel], [], [], 0)[0]:
            return 0, 0
        self._ended = int(_line(channel))
        channel.close()
    return self.pid, self._ended


def _internal_poll(self: Any, *args: Any, **named: Any) -> int | None:
    if getattr(self, "_channel", None) is None:
        return _usual["_internal_poll"](self, *args, **named)  # type: ignore[no-any-return]
    if self.returncode is None:
        pid, status = _try_wait(self, os.WNOHANG)
        if pid == self.pid:
            self._handle_exitstatus(status)
    return self.returncode  # type: ignore[no-any-return]
