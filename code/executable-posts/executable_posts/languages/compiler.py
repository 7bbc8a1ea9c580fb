"""Compile a C++ block once: find a compiler, map its errors to the post, keep the program by hash.

The key of a kept program holds the source, the flags, the compiler's version and the local headers it includes (from
the compiler's own dependency file), but not the block's line: moving a block compiles nothing. A source that asks for
its own line (``__LINE__``, ``assert``, ``source_location``) keeps the line in its key.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import headers
from .cpp import DEFAULT_STANDARD, named_programs
from .language import ToolAbsent

DEFAULT_FLAGS = ("-O1", "-Wall", "-Wextra")
UNFINISHED = ".new"  # ends the names of folders in which a compiler works
_WANTS_LINE = re.compile(r"__LINE__|\bassert\b|source_location")


class CompileError(Exception):
    """Hold what the compiler said (text) and the post's line of its first error (0 when it names none)."""

    def __init__(self, text: str, line: int):
        super().__init__(text)
        self.text, self.line = text, line


def find_compiler() -> tuple[str, ...]:
    """Find a C++ compiler: ``$CXX``, g++, clang++, c++, else the ziglang wheel; raise ToolAbsent if none is there."""
    if chosen := shlex.split(os.environ.get("CXX", "")):
        if not shutil.which(chosen[0]):
            raise ToolAbsent(
                f"the C++ compiler that CXX names was not found: {chosen[0]}", "correct CXX, or unset it"
            )
        return tuple(chosen)
    for name in ("g++", "clang++", "c++"):
        if shutil.which(name):
            return (name,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++")
    raise ToolAbsent(
        "no C++ compiler was found", "install g++ or clang++, or run: pip install 'executable-posts[cpp]'"
    )


@functools.cache
def compiler_version(command: tuple[str, ...]) -> str:
    """Say what the compiler calls itself."""
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )[0]


def build(source: str, args: str, label: str, line: int, cache: Path) -> Path:
    """Compile one C++ program, or find it compiled; return the path of the executable.

    source: the program. args: compiler flags as in a shell. label, line: where the source's first line stands in the
    post. cache: folder of kept programs. Raise CompileError with the compiler's own words.
    """
    source = source.rstrip("\n")  # IPython adds a newline to a cell
    command = find_compiler()
    flags = [_expand(flag, label, line) for flag in _words(args)]
    if not any(f.startswith("-std=") for f in flags):
        flags.insert(0, f"-std=c++{DEFAULT_STANDARD}")
    key = _digest(
        source, DEFAULT_FLAGS, flags, compiler_version(command), (label, line) if wants_line(source) else None
    )[:24]
    folder = cache / key
    if _found(folder, (label, line)):
        return folder / "program"
    cache.mkdir(parents=True, exist_ok=True)
    with scratch(cache, key) as work:
        if _found(folder, (label, line)):  # somebody else was compiling it
            return folder / "program"
        block, depfile = work / "block.cpp", work / "headers.d"
        block.write_text(f'#line {line} "{label}"\n{source}\n', encoding="utf-8")
        absent = headers.digests(source, flags)[1]
        outputs = ["-o", str(work / "program"), "-MMD", "-MF", str(depfile)]
        call = [*command, *DEFAULT_FLAGS, str(block), *outputs, *flags]
        done = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
        said = done.stderr.replace(str(block), label)
        if done.returncode:
            raise CompileError(said, _first_error_line(said, label))
        if said.strip():
            print(said, file=sys.stderr, end="")
        known = {h: headers.digest(h) for h in headers.of_depfile(depfile, block)}
        facts = {"headers": known, "absent": absent, "warnings": said, "place": [label, line]}
        (work / "built.json").write_text(json.dumps(facts))
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)
    return folder / "program"


