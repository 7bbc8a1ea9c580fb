"""Run blocks in one Jupyter kernel, by nbclient.

`Runner` is the whole interface the engine knows: start, run a block, inspect expressions, stop. A faster runner can
take the kernel's place by providing the same four methods.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import logging
import os
import queue
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..reading.post import Block
from .leashes import Folder, Leash, end_marked, marked_folder, sweep
from .outputs import normalised, size, visible

OUTPUT_LIMIT = 4_000_000  # characters one block may print or show
SOCKET_NAME = 103  # bytes; macOS takes no longer name of a Unix socket, Linux 107
FOLDERS = "posts-kernel-"  # begins the names of the folders that kernels have for themselves
_WATCH = "executable_posts.running.in_kernel.observed"
_EMPTY_CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


@dataclass(frozen=True)
class Failure:
    """Hold why a block failed. kind: "error", "absent" (what runs the language), "timeout", "flood" or "died";
    line: the post's line; text: trimmed traceback; mend: what to do, "" when the kind says it."""

    kind: str
    line: int
    message: str
    text: str = ""
    mend: str = ""


@dataclass
class Result:
    """Hold what a block gave: notebook outputs, a failure or None, seconds of wall clock."""

    outputs: list[dict] = field(default_factory=list)
    failure: Failure | None = None
    seconds: float = 0.0


class Runner(Protocol):
    """Run the blocks of one post, in order, sharing one state."""

    def start(self) -> None: ...

    def run(self, block: Block, timeout: float) -> Result: ...

    def inspect(self, expressions: list[str], timeout: float) -> list[str | Failure]: ...

    def stop(self) -> None: ...


