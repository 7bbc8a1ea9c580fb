"""How long each tool takes from cold, for nothing, and for an edit; in rounds, everybody in turn."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from .catalog import Peer
from .document import Content, Document
from .installing import Environment

PATIENCE = 600  # seconds a build may take


class Failed(RuntimeError):
    """A build that did not do what it was timed for."""


@dataclass(frozen=True)
class Cost:
    """What one build took: seconds on the clock and of the processor, and the largest process, in MB (`wait4`)."""

    wall: float
    cpu: float
    memory: float


def run(
    command: list[str], environment: Environment, folder: Path, patience: float = PATIENCE
) -> tuple[Cost, int, str]:
    """Run one command to its end; give its cost, its exit code, and all that it said.

    The processor's seconds are those of every process that was waited for, so a kernel counts.
    """
    log = folder.parent / f"{folder.name}.log"
    program = shutil.which(command[0], path=environment.variables["PATH"]) or command[0]
    with log.open("wb") as said:
        begun = time.monotonic()
        process = subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            env={
                **environment.variables,
                "PYTHONPATH": str(folder),
            },  # blocks may import what lies beside them
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            usage, code = _wait(process, begun + patience)
        except BaseException:
            _end(process)
            process.wait()
            raise
        took = time.monotonic() - begun
    cost = Cost(round(took, 3), round(usage.ru_utime + usage.ru_stime, 3), round(usage.ru_maxrss / 1024, 1))
    return cost, code, log.read_text(encoding="utf-8", errors="replace")


def _wait(process: subprocess.Popen[bytes], end: float):
    """Wait with the usage of this child alone; end it, and whatever it has started, when patience has run out."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, process.returncode
        if time.monotonic() > end:
            _end(process)
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = -9
            return usage, -9
        time.sleep(0.005)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and all that it has started: kernels have process groups of their own."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


def scenarios(
    peer: Peer, environment: Environment, content: Content, folder: Path
) -> Iterator[tuple[str, Cost]]:
    """Build a content cold, again for nothing, then once for each edit, each from the unedited state; give name and cost.

    After each build the page must show what the edit says; raise `Failed` when it does not.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peer.lay_out(folder, content.documents)
    names = [page.name for page in content.documents]

    def build(page: Document, text: str) -> Cost:
        costs = []
        for command in peer.build(names):
            cost, code, said = run(command, environment, folder)
            if code:
                raise Failed(f"{peer.name}: {' '.join(command[:3])} ended with {code}: {said.strip()[-400:]}")
            costs.append(cost)
        _must_show(peer, folder, page, text)
        return Cost(sum(c.wall for c in costs), sum(c.cpu for c in costs), max(c.memory for c in costs))

    first = content.documents[0]
    yield "cold", build(first, content.shown)
    yield "unchanged", build(first, content.shown)
    for name, (edited, text) in content.edits.items():
        source = peer.source(folder, edited.name)
        before = source.read_text(encoding="utf-8")
        source.write_text(peer.write(edited), encoding="utf-8")
        yield name, build(edited, text)
        source.write_text(before, encoding="utf-8")
        build(first, content.shown)


def _must_show(peer: Peer, folder: Path, page: Document, text: str) -> None:
    shown = peer.page(folder, page.name)
    if not shown.is_file():
        raise Failed(f"{peer.name}: {shown.relative_to(folder)} was not made")
    pieces = [shown, *(p for p in (shown.parent / "files").glob("*.txt"))]  # JATS has outputs beside itself
    if not any(text in piece.read_text(encoding="utf-8", errors="replace") for piece in pieces):
        raise Failed(f"{peer.name}: {shown.relative_to(folder)} does not show {text!r}")


def measured(
    peers: list[tuple[Peer, Environment]],
    contents: dict[str, Content],
    rounds: int,
    scratch: Path,
    note: Callable[[str], None],
) -> dict[str, dict[str, dict[str, list[dict[str, float]]]]]:
    """Measure every content with every tool, so many times; give content -> scenario -> tool -> costs.

    Within a round all tools take their turn with one content before the next, so that what the machine does besides
    meets them alike. A tool that fails is noted and left out of that content.
    """
    found: dict[str, dict[str, dict[str, list[dict[str, float]]]]] = {name: {} for name in contents}
    failed: set[tuple[str, str]] = set()
    for turn in range(rounds):
        for name, content in contents.items():
            for peer, environment in peers if turn % 2 == 0 else reversed(peers):
                if (name, peer.name) in failed:
                    continue
                note(f"round {turn + 1} of {rounds}: {name}, {peer.name}")
                try:
                    for scenario, cost in scenarios(peer, environment, content, scratch / "build"):
                        rows = found[name].setdefault(scenario, {}).setdefault(peer.name, [])
                        rows.append(asdict(cost))
                except Failed as failure:
                    failed.add((name, peer.name))
                    for rows in found[name].values():
                        rows.pop(peer.name, None)
                    note(f"  left out: {failure}")
    return found
