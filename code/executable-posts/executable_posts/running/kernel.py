"""Run blocks in one Jupyter kernel, by nbclient.

`Runner` is the whole interface the engine knows: start, run a block, inspect expressions, stop. A faster runner can
take the kernel's place by providing the same four methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..in_page import trees
from ..reading.blocks import Block
from .leashes import KERNELS, Folder, Leash, end_marked, marked_folder, sweep
from .outputs import normalised, of_a_program, visible

if TYPE_CHECKING:
    from .client import Answer, BoundedClient

T = TypeVar("T")

_WATCH = "executable_posts.running.in_kernel.observed"


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

    outputs: list[dict[str, Any]] = field(default_factory=list)
    failure: Failure | None = None
    seconds: float = 0.0


class Runner(Protocol):
    """Run the blocks of one post, in order, sharing one state."""

    def start(self) -> None:
        """Make ready to run blocks; raise RuntimeError when that cannot be."""

    def run(self, block: Block, timeout: float) -> Result:
        """Run one block; never raises for what the block does. timeout: seconds until it is stopped."""

    def inspect(self, expressions: list[str], timeout: float) -> list[str | Failure]:
        """Evaluate expressions; return each as the text a sentence shows, or its Failure."""

    def stop(self) -> None:
        """End whatever was started; may be called twice."""


@dataclass(frozen=True)
class _Kernel:
    """Hold what a kernel that was started consists of."""

    folder: Folder
    leash: Leash
    client: BoundedClient
    loop: asyncio.AbstractEventLoop

    def do(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)


class KernelRunner:
    """Run blocks in an IPython kernel of this interpreter. label: the post's path in messages; cwd: its folder."""

    def __init__(self, label: str, cwd: Path):
        self.label, self.cwd = label, Path(cwd)
        self._kernel: _Kernel | None = None
        self._ended = False

    def start(
        self, watched: list[list[dict[str, object]]] | None = None, others: tuple[str, ...] = ()
    ) -> None:
        """Start the kernel; it is ready when this returns. Raise RuntimeError when it does not come up.

        watched: the units of every cell that will run, as `units.Piece.told` tells them; None to watch nothing. others:
        folders of the site in which authors write, and no block.
        """
        from .client import client_in  # here, for its imports

        sweep(KERNELS)
        folder = marked_folder(KERNELS)
        (folder.path / "tmp").mkdir()
        leash = Leash(folder, own_group=True)
        kernel = self._kernel = _Kernel(folder, leash, client_in(folder, leash), asyncio.new_event_loop())
        try:
            self._started()
            kernel.do(kernel.client.start(folder, leash, str(self.cwd)))
            module = "executable_posts.running.in_kernel.install"
            setup = f"from {module} import install; install({self.label!r}); del install"
            reply = kernel.do(kernel.client.request(setup, {}))
            if reply["status"] == "ok" and watched is not None:
                setup = f"from {_WATCH} import watch; watch({str(self.cwd)!r}, {json.dumps(watched)!r}, {others!r}); del watch"
                reply = kernel.do(kernel.client.request(setup, {}))
            if reply["status"] != "ok":
                raise RuntimeError(f"the kernel could not be prepared: {reply.get('evalue')}")
        except RuntimeError as error:
            told = f"{error}{self._of_what()}"
            self.stop()
            raise RuntimeError(told) from None
        except BaseException:
            self.stop()
            raise

    def run(self, block: Block, timeout: float) -> Result:
        """Run one block; never raises for what the block does. timeout: seconds until it is stopped."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from nbformat.notebooknode import from_dict

        from .client import OUTPUT_LIMIT

        kernel = self._started()
        client = kernel.client
        # Not new_code_cell: validating each cell against the notebook schema costs a tenth of a small block.
        cell = from_dict(
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "id": f"b{block.index}",
                "source": block.speaks.request(block.cell(self.label)),
            }
        )
        client.nb.cells.append(cell)
        client.limit, client.given, client.flooded = timeout, 0, ""
        begun = time.perf_counter()
        failure = None
        try:
            kernel.do(client.async_execute_cell(cell, len(client.nb.cells) - 1, store_history=False))
        except CellTimeoutError:
            failure = Failure(
                "timeout", block.line, f"the block was still running after {timeout:g} s and was stopped"
            )
        except DeadKernelError:
            failure = Failure("died", block.line, f"the kernel died while this block ran{self._of_what()}")
        if client.flooded:
            found = f"the block {client.flooded} more than {OUTPUT_LIMIT:,} characters"
            failure = Failure("flood", block.line, found)
        told = [_plain(o) for o in cell.outputs]
        outputs = normalised(told if block.speaks.shares_state else of_a_program(told))
        for output in outputs:
            if output["output_type"] == "error" and failure is None:
                failure = self._failure(output, block)
        return Result(outputs, failure, time.perf_counter() - begun)

    def _of_what(self) -> str:
        """Say how the kernel ended: its leash ends with its exit code, or 128 + N for signal N."""
        kernel = self._kernel
        process = getattr(kernel.client.manager.provisioner, "process", None) if kernel else None
        code = process.poll() if process else None
        if code is None:
            return ""
        number = -code if code < 0 else code - 128
        with contextlib.suppress(ValueError):
            return f": ended by {signal.Signals(number).name}"
        return f": it left with exit code {code}"

    def outputs_so_far(self) -> list[dict[str, Any]]:
        """Give the outputs that the block which runs now has given until now; may be called from another thread."""
        cells = self._kernel.client.nb.cells if self._kernel else []
        return [_plain(o) for o in list(cells[-1].outputs)] if cells else []

    def _failure(self, output: Mapping[str, Any], block: Block) -> Failure:
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
        kernel = self._started()
        try:
            # str() here, so that a sentence shows 3.5 and not np.float64(3.5).
            wanted = {"begin": begin, "value": f"str(\n{expression}\n)", "end": end}
            reply = kernel.do(kernel.client.request("", wanted, timeout))
        except TimeoutError:
            return Failure("timeout", 0, f"still running after {timeout:g} s")
        except RuntimeError as error:
            return Failure("died", 0, f"{error}{self._of_what()}")
        return _answer(reply.get("user_expressions", {}).get("value", {}))

    def value(self, expression: str, rank: int, timeout: float) -> str | Failure:
        """Evaluate one expression as `inspect` does, watched as the unit of that rank."""
        begin, end = (
            f"__import__({_WATCH!r}, fromlist=['x']).{step}" for step in (f"begin({rank})", "end()")
        )
        return self._inspect(expression, timeout, begin, end)

    def told(self) -> dict[int, dict[str, Any]]:
        """Give what every unit was seen to do: rank -> what `in_kernel.observe` noted. Raise RuntimeError when it cannot."""
        kernel = self._started()
        asked = {"told": f"__import__({_WATCH!r}, fromlist=['x']).told()"}
        answer = kernel.do(kernel.client.request("", asked))["user_expressions"]["told"]
        if answer.get("status") != "ok":
            raise RuntimeError(f"the kernel did not tell what it saw: {answer.get('evalue')}")
        told = json.loads(trees.literal(answer["data"]["text/plain"]))
        return {int(rank): seen for rank, seen in told.items()}

    def end(self) -> None:
        """End the run from another thread: what waits for the kernel there is cancelled, or finds that it has died."""
        self._ended = True
        if kernel := self._kernel:
            with contextlib.suppress(RuntimeError):  # its loop is closed already
                kernel.loop.call_soon_threadsafe(lambda: [t.cancel() for t in asyncio.all_tasks(kernel.loop)])

    def stop(self) -> None:
        """Stop the kernel and whatever it started; may be called twice."""
        if self._kernel is None:
            return
        kernel, client = self._kernel, self._kernel.client
        kernel.leash.let_go()
        process = getattr(client.manager.provisioner, "process", None)
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            # The leash was killed itself, or is of a system where orphans are nobody's.
            if sys.platform != "linux" or process.poll() is None or process.returncode < 0:
                end_marked(kernel.folder.path)
        with contextlib.suppress(Exception):
            kernel.do(client.manager.shutdown_kernel(now=True))
        with contextlib.suppress(Exception):
            if client.kc is not None:
                client.kc.stop_channels()
        client.km = None
        pending = asyncio.all_tasks(kernel.loop)
        for task in pending:
            task.cancel()
        with contextlib.suppress(Exception):
            kernel.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        kernel.loop.close()
        self._kernel = None
        kernel.folder.remove()

    def _started(self) -> _Kernel:
        if self._ended:
            raise asyncio.CancelledError
        if self._kernel is None:
            raise ValueError("the runner was not started, or was stopped")
        return self._kernel

    def _line(self, text: str, block: Block) -> int:
        """Find the line to blame: the innermost one inside the block, else the innermost in the post."""
        lines = [int(n) for n in re.findall(rf"^[ |]*{re.escape(self.label)}:(\d+)", text, re.MULTILINE)]
        last = block.line + block.source.count("\n")
        inside = [n for n in lines if block.line <= n <= last]
        return (inside or lines or [block.line])[-1]


def _plain(output: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a notebook output into plain data that is the same on every run that did the same."""
    found = {k: v for k, v in output.items() if k != "execution_count"}
    return {**found, "data": dict(found["data"])} if "data" in found else found


def _answer(answer: Answer) -> str | Failure:
    if answer.get("status") != "ok":
        return Failure("error", 0, f"{answer.get('ename', 'Error')}: {answer.get('evalue', 'no answer')}")
    return visible(trees.literal(answer["data"]["text/plain"]))