@contextlib.contextmanager
def scratch(folder: Path, key: str) -> Iterator[Path]:
    """Make a folder to work in, which nobody else has meanwhile: whoever wants the same key waits. What is left of it at the
    end is removed, and so is what processes that were killed have left beside it."""
    locks = folder / "locks"
    locks.mkdir(exist_ok=True)

    def taken(name: str, how: int) -> int:
        lock = os.open(locks / name[:2], os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            os.close(lock)
            return -1
        except BaseException:
            os.close(lock)
            raise
        return lock

    lock = taken(key, fcntl.LOCK_EX)
    try:
        for left in folder.glob(f"*{UNFINISHED}"):
            other = -1 if left.name[:2] == key[:2] else taken(left.name, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if other >= 0 or left.name[:2] == key[:2]:
                shutil.rmtree(left, ignore_errors=True)
            if other >= 0:
                os.close(other)
        work = folder / f"{key}{UNFINISHED}"
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(lock)


def _words(args: str) -> list[str]:
    try:
        return shlex.split(args)
    except ValueError as error:
        raise CompileError(f"the flags {args} cannot be read: {str(error).lower()}", 0) from None


def unknown(args: str) -> str:
    """Give the first variable in a block's flags that the environment has not (yet), "" when there is none."""
    left = re.search(r"\$\{?\w+\}?", os.path.expandvars(args))
    return left[0] if left else ""


def _expand(flag: str, label: str, line: int) -> str:
    """Put the environment's variables in a flag, as a shell would: ``-isystem $BOOST``."""
    if left := unknown(flag):
        raise CompileError(
            f"{label}:{line}: the flag {flag} names {left}, which no block above has set", line
        )
    return os.path.expandvars(flag)


def split_name(args: str) -> tuple[str, str]:
    """Take ``-o NAME`` out of a block's flags; return the other flags and the name, "" when there is none."""
    words = _words(args)
    if "-o" not in words:
        return args, ""
    at = words.index("-o")
    name = words[at + 1] if at + 1 < len(words) else ""
    if not re.fullmatch(r"[\w-]+", name):
        raise CompileError(f"-o {name}: the name of a program was expected, letters, digits and hyphens", 0)
    return shlex.join(words[:at] + words[at + 2 :]), name


def keep(built: Path, source: str, name: str, cache: Path) -> None:
    """Keep a built program under a name, for `program`, with its source beside it (``.cpp``)."""
    named = named_programs(cache)
    named.mkdir(parents=True, exist_ok=True)
    with scratch(named, _digest(name)[:24]) as work:
        shutil.copy2(built, work / name)
        os.replace(work / name, named / name)
        (work / name).write_text(source, encoding="utf-8")
        os.replace(work / name, named / f"{name}.cpp")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def wants_line(source: str) -> bool:
    """Tell whether a program asks for its own line, so that moving it changes what it does."""
    return bool(_WANTS_LINE.search(source))


def header_digests(source: str, args: str) -> tuple[tuple[str, str], ...]:
    """Hash the headers of one's own that a program includes, those that they include as well: (path, digest) each."""
    try:
        flags = [os.path.expandvars(word) for word in _words(args)]
    except CompileError:
        return ()  # the run will say so
    return tuple(sorted(headers.digests(source, flags)[0].items()))


def _found(folder: Path, place: tuple[str, int]) -> bool:
    """Tell whether a kept program is there and may be used; repeat the warnings it was built with."""
    try:
        if not (folder / "program").is_file():
            return False
        known = json.loads((folder / "built.json").read_text())
        if not headers.unchanged(known["headers"], known["absent"]):
            return False
        if known["warnings"].strip():
            if known["place"] != list(place):
                return False  # its warnings name lines that have moved
            print(known["warnings"], file=sys.stderr, end="")
        os.utime(folder)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _first_error_line(said: str, label: str) -> int:
    match = re.search(rf"^{re.escape(label)}:(\d+)(?::\d+)?: (?:fatal )?error", said, re.MULTILINE)
    match = match or re.search(rf"{re.escape(label)}:(\d+)", said)
    return int(match[1]) if match else 0
