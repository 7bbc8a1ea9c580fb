"""What a broker of MQTT 5 may ask of the client of the links, and one that refuses that version."""

import asyncio

import pytest

from pizzeria.ovens.mqtt import wire
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link, Stays
from pizzeria.ovens.mqtt.wire import Refused
from support.counting_broker import SOON, Counter, linked


def fifth(code=0, properties=b""):
    """A broker of a few lines that speaks MQTT 5, and what it says at a greeting."""
    broker = Counter(wire.packet(wire.CONNACK, bytes((0, code, len(properties))), properties))
    broker.session = 0
    return broker


def test_a_broker_of_mqtt_5_sets_terms_and_they_are_kept():
    async def main():
        # At most 3 in flight; a sign of life every second; and a text that we have no use for.
        broker = fifth(properties=b"\x21\0\3" + b"\x13\0\1" + b"\x1f\0\2hi" + b"\x26\0\1a\0\1b")
        broker.willing = False
        async with linked(broker) as client:
            assert list(await client.subscribe(["a", "b"], 1)) == [0, 0x80]
            for _ in range(7):
                client.publish("a", b"")
            await broker.until(lambda: 0xC0 in broker.kinds)
            assert len(broker.numbers) == 3
            broker.willing = True
            broker.acknowledge()
            await client.acknowledged()
            return broker.kinds.count(wire.PUBLISH)

    assert asyncio.run(main()) == 7


@pytest.mark.parametrize(
    ("broker", "why"),
    [
        (fifth(0x86), "bad user name or password"),
        (fifth(0x87), "not authorised"),
        (fifth(0x99), "code 153"),
        (fifth(properties=b"\x25\0"), "it retains nothing"),
        (fifth(properties=b"\x24\0"), "QoS 0 only"),
    ],
)
def test_a_broker_of_mqtt_5_refuses_or_cannot_do_what_we_need(broker, why):
    async def main():
        with pytest.raises(Refused, match=why):
            async with linked(broker):
                pass

    asyncio.run(main())


def test_a_broker_of_mqtt_5_says_why_it_ends_a_connection():
    async def main():
        broker = fifth()
        async with linked(broker) as client:
            broker.writer.write(wire.packet(wire.GOODBYE, b"\x8b\0"))
            return await client.gone

    assert asyncio.run(main()) == "the broker ends it: it is shutting down"


@pytest.mark.parametrize("code", [1, 0x84], ids=["as 3.1.1 says it", "as 5 does"])
def test_a_broker_that_refuses_mqtt_5_gets_3_1_1_and_the_log_one_line(code, caplog):
    class Old(Counter):
        def take(self, kind, first, rest):
            if kind == 0x10:
                self.welcome = b"\x20\x03\0" + bytes((code, 0)) if rest[6] == 5 else b"\x20\x02\0\0"
            super().take(kind, first, rest)

    async def main():
        broker = Old()
        server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
        address = Address((f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}",), mqtt=5)
        async with asyncio.timeout(SOON), server:
            for name in ("oven 1", "oven 2"):
                async with Link(address, name, [], stays=Stays(60, 1)) as link:
                    while not link.connected:
                        await asyncio.sleep(0.01)
        return [rest[6] for rest in broker.greetings]

    assert asyncio.run(main()) == [5, 4, 4], "it is asked once"
    (line,) = caplog.messages
    assert "oven 1: mqtt://127.0.0.1" in line
    assert line.endswith(": it does not speak MQTT 5: MQTT 3.1.1 instead")