class KernelRunner:
    """Run blocks in an IPython kernel of this interpreter. label: the post's path in messages; cwd: its folder."""

    def __init__(self, label: str, cwd: Path):
        self.label, self.cwd = label, Path(cwd)
        self._loop = self._client = None
        self._folder: Folder | None = None
        self._leash: Leash | None = None

    def start(self, watched: list[list[dict[str, object]]] | None = None) -> None:
        """Start the kernel; it is ready when this returns. Raise RuntimeError when it does not come up.

        watched: the units of every cell that will run, as `units.Piece.told` tells them; None to watch nothing.
        """
        # Imported here because a build that finds everything recorded needs none of it.
        from jupyter_client.manager import AsyncKernelManager

        sweep(FOLDERS)
        self._folder = marked_folder(FOLDERS)
        (self._folder.path / "tmp").mkdir()
        self._leash = Leash(self._folder, own_group=True)
        manager = AsyncKernelManager()
        manager.connection_file = str(self._folder.path / "kernel.json")
        # No TCP port for anybody else on the machine to talk to, where the system can name a socket in this folder.
        longest = os.fsencode(self._folder.path / "kernel-ipc-5")
        if os.name == "posix" and len(longest) <= SOCKET_NAME:
            manager.transport = "ipc"
        # The interpreter that builds is the one that runs blocks, whatever kernels a user has installed.
        manager._kernel_spec = _own_kernel_spec(self._leash)
        self._client = _bounded_client(manager)
        self._loop = asyncio.new_event_loop()
        try:
            self._do(self._start(watched))
        except BaseException:
            self.stop()
            raise

    async def _start(self, watched: list[list[dict[str, object]]] | None) -> None:
        client = self._client
        env = {
            **self._leash.environment,
            "IPYTHONDIR": str(self._folder.path),  # a user's startup files would change results
            "TMPDIR": str(self._folder.path / "tmp"),  # what blocks forget there goes with the kernel
            "PYTHONHASHSEED": "0",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        await client.async_start_new_kernel(cwd=str(self.cwd), env=env, pass_fds=self._leash.fds)
        self._leash.started()
        await client.async_start_new_kernel_client()
        setup = f"from executable_posts.running.in_kernel.install import install; install({self.label!r}); del install"
        reply = await self._request(setup, {})
        if reply["status"] == "ok" and watched is not None:
            plan = json.dumps(watched)
            setup = f"from {_WATCH} import watch; watch({str(self.cwd)!r}, {plan!r}); del watch"
            reply = await self._request(setup, {})
        if reply["status"] != "ok":
            raise RuntimeError(f"the kernel could not be prepared: {reply.get('evalue')}")

    def run(self, block: Block, timeout: float) -> Result:
        """Run one block; never raises for what the block does. timeout: seconds until it is stopped."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from nbformat.notebooknode import from_dict

        # Not new_code_cell: validating each cell against the notebook schema costs a tenth of a small block.
        cell = from_dict({**_EMPTY_CELL, "id": f"b{block.index}", "source": self._padded(block)})
        self._client.nb.cells.append(cell)
        self._client.timeout = timeout
        self._client.given, self._client.flooded = 0, ""
        begun = time.perf_counter()
        failure = None
        try:
            index = len(self._client.nb.cells) - 1
            self._do(self._client.async_execute_cell(cell, index, store_history=False))
        except CellTimeoutError:
            failure = Failure(
                "timeout", block.line, f"the block was still running after {timeout:g} s and was stopped"
            )
        except DeadKernelError:
            failure = Failure("died", block.line, "the kernel died while this block ran")
        if self._client.flooded:
            found = f"the block {self._client.flooded} more than {OUTPUT_LIMIT:,} characters"
            failure = Failure("flood", block.line, found)
        outputs = normalised([_plain(o) for o in cell.outputs])
        for output in outputs:
            if output["output_type"] == "error" and failure is None:
                failure = self._failure(output, block)
        return Result(outputs, failure, time.perf_counter() - begun)

    def outputs_so_far(self) -> list[dict]:
        """Give the outputs that the block which runs now has given until now; may be called from another thread."""
        cells = self._client.nb.cells if self._client else []
        return [_plain(o) for o in list(cells[-1].outputs)] if cells else []

    def _failure(self, output: dict, block: Block) -> Failure:
        text = "\n".join(output["traceback"])
        line, message = self._line(text, block), f"{output['ename']}: {output['evalue']}"
        if output["ename"] != "ToolAbsent":
            return Failure("error", line, message, text)
        mend = "".join(re.findall(r"^  mend: (.*)", text, re.MULTILINE)[-1:])
        return Failure("absent", line, output["evalue"], mend=mend)

    def inspect(self, expressions: list[str], timeout: float) -> list[str | Failure]:
        """Evaluate expressions in the kernel; return each as the text a sentence shows, or its Failure."""
        return [self._inspect(expression, timeout) for expression in expressions]

    def _inspect(self, expression: str, timeout: float, begin: str = "0", end: str = "0") -> str | Failure:
        try:
            # str() here, so that a sentence shows 3.5 and not np.float64(3.5).
            reply = self._do(self._request("", {"begin": begin, "value": f"str(\n{expression}\n)", "end": end}, timeout))
        except TimeoutError:
            return Failure("timeout", 0, f"still running after {timeout:g} s")
        except RuntimeError as error:
            return Failure("died", 0, str(error))
        return _answer(reply.get("user_expressions", {}).get("value", {}))

    def value(self, expression: str, rank: int, timeout: float) -> str | Failure:
        """Evaluate one expression as `inspect` does, watched as the unit of that rank."""
        begin, end = (f"__import__({_WATCH!r}, fromlist=['x']).{step}" for step in (f"begin({rank})", "end()"))
        return self._inspect(expression, timeout, begin, end)

    def told(self) -> dict[int, dict[str, Any]]:
        """Give what every unit was seen to do."""
        reply = self._do(self._request("", {"told": f"__import__({_WATCH!r}, fromlist=['x']).told()"}))
        answer = reply["user_expressions"]["told"]
        if answer.get("status") != "ok":
            raise RuntimeError(f"the kernel did not tell what it saw: {answer.get('evalue')}")
        told = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
        return {int(rank): seen for rank, seen in told.items()}

    def stop(self) -> None:
        """Stop the kernel and whatever it started; may be called twice."""
        if self._loop is None:
            return
        manager = self._client.km
        self._leash.let_go()
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            # The leash was killed itself, or is of a system where orphans are nobody's.
            if sys.platform != "linux" or process.poll() is None or process.returncode < 0:
                end_marked(self._folder.path)
        with contextlib.suppress(Exception):
            self._do(manager.shutdown_kernel(now=True))
        with contextlib.suppress(Exception):
            if self._client.kc is not None:
                self._client.kc.stop_channels()
        self._client.km = None
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        with contextlib.suppress(Exception):
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()
        self._loop = None
        self._folder.remove()

    def _do(self, coroutine):
        return self._loop.run_until_complete(coroutine)

    async def _request(self, code: str, expressions: dict, timeout: float = 60) -> dict:
        """Execute without outputs; raise RuntimeError when the kernel dies, TimeoutError when it takes too long."""
        client = self._client.kc
        sent = client.execute(code, silent=True, store_history=False, user_expressions=expressions)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = await client.get_shell_msg(timeout=min(0.5, timeout))
            except queue.Empty:
                if not await self._client.km.is_alive():
                    raise RuntimeError("the kernel died") from None
                continue
            if message["parent_header"].get("msg_id") == sent:
                return message["content"]
        raise TimeoutError

    def _padded(self, block: Block) -> str:
        return block.speaks.request(block.cell(self.label))

    def _line(self, text: str, block: Block) -> int:
        """Find the line to blame: the innermost one inside the block, else the innermost in the post."""
        lines = [int(n) for n in re.findall(rf"^[ |]*{re.escape(self.label)}:(\d+)", text, re.MULTILINE)]
        last = block.line + block.source.count("\n")
        inside = [n for n in lines if block.line <= n <= last]
        return (inside or lines or [block.line])[-1]


def _own_kernel_spec(leash: Leash):
    from jupyter_client.kernelspec import KernelSpec

    options = ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
    argv = leash.command([sys.executable, "-m", "ipykernel_launcher", *options])
    return KernelSpec(argv=argv, display_name="Python 3", language="python", interrupt_mode="signal")


def _plain(output) -> dict:
    """Turn a notebook output into plain data that is the same on every run that did the same."""
    output = {k: v for k, v in output.items() if k != "execution_count"}
    return {**output, "data": dict(output["data"])} if "data" in output else output


def _answer(answer: dict) -> str | Failure:
    if answer.get("status") != "ok":
        return Failure("error", 0, f"{answer.get('ename', 'Error')}: {answer.get('evalue', 'no answer')}")
    return visible(ast.literal_eval(answer["data"]["text/plain"]))


def _bounded_client(manager):
    """Make a notebook client that stops a cell which prints or shows without end."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_notebook

    class Client(NotebookClient):
        given = 0
        flooded = ""

        def process_message(self, msg, cell, cell_index):
            if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
                self.given += size(msg["content"])
                if self.given > OUTPUT_LIMIT:
                    if not self.flooded:
                        self.flooded = "printed" if msg["msg_type"] == "stream" else "showed"
                        asyncio.ensure_future(manager.interrupt_kernel())  # noqa: RUF006 (it ends with the cell)
                    return None
            return super().process_message(msg, cell, cell_index)

    client = Client(new_notebook(), km=manager, allow_errors=True, record_timing=False)
    # A logger of our own: Pelican makes every logger of the process raise on errors, and nbclient reports a time-out
    # as one. What matters comes back as a Failure.
    client.log = manager.log = logging.Logger("executable_posts", logging.CRITICAL)
    return client
