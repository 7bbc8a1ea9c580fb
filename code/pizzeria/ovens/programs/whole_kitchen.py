"""The whole kitchen as processes: an expediter and a standby, cooks, ovens; each can be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pizzeria.common.subprocesses import STOP_WITHIN, python
from pizzeria.ovens.expediter.ledger import LedgerError, about, holder_named
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.programs.command import LEDGER

COOKS = ("anna", "bruno", "carla", "dino", "elena", "fabio", "gina", "hugo", "irma", "luca", "mara", "nino")
OVENS = "ovens"
EXPEDITERS = ("expediter", "standby")


class WholeKitchen:
    """A kitchen on a broker's `address`; an asynchronous context manager that starts it and stops it.

    Programs have names: ``expediter``, ``standby``, ``ovens`` (one process for all, a connection each) and the cooks'.
    None outlives this process, however it ends. `scale` is the seconds a kitchen minute takes. `detours` are
    variables of the environment that expediters get, and nobody else.
    """

    def __init__(
        self,
        address: Address,
        cooks: int = 4,
        ovens: int | None = None,
        scale: float = 0.02,
        patience: float = 5.0,
        folder: str | Path | None = None,
        standby: bool = True,
        ledger: str | None = None,
        detours: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.address, self.scale, self.patience = address, scale, patience
        self.cooks = cook_names(cooks)
        self.ovens = [str(n) for n in range(1, (ovens or 4 * cooks) + 1)]
        self._folder = folder
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self.standby, self._ledger, self._detours = standby, ledger, detours
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    @property
    def folder(self) -> Path:
        """Where the ledger and the programs' words are."""
        if self._folder is None:
            raise RuntimeError("the kitchen was not started")
        return Path(self._folder)

    @property
    def ledger(self) -> str:
        """Where the expediter's ledger is: a file in `folder` if nobody said something else."""
        return self._ledger or str(self.folder / "ledger.db")

    async def __aenter__(self) -> Self:
        if self._folder is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="pizzeria-kitchen-")
            self._folder = self._own_folder.name
        try:
            for name in ("expediter", *(["standby"] if self.standby else []), OVENS, *self.cooks):
                await self.start(name)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        processes, self.processes = self.processes, {}
        for process in processes.values():
            if process.returncode is None:
                process.terminate()
                process.send_signal(signal.SIGCONT)  # who is stopped hears nothing else
        for process in processes.values():
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._own_folder:
            self._own_folder.cleanup()

    async def start(self, name: str) -> None:
        """Start the program of this name; it writes its words to a file in `folder`."""
        # Not on the command line, which everybody can read: both may hold a password.
        environment = {**os.environ, **self.address.environment(), LEDGER: self.ledger}
        if name in EXPEDITERS:
            environment |= self._detours
        with open(self.log(name), "ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                python(), "-m", "pizzeria", *self.program(name), "--leash",
                stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    def program(self, name: str) -> list[str]:
        """Return the command of a program, after ``python -m pizzeria``."""
        if name in EXPEDITERS:
            timing = ["--scale", str(self.scale), "--patience", str(self.patience)]
            return ["expediter", *timing]
        return ["oven", *self.ovens] if name == OVENS else ["tablet", name]

    def log(self, name: str) -> Path:
        """Return the file with the words of a program."""
        return self.folder / f"{name}.log"

    async def kill(self, name: str) -> None:
        """Kill a program as a power cut would (SIGKILL)."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def stop(self, name: str) -> None:
        """Stop a program in the middle of whatever it does (SIGSTOP)."""
        self.processes[name].send_signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """Let a stopped program go on (SIGCONT); harmless when somebody has ended it."""
        with suppress(ProcessLookupError):
            self.processes[name].send_signal(signal.SIGCONT)

    def leader(self) -> tuple[str, int] | None:
        """Return who holds the ledger, by the name of his program, and in which epoch; None when it is none of these."""
        try:
            known = about(self.ledger)
        except LedgerError:  # nobody has opened it yet, or it is away
            return None
        holders = {holder_named(process.pid): name for name, process in self.processes.items()}
        name = holders.get(known.get("holder", ""))
        return (name, known["epoch"]) if name else None

    def cut_an_oven(self) -> None:
        """Cut the link of some oven."""
        self.processes[OVENS].send_signal(signal.SIGUSR1)

    def ended(self) -> dict[str, str]:
        """Return the names of programs that ended by themselves, with their last words."""
        ended = [name for name, process in self.processes.items() if process.returncode is not None]
        return {
            name: self.log(name).read_text(encoding="utf-8", errors="replace")[-300:].strip()
            for name in ended
        }


def cook_names(count: int) -> list[str]:
    """Return names for so many cooks."""
    return [COOKS[n] if n < len(COOKS) else f"cook-{n + 1}" for n in range(count)]
