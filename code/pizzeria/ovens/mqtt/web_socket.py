"""A WebSocket in the place of a TCP connection, for brokers behind a web server."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from pizzeria.ovens.mqtt.broker_url import Endpoint

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from pizzeria.ovens.mqtt.client import Client


async def web_socket(where: Endpoint, client: Client) -> Client:
    """Connect a client by WebSocket and return it; raise `OSError` when nobody there speaks it."""
    host = f"[{where.host}]" if ":" in where.host else where.host
    url = f"{'wss' if where.tls else 'ws'}://{host}:{where.port}{where.path}"
    try:
        socket = await connect(
            url, subprotocols=[Subprotocol("mqtt")], ssl=where.tls, max_size=None, ping_interval=None,
            compression=None, proxy=None, open_timeout=None, close_timeout=1.0,
        )  # fmt: skip
    except WebSocketException as error:
        raise OSError(f"it does not speak WebSocket: {error}") from None
    client.connection_made(Wire(socket, client))
    return client


class Wire:
    """A transport for a `Client`; two tasks carry what it says and what it hears until either side ends."""

    def __init__(self, socket: ClientConnection, client: Client) -> None:
        self._socket, self._client = socket, client
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._tasks = [asyncio.create_task(work()) for work in (self._send, self._hear)]
        self._end = asyncio.create_task(self._until_over())

    def write(self, data: bytes) -> None:
        """Send these bytes, in their turn."""
        self._out.put_nowait(data)

    def close(self) -> None:
        """End once everything is sent."""
        self._out.put_nowait(None)

    def abort(self) -> None:
        """End at once."""
        self._socket.transport.abort()

    async def _send(self) -> None:
        with suppress(ConnectionClosed):
            while (data := await self._out.get()) is not None:
                await self._socket.send(data)

    async def _hear(self) -> None:
        with suppress(ConnectionClosed):
            async for data in self._socket:
                self._client.data_received(data if isinstance(data, bytes) else data.encode())

    async def _until_over(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        with suppress(ConnectionClosed, OSError):
            await self._socket.close()
        self._client.connection_lost(None)
