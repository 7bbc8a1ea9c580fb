"""The whole kitchen as processes: an expediter and a standby, cooks, ovens; each can be killed and started again."""

import asyncio
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from pizzeria.common.subprocesses import STOP_WITHIN, python

COOKS = ("anna", "bruno", "carla", "dino", "elena", "fabio", "gina", "hugo", "irma", "luca", "mara", "nino")
OVENS = "ovens"


class WholeKitchen:
    """A kitchen on a broker's `address`; an asynchronous context manager that starts it and stops it.

    Programs have names: ``expediter``, ``standby``, ``ovens`` (one process for all, a connection each) and the cooks'.
    None outlives this process, however it ends. `scale` is the seconds a kitchen minute takes.
    """

    def __init__(self, address, cooks=4, ovens=None, scale=0.02, patience=5.0, folder=None, standby=True):
        self.address, self.scale, self.patience = address, scale, patience
        self.cooks = cook_names(cooks)
        self.ovens = [str(n) for n in range(1, (ovens or 4 * cooks) + 1)]
        self.folder, self._own_folder = folder, None
        self.standby = standby
        self.processes = {}

    @property
    def ledger(self):
        """Where the expediter's ledger is."""
        return Path(self.folder) / "ledger.db"

    async def __aenter__(self):
        if self.folder is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="pizzeria-kitchen-")
            self.folder = self._own_folder.name
        try:
            for name in ("expediter", *(["standby"] if self.standby else []), OVENS, *self.cooks):
                await self.start(name)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        processes, self.processes = self.processes, {}
        for process in processes.values():
            if process.returncode is None:
                process.terminate()
        for process in processes.values():
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._own_folder:
            self._own_folder.cleanup()

    async def start(self, name):
        """Start the program of this name; it writes its words to a file in `folder`."""
        environment = {**os.environ, **self.address.environment()}
        with open(self.log(name), "ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                python(), "-m", "pizzeria", *self.program(name), "--leash",
                stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    def program(self, name):
        """Return the command of a program, after ``python -m pizzeria``."""
        if name in ("expediter", "standby"):
            timing = ["--scale", str(self.scale), "--patience", str(self.patience)]
            return ["expediter", "--ledger", str(self.ledger), *timing]
        return ["oven", *self.ovens] if name == OVENS else ["tablet", name]

    def log(self, name):
        """Return the file with the words of a program."""
        return Path(self.folder) / f"{name}.log"

    async def kill(self, name):
        """Kill a program as a power cut would (SIGKILL)."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    def cut_an_oven(self):
        """Cut the link of some oven."""
        self.processes[OVENS].send_signal(signal.SIGUSR1)

    def ended(self):
        """Return the names of programs that ended by themselves, with their last words."""
        ended = [name for name, process in self.processes.items() if process.returncode is not None]
        return {
            name: self.log(name).read_text(encoding="utf-8", errors="replace")[-300:].strip()
            for name in ended
        }


def cook_names(count):
    """Return names for so many cooks."""
    return [COOKS[n] if n < len(COOKS) else f"cook-{n + 1}" for n in range(count)]
