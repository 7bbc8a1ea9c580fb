"""Ngin O' Pepperonix in C++ on Boost.Asio: programs of their own, compiled once, under the same contract.

``asio`` has C++20's stackless coroutines, ``asio-callbacks`` is the same in C++14. Boost comes as headers in a wheel.
A program is two objects: Boost's own code, which never changes, and ours. Both are kept by what they are made of.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from os import PathLike
from pathlib import Path
from urllib.parse import urlsplit

from pizzeria.common.compilers import MissingTool, cxx
from pizzeria.common.files import aside, one_at_a_time
from pizzeria.datacenter.servers import the_end
from pizzeria.datacenter.service.settings import FIXED, Settings

NATIVE = Path(__file__).parents[1] / "native"
SOURCES = {
    "asio": ("asio_coroutines.cpp", "-std=c++20"),
    "asio-callbacks": ("asio_callbacks.cpp", "-std=c++14"),
}
LIBRARY = "boost.cpp", "boost.hpp"
FLAGS = ("-O1", "-pthread", "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_BEAST_SEPARATE_COMPILATION")
CACHE = Path(".cache/datacenter")
NOT_TOLD = {"cores", "workers", "credentials_url", "credentials_ms", "faults", "leash"}


def boost() -> str:
    """Return the folder of Boost's headers."""
    import boost_headers

    return str(boost_headers.get_include())


def compile_objects(
    command: Sequence[str],
    names: Iterable[str] = SOURCES,
    cache: str | PathLike[str] = CACHE,
    flags: Sequence[str] = FLAGS,
) -> dict[str, list[Path]]:
    """Compile what is not kept, side by side; return ``{name: [object files]}``. `ValueError`: what the compiler said."""
    kept = Path(cache)
    kept.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([*command, "--version"], capture_output=True, text=True).stdout
    ours = [path.read_bytes() for path in sorted(NATIVE.glob("*.*pp"))]
    library = [NATIVE.joinpath(name).read_bytes() for name in LIBRARY]
    jobs: dict[
        Path, tuple[str, str]
    ] = {}  # object file: (source, standard); two programs of one standard would share Boost's
    objects: dict[str, list[Path]] = {}
    for name in names:
        source, standard = SOURCES[name]
        objects[name] = []
        for file, parts in ((LIBRARY[0], library), (source, ours)):
            facts = repr((command, version, boost(), flags, standard, file, parts))
            key = hashlib.sha256(facts.encode()).hexdigest()[:16]
            objects[name].append(kept / f"{Path(file).stem}-{key}.o")
            jobs[objects[name][-1]] = (file, standard)
    if all(made.exists() for made in jobs):
        return objects
    # Whoever else is compiling has perhaps made what is missing here.
    with one_at_a_time(kept), ThreadPoolExecutor(os.cpu_count()) as workers:
        missing = {made: job for made, job in jobs.items() if not made.exists()}
        if missing:
            print("Compiling the Asio servers (once; about half a minute) ...", file=sys.stderr, flush=True)
        for done in [
            workers.submit(compile_one, command, flags, *job, made) for made, job in missing.items()
        ]:
            done.result()
    return objects


def compile_one(command: Sequence[str], flags: Sequence[str], source: str, standard: str, made: Path) -> None:
    words = [*command, standard, *flags, "-isystem", boost(), "-c", str(NATIVE / source)]
    build(words, source, made)


def build(words: Sequence[str], what: str, made: Path) -> None:
    """Run a compiler with ``-o``, aside first: a build that was interrupted, or another's, leaves nothing half done."""
    with aside(made) as unfinished:
        done = subprocess.run([*words, "-o", str(unfinished)], capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"{what} does not compile with {words[0]}:\n{done.stderr.strip()[:2000]}")


def program(name: str, cache: str | PathLike[str] = CACHE) -> Path:
    """Compile the server `name`, or find it compiled; return the path of the program."""
    try:
        command = cxx()
    except MissingTool as error:
        raise ValueError(str(error)) from None
    objects = compile_objects(command, [name], cache)[name]
    made = Path(cache, f"{name}-{objects[1].stem.rpartition('-')[2]}")
    if not made.exists():
        build([*command, "-pthread", *map(str, objects)], name, made)
    return made


def serve(settings: Settings) -> None:
    """Run the program until told to stop; it ends with us, however we end."""
    if "://" in settings.store:
        raise ValueError("--store: the Asio servers keep a file of their own; give a path")
    parts = urlsplit(settings.credentials_url)
    told = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name not in NOT_TOLD}
    told |= {name: value for name, (value, *_) in FIXED.items()}
    told |= {"credentials_host": parts.hostname, "credentials_port": parts.port or 80}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in told.items()]
    running: list[subprocess.Popen[bytes]] = []
    told_to_end: list[bool] = []

    def end() -> None:
        told_to_end.append(True)
        for process in running:
            process.terminate()

    command = [str(program(settings.server)), *words]
    the_end.call_once(end)  # before it runs: it may be ready, and somebody may want its end, before we go on
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        running.append(process)
        if told_to_end:
            process.terminate()
        if process.wait():
            raise ValueError(f"{settings.server} ended with {process.returncode}")
