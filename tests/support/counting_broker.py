"""A broker of a few lines that counts what it hears, and can be told to misbehave; a client that is linked to it."""

import asyncio
from contextlib import asynccontextmanager

from pizzeria.ovens.mqtt import wire
from pizzeria.ovens.mqtt.broker_url import endpoint
from pizzeria.ovens.mqtt.client import Client

SOON = 30  # s; a bound, not a pause


class Counter:
    """A broker that notes what comes, a read at a time, and acknowledges while it is `willing`."""

    def __init__(self, welcome=b"\x20\x02\x00\x00"):
        self.welcome, self.willing, self.reads, self.numbers = welcome, True, [], []
        self.greetings, self.payloads, self.session = [], [], None
        self.kinds, self.writer, self.came = [], None, asyncio.Event()

    async def serve(self, reader, writer):
        self.writer, packets = writer, wire.Reader()
        while data := await reader.read(1 << 20):
            some = packets.feed(data)
            self.reads.append(len(some))
            for first, rest in some:
                self.take(first & 0xF0, first, rest)
            self.came.set()
        writer.close()
        self.came.set()

    def take(self, kind, first, rest):
        self.kinds.append(kind)
        if kind == 0x10:
            self.greetings.append(rest)
            self.writer.write(self.welcome)
        elif kind == wire.PUBLISH:
            _, payload, number = wire.published(first, rest, 3 if self.session is None else 5)
            self.payloads.append(payload)
            self.numbers.append(number)
            self.acknowledge()
        elif kind == 0x80:
            properties = b"" if self.session is None else wire.NO_PROPERTIES
            self.writer.write(wire.packet(wire.SUBACK, rest[:2], properties, b"\0\x80"))

    def acknowledge(self):
        while self.willing and self.numbers:
            self.writer.write(wire.acknowledge(self.numbers.pop(0)))

    async def until(self, true):
        while not true():
            self.came.clear()
            await self.came.wait()


@asynccontextmanager
async def linked(broker, hear=lambda topic, payload: None):
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    async with asyncio.timeout(SOON), server:
        client = await Client.open(
            endpoint(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"),
            "me",
            hear,
            session=broker.session,
        )
        try:
            yield client
        finally:
            await client.close()
