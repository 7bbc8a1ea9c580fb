"""Compile a C++ block once: find a compiler, map its errors to the post, keep the program by hash.

The key of a kept program holds the source, the flags, the compiler's version and the local headers it includes (from
the compiler's own dependency file), but not the block's line: moving a block compiles nothing. A source that asks for
its own line (``__LINE__``, ``assert``, ``source_location``) keeps the line in its key.
"""

from __future__ import annotations

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
import tempfile
from pathlib import Path

from .cpp import DEFAULT_STANDARD, named_programs
from .language import ToolAbsent

DEFAULT_FLAGS = ("-O1", "-Wall", "-Wextra")
_WANTS_LINE = re.compile(r"__LINE__|\bassert\b|source_location")
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)[>\"]", re.MULTILINE)
_OWN_HEADERS = ("-I", "-iquote", "-include")  # not -isystem: what is installed is in the fingerprint


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
    command = find_compiler()
    flags = [_expand(flag, label, line) for flag in _words(args)]
    if not any(f.startswith("-std=") for f in flags):
        flags.insert(0, f"-std=c++{DEFAULT_STANDARD}")
    key = _digest(
        source, DEFAULT_FLAGS, flags, compiler_version(command), (label, line) if wants_line(source) else None
    )
    folder = cache / key[:24]
    program = folder / "program"
    if program.is_file() and _still_good(folder, (label, line)):
        os.utime(folder)
        return program
    cache.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed, so that two builds at once or an interrupted one never leave half a program.
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        work = Path(scratch, "built")
        work.mkdir()
        (work / "block.cpp").write_text(f'#line {line} "{label}"\n{source}\n', encoding="utf-8")
        target, depfile = work / "program", work / "headers.d"
        call = [
            *command,
            *DEFAULT_FLAGS,
            str(work / "block.cpp"),
            "-o",
            str(target),
            "-MMD",
            "-MF",
            str(depfile),
            *flags,
        ]
        done = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
        said = done.stderr.replace(str(work / "block.cpp"), label)
        if done.returncode:
            raise CompileError(said, _first_error_line(said, label))
        if said.strip():
            print(said, file=sys.stderr, end="")
        headers = _read_depfile(depfile, work / "block.cpp")
        facts = {"headers": {h: _file_digest(h) for h in headers}, "warnings": said, "place": [label, line]}
        (work / "built.json").write_text(json.dumps(facts))
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.replace(work, folder)
        except OSError:
            if not program.is_file():  # else another build was faster: its result is the same
                raise
    return program


def _words(args: str) -> list[str]:
    try:
        return shlex.split(args)
    except ValueError as error:
        raise CompileError(f"the flags {args} cannot be read: {str(error).lower()}", 0) from None


def _expand(flag: str, label: str, line: int) -> str:
    """Put the environment's variables in a flag, as a shell would: ``-isystem $BOOST``."""
    expanded = os.path.expandvars(flag)
    if left := re.search(r"\$\{?\w+\}?", expanded):
        raise CompileError(
            f"{label}:{line}: the flag {flag} names {left[0]}, which no block above has set", line
        )
    return expanded


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
    with tempfile.TemporaryDirectory(dir=named) as scratch:
        shutil.copy2(built, Path(scratch, name))
        os.replace(Path(scratch, name), named / name)
        Path(scratch, name).write_text(source, encoding="utf-8")
        os.replace(Path(scratch, name), named / f"{name}.cpp")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _file_digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "absent"


def wants_line(source: str) -> bool:
    """Tell whether a program asks for its own line, so that moving it changes what it does."""
    return bool(_WANTS_LINE.search(source))


def header_digests(source: str, args: str) -> tuple[tuple[str, str], ...]:
    """Hash the headers of one's own that a program includes, those that they include as well: (path, digest) each.

    Found without a compiler, so without its macros: a header behind an ``#if`` that does not hold is among them.
    """
    try:
        folders, waiting = _own_headers([os.path.expandvars(word) for word in _words(args)])
    except CompileError:
        return ()  # the run will say so
    found: dict[str, str] = {}
    texts: list[tuple[str, list[Path]]] = [(source, [])]
    while texts or waiting:
        if waiting:
            path = waiting.pop().resolve()  # one that includes itself by way of .. would go on for ever
            if str(path) not in found and path.is_file():
                found[str(path)] = _file_digest(str(path))
                texts.append((path.read_text(encoding="utf-8", errors="replace"), [path.parent]))
            continue
        text, beside = texts.pop()
        waiting += [folder / name for name in _INCLUDE.findall(text) for folder in (*beside, *folders)]
    return tuple(sorted(found.items()))


def _own_headers(flags: list[str]) -> tuple[list[Path], list[Path]]:
    """Take from flags the folders of one's own headers, and the headers that are included by a flag."""
    places: dict[str, list[Path]] = {option: [] for option in _OWN_HEADERS}
    for at, flag in enumerate(flags):
        for option in sorted(_OWN_HEADERS, key=len, reverse=True):
            if flag == option and at + 1 < len(flags):
                places[option].append(Path(flags[at + 1]))
            elif flag != option and flag.startswith(option):
                places[option].append(Path(flag.removeprefix(option)))
            else:
                continue
            break
    return [*places["-I"], *places["-iquote"]], places["-include"]


def _still_good(folder: Path, place: tuple[str, int]) -> bool:
    """Tell whether a kept program may be used; repeat the warnings it was built with."""
    try:
        known = json.loads((folder / "built.json").read_text())
        if any(_file_digest(path) != digest for path, digest in known["headers"].items()):
            return False
        if known["warnings"].strip():
            if known["place"] != list(place):
                return False  # its warnings name lines that have moved
            print(known["warnings"], file=sys.stderr, end="")
    except (OSError, ValueError, KeyError):
        return False
    return True


def _read_depfile(depfile: Path, block: Path) -> list[str]:
    if not depfile.is_file():
        return []
    text = depfile.read_text(errors="replace").replace("\\\n", " ").partition(":")[2]
    return [p for p in shlex.split(text) if Path(p) != block]


def _first_error_line(said: str, label: str) -> int:
    match = re.search(rf"^{re.escape(label)}:(\d+)(?::\d+)?: (?:fatal )?error", said, re.MULTILINE)
    match = match or re.search(rf"{re.escape(label)}:(\d+)", said)
    return int(match[1]) if match else 0
