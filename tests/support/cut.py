"""A cable between two programs that a test can cut: a TCP proxy of bytes, on a thread of its own."""

import asyncio
import threading
from contextlib import suppress

from pizzeria.common.ports import HOST

WAYS = ("broken", "silent", "deaf", "dumb")


class Cable:
    """A context manager: whoever connects to `port` is connected to the port `there`, until somebody cuts the cable.

    `cut` has the ways in which a cable fails: ``"broken"`` (both sides see it at once, nobody connects), ``"silent"`` (bytes
    vanish in both directions, and nobody hears that they do), ``"deaf"`` and ``"dumb"`` (silent towards the one who
    connected, or towards the other). Bytes that vanished are gone when it is mended; their connections are broken then.
    """

    def __init__(self, there):
        self.there, self.how, self.port = there, None, 0
        self._pairs = set()
        self._ready = threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="cable")
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def cut(self, how):
        """Cut it, or cut it otherwise."""
        self._do(how)

    def mend(self):
        """Let it carry again; what is connected over bytes that vanished is broken."""
        self._do(None)

    def _do(self, how):
        done = threading.Event()

        def do():
            lossy, self.how = self.how not in (None, "broken"), how
            if how == "broken" or (how is None and lossy):
                for writer in set(self._pairs):
                    writer.transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(do)
        done.wait()

    async def _main(self):
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connect, HOST, self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for writer in set(self._pairs):
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)

    async def _connect(self, reader, writer):
        if self.how == "broken":
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.there)
        except OSError:
            writer.transport.abort()
            return
        self._pairs |= {writer, far_writer}
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, "dumb"), self._carry(far_reader, writer, "deaf")
            )
        finally:
            for one in (writer, far_writer):
                one.transport.abort()
            self._pairs -= {writer, far_writer}

    async def _carry(self, reader, writer, lost):
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    if self.how not in ("silent", lost):
                        writer.write(data)
                        await writer.drain()
        finally:
            writer.transport.abort()  # an end, or a reset, is heard on the other side
