"""The programs in C++: where their sources are, how they are compiled and run, and the record for where they cannot be."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self

from pizzeria.common.compilers import find, zig

NATIVE = Path(__file__).with_name("native")
RECORD = Path(__file__).with_name("records") / "iocp.json"
_MINGW = ("x86_64-w64-mingw32-g++-posix", "x86_64-w64-mingw32-g++")
_WINE = ("/usr/lib/wine/wine64", "wine64", "wine")  # Debian's wine64 alone puts nothing on the PATH
PATIENCE = 60  # seconds: wine makes itself at home the first time


@dataclass(frozen=True)
class Source:
    """A file of ours or a part of it, shown as it is: as Markdown in a notebook, as plain text elsewhere."""

    path: Path
    text: str

    def part(self, text: str) -> Source:
        """Show one part of the file; a text that does not stand in it is refused."""
        if any(piece not in self.text for piece in text.split("\n\n\n")):
            raise ValueError(f"that does not stand in {self.path.name}")
        return Source(self.path, text)

    def __repr__(self) -> str:
        return self.text

    @property
    def language(self) -> str:
        """The name of its language, as highlighters call it."""
        return {".py": "python", ".h": "c"}.get(self.path.suffix, "cpp")

    def _repr_markdown_(self) -> str:
        return f"```{self.language}\n{self.text.rstrip()}\n```"


def source(name: str) -> Source:
    """Show a file of this package: ``source("kqueue.cpp")``, ``source("sys/event.h")``, ``source("styles.py")``."""
    for folder in (NATIVE, NATIVE.parent):
        path = folder / name
        if path.is_file():
            return Source(path, path.read_text(encoding="utf-8"))
    raise FileNotFoundError(f"no file {name!r} in {NATIVE.parent}")


@dataclass(frozen=True)
class Report:
    """What a program printed, and where that came from: run just now, or recorded."""

    lines: tuple[str, ...]
    origin: str
    fresh: bool

    def __str__(self) -> str:
        return "\n".join((f"[{self.origin}]", *self.lines))


def compile_iocp(target: str | PathLike[str]) -> Path:
    """Cross-compile the completion port program for Windows into the file `target`."""
    compiler = find(_MINGW, "apt-get install g++-mingw-w64-x86-64-posix")
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-D_WIN32_WINNT=0x0A00"]
    command = [compiler, *flags, str(NATIVE / "iocp.cpp"), "-o", str(target), "-lws2_32"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"iocp.cpp does not compile\n{done.stderr}")
    return Path(target)


class Wine:
    """A Windows for our programs in a folder of its own; one quiet `cmd` keeps it warm while it is open.

    Without it, each program would start and stop the whole of wine: 2.6 s instead of 0.07.
    """

    def __init__(self, prefix: str | PathLike[str]) -> None:
        self._wine = find(_WINE, "apt-get install wine64")
        self._environment = {
            **os.environ,
            "WINEPREFIX": str(prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
        }
        Path(prefix).parent.mkdir(parents=True, exist_ok=True)
        self._cmd = subprocess.Popen(
            [self._wine, "cmd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        assert self._cmd.stdin is not None
        assert self._cmd.stdout is not None
        self._told, self._said = self._cmd.stdin, self._cmd.stdout
        # Its prompt says that wine is at home; a second program before that would find half a Windows.
        if not select.select([self._said], [], [], PATIENCE)[0] or not os.read(self._said.fileno(), 1):
            self._cmd.kill()
            self.close()
            raise RuntimeError(f"wine did not start within {PATIENCE} s in {prefix}")

    def version(self) -> str:
        """Say which wine this is."""
        return self._call([self._wine, "--version"]).strip()

    def run(self, program: str | PathLike[str], *args: str) -> str:
        """Run a Windows program and return what it printed; a failure raises RuntimeError with that text."""
        return self._call([self._wine, str(program), *args])

    def _call(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            timeout=PATIENCE,
        )
        text = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
        if done.returncode:
            raise RuntimeError(f"{Path(command[1]).name} returned {done.returncode} under wine\n{text}")
        return text

    def close(self) -> None:
        """End everything that runs in this prefix, the warm `cmd` and wine's own server too."""
        self._told.close()
        server = find(
            [str(Path(self._wine).with_name(n)) for n in ("wineserver64", "wineserver")],
            "apt-get install wine64",
        )
        for order in ("-k", "-w"):
            subprocess.run([server, order], env=self._environment, timeout=PATIENCE, check=False)
        self._cmd.wait(PATIENCE)
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_iocp() -> Report:
    """Cross-compile the completion port program and run it under wine, in folders that vanish afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        program = compile_iocp(Path(scratch, "iocp.exe"))
        with Wine(Path(scratch, "wine")) as wine:
            text = wine.run(program)
            return Report(tuple(text.splitlines()), f"run just now under {wine.version()}", fresh=True)


def recorded_iocp() -> Report:
    """Give the recorded run of the completion port program, with its date and what it ran under."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    origin = f"recorded on {record['date']} under {record['under']}, compiled by {record['compiler']}"
    return Report(tuple(record["lines"]), origin, fresh=False)


def record_iocp(date: str) -> None:
    """Run the completion port program and write down what it printed, with its provenance."""
    compiler = subprocess.run(
        [find(_MINGW, "apt-get install g++-mingw-w64-x86-64-posix"), "-dumpfullversion"],
        capture_output=True,
        text=True,
    )
    report = run_iocp()
    record = {
        "program": "native/iocp.cpp",
        "date": date,
        "under": report.origin.removeprefix("run just now under "),
        "compiler": f"mingw-w64 g++ {compiler.stdout.strip()}",
        "lines": report.lines,
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def check_kqueue_elsewhere(target: str, scratch: str | PathLike[str]) -> Path:
    """Compile the kqueue program against the real headers of another system, such as "x86_64-freebsd"."""
    cache = {"ZIG_GLOBAL_CACHE_DIR": str(scratch), "ZIG_LOCAL_CACHE_DIR": str(scratch)}
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-I", str(NATIVE)]
    command = [*zig(), "c++", "-target", target, *flags, "-c", str(NATIVE / "kqueue.cpp")]
    product = Path(scratch, f"{target}.o")
    done = subprocess.run(
        [*command, "-o", str(product)], capture_output=True, text=True, env=os.environ | cache, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"kqueue.cpp does not compile for {target}\n{done.stderr}")
    return product
