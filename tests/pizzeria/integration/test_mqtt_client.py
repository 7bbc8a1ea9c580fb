"""The client of the links, against a broker of a few lines that can be told to misbehave."""

import asyncio

import pytest

from pizzeria.ovens.mqtt import client as module
from pizzeria.ovens.mqtt import wire
from pizzeria.ovens.mqtt.client import IN_FLIGHT, Client
from pizzeria.ovens.mqtt.wire import Refused
from support.counting_broker import SOON, Counter, linked


def test_what_is_said_in_one_turn_is_one_write_and_all_is_acknowledged():
    async def main():
        broker = Counter()
        async with linked(broker) as client:
            for n in range(50):
                client.publish(f"a/{n}", b"pizza")
            await client.acknowledged()
            return list(broker.reads)

    assert asyncio.run(main()) == [1, 50]


def test_no_more_than_its_share_is_in_flight_and_nothing_is_lost():
    async def main():
        broker = Counter()
        broker.willing = False
        async with linked(broker) as client:
            for n in range(3 * IN_FLIGHT):
                client.publish("a", b"%d" % n)
            await broker.until(lambda: len(broker.numbers) == IN_FLIGHT)
            waiting = asyncio.create_task(client.acknowledged())
            await asyncio.sleep(0)
            assert not waiting.done()
            broker.willing = True
            broker.acknowledge()
            await waiting
            return broker.kinds.count(wire.PUBLISH)

    assert asyncio.run(main()) == 3 * IN_FLIGHT


def test_a_broker_that_acknowledges_nothing_is_left_before_memory_is_full(monkeypatch):
    async def main():
        broker = Counter()
        broker.willing = False
        async with linked(broker) as client:
            for _ in range(IN_FLIGHT + 7):
                client.publish("a", b"")
            await broker.until(lambda: len(broker.numbers) == IN_FLIGHT)
            assert not client.gone.done(), "so many may wait"
            client.publish("a", b"")
            client.publish("a", b"")  # into the void, without an error
            return await client.gone

    monkeypatch.setattr(module, "WAITING", 7)
    assert asyncio.run(main()) == "it acknowledges nothing: 7 messages wait"


def test_messages_come_in_order_and_those_at_qos_1_are_acknowledged():
    async def main():
        broker, heard = Counter(), []
        async with linked(broker, lambda *said: heard.append(said)) as client:
            assert list(await client.subscribe(["a", "b"], 1)) == [0, 0x80]
            said = wire.publish("a", b"1") + wire.publish("a", b"2", number=9)
            broker.writer.write(said[:7])
            await broker.writer.drain()
            broker.writer.write(said[7:])
            await broker.until(lambda: wire.PUBACK in broker.kinds)
            return heard

    assert asyncio.run(main()) == [("a", b"1"), ("a", b"2")]


@pytest.mark.parametrize(
    ("welcome", "why"),
    [
        (b"\x20\x02\x00\x04", "bad user name or password"),
        (b"\x20\x02\x00\x05", "not authorised"),
        (b"\x20\x02\x00\x63", "code 99"),
    ],
)
def test_a_refusal_says_why(welcome, why):
    async def main():
        with pytest.raises(Refused, match=why):
            async with linked(Counter(welcome)):
                pass

    asyncio.run(main())


@pytest.mark.parametrize("welcome", [b"\x70\x00", b"\x20\xff\xff\xff\xff\xff", b"\x30\x02\0\5"])
def test_what_is_no_mqtt_is_said_so(welcome):
    async def main():
        with pytest.raises(ConnectionError, match="does not speak MQTT"):
            async with linked(Counter(welcome)):
                pass

    asyncio.run(main())


def test_whoever_waits_for_an_answer_hears_that_the_broker_is_gone():
    async def main():
        broker = Counter()
        broker.willing = False
        async with linked(broker) as client:
            client.publish("a", b"")
            await broker.until(lambda: broker.numbers)
            broker.take = lambda kind, first, rest: broker.writer.transport.abort()
            with pytest.raises(ConnectionError):
                await client.subscribe(["a"], 0)
            await client.acknowledged()  # lost, all of it
            await client.gone
            client.publish("a", b"")  # into the void, without an error
            with pytest.raises(ConnectionError):
                await client.subscribe(["a"], 0)

    asyncio.run(main())


def test_a_goodbye_has_a_word_and_a_cut_has_none():
    async def main(end):
        broker = Counter()
        async with linked(broker) as client:
            await end(client)
        await broker.until(lambda: broker.writer.transport.is_closing())
        return broker.kinds

    async def cut(client):
        client.cut()
        await client.gone

    assert asyncio.run(main(Client.close))[-1] == 0xE0
    assert 0xE0 not in asyncio.run(main(cut))


def test_a_silent_broker_is_asked_and_then_left(monkeypatch):
    async def main():
        broker = Counter()
        async with linked(broker) as client:
            why = await client.gone
        assert 0xC0 in broker.kinds, "nobody asked"
        return why

    monkeypatch.setattr(module, "KEEPALIVE", 0.1)
    monkeypatch.setattr(wire, "connect", lambda *said: wire.packet(0x10))
    assert asyncio.run(main()) == "the broker has fallen silent"


def test_what_is_never_acknowledged_gives_its_place_to_others(monkeypatch):
    async def main():
        broker = Counter()
        broker.willing = False
        async with linked(broker) as client:
            for _ in range(IN_FLIGHT + 1):
                client.publish("a", b"")
            await broker.until(lambda: len(broker.numbers) > IN_FLIGHT)

    monkeypatch.setattr(module, "KEEPALIVE", 1)
    monkeypatch.setattr(module, "ACKNOWLEDGE_WITHIN", 0.0)
    asyncio.run(main())


def test_what_is_worthless_before_it_has_a_place_is_not_said():
    async def main():
        broker = Counter()
        broker.willing = False
        async with linked(broker) as client:
            for _ in range(IN_FLIGHT):
                client.publish("a", b"first")
            client.publish("a", b"soon", lasts=0.01)
            client.publish("a", b"later", lasts=SOON)
            await broker.until(lambda: len(broker.numbers) == IN_FLIGHT)
            await asyncio.sleep(0.02)
            broker.willing = True
            broker.acknowledge()
            await client.acknowledged()
            return broker.payloads[IN_FLIGHT:]

    assert asyncio.run(main()) == [b"later"]
