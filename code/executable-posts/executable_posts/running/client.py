"""The notebook client that a kernel is asked through: nbclient's, with an end to what one block may print or show.

Imported when a kernel starts: it takes a tenth of a second, and a build that finds everything recorded needs none of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sys
import time
from collections.abc import Mapping
from typing import Any, TypedDict

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from . import telling
from .leashes import Folder, Leash
from .outputs import size

OUTPUT_LIMIT = 4_000_000  # characters one block may print or show
SOCKET_NAME = 103  # bytes; macOS takes no longer name of a Unix socket, Linux 107
_OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data")


class Answer(TypedDict, total=False):
    """Hold what the kernel says to one user expression: its status ("ok" or "error"), then its data by MIME type or
    the name and text of its exception."""

    status: str
    data: dict[str, str]
    ename: str
    evalue: str


class Reply(TypedDict, total=False):
    """Hold the content of an execute_reply."""

    status: str
    evalue: str
    user_expressions: dict[str, Answer]


class BoundedClient(NotebookClient):
    """Stop a cell that takes too long, or prints or shows without end. limit: seconds; given: characters of the running
    cell until now; flooded: what it did too much of ("printed" or "showed"), "" if nothing."""

    limit = 60.0
    given = 0
    flooded = ""

    def __init__(self, manager: AsyncKernelManager):
        super().__init__(new_notebook(), km=manager, allow_errors=True, record_timing=False)
        self.manager = manager
        # Not `timeout`, which refuses 0.5.
        self.timeout_func = lambda cell: self.limit  # type: ignore[assignment]  # it takes a float as well
        # A logger of our own: Pelican makes every logger of the process raise on errors, and nbclient reports a
        # time-out as one. What matters comes back as a Failure.
        self.log = manager.log = logging.Logger("executable_posts", logging.CRITICAL)

    async def start(self, folder: Folder, leash: Leash, cwd: str) -> None:
        """Start the kernel and wait until it answers; raise RuntimeError when it does not come up."""
        env = {
            **leash.environment,
            "IPYTHONDIR": str(folder.path),  # a user's startup files would change results
            "TMPDIR": str(folder.path / "tmp"),  # what blocks forget there goes with the kernel
            "PYTHONHASHSEED": "0",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            telling.VARIABLE: "",  # a site that a block builds is not the one being served
        }
        await self.async_start_new_kernel(cwd=cwd, env=env, pass_fds=leash.fds)
        leash.started()
        await self.async_start_new_kernel_client()

    # Any: nbclient's own type of a message.
    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take a message of the running cell, unless it is more than a block may give."""
        if msg["msg_type"] in _OUTPUTS:
            self.given += size(msg["content"])
            if self.given > OUTPUT_LIMIT:
                if not self.flooded:
                    self.flooded = "printed" if msg["msg_type"] == "stream" else "showed"
                    asyncio.ensure_future(self.manager.interrupt_kernel())  # noqa: RUF006 (it ends with the cell)
                return None
        return super().process_message(msg, cell, cell_index)

    async def request(self, code: str, expressions: Mapping[str, str], timeout: float = 60) -> Reply:
        """Execute without outputs; raise RuntimeError when the kernel dies, TimeoutError when it takes too long.

        expressions: name -> expression, each evaluated after the code. timeout: seconds.
        """
        kernel = self.kc
        assert isinstance(kernel, AsyncKernelClient)  # that of an AsyncKernelManager, once it has started
        sent = kernel.execute(code, silent=True, store_history=False, user_expressions=dict(expressions))
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = await kernel.get_shell_msg(timeout=min(0.5, timeout))
            except queue.Empty:
                if not await self.manager.is_alive():
                    raise RuntimeError("the kernel died") from None
                continue
            if message["parent_header"].get("msg_id") == sent:
                reply: Reply = message["content"]
                return reply
        raise TimeoutError


def client_in(folder: Folder, leash: Leash) -> BoundedClient:
    """Make the client of a kernel that is to start on a leash, with its files in the leash's folder."""
    manager = AsyncKernelManager()
    manager.connection_file = str(folder.path / "kernel.json")
    # No TCP port for anybody else on the machine to talk to, where the system can name a socket in this folder.
    longest = os.fsencode(folder.path / "kernel-ipc-5")
    if os.name == "posix" and len(longest) <= SOCKET_NAME:
        manager.transport = "ipc"
    # The interpreter that builds is the one that runs blocks, whatever kernels a user has installed.
    options = ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
    argv = leash.command([sys.executable, "-m", "ipykernel_launcher", *options])
    manager._kernel_spec = KernelSpec(
        argv=argv, display_name="Python 3", language="python", interrupt_mode="signal"
    )
    return BoundedClient(manager)
