"""MQTT 5 where it is offered, 3.1.1 where it is not: the same link on every broker, and what only MQTT 5 keeps."""

import asyncio
import logging
import time
from contextlib import asynccontextmanager

import pytest

from pizzeria.ovens.brokers.kinds import KINDS, Mosquitto
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.mqtt.address import Address, LinkError
from pizzeria.ovens.mqtt.broker_url import endpoint
from pizzeria.ovens.mqtt.client import Client
from pizzeria.ovens.mqtt.link import Link, Stays
from pizzeria.ovens.mqtt.wire import OtherVersion, Will
from pizzeria.ovens.protocol.messages import TREE, encode
from support.brokers import SOON, listener, receive, run
from support.small_kitchen import absent

RUN = {"run": "today", "epoch": 1, "opened": 1.0, "scale": 1.0}
WORK = {"run": "today", "lease": 7, "order": 1, "minutes": 500.0, "burns_after": 500.0}


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def broker(request):
    setup = request.param()
    absent(setup)
    with setup:
        yield setup


@pytest.fixture(scope="module")
def mosquitto():
    setup = Mosquitto()
    absent(setup)
    with setup:
        yield setup


async def until(true):
    while not true():
        await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(url, name="me", hear=lambda topic, payload: None, will=None, session=0):
    """Give a client that speaks MQTT 5; it is cut at the end, unless it said goodbye."""
    client = await Client.open(endpoint(url), name, hear, will, session)
    try:
        yield client
    finally:
        client.cut()
        await client.gone


def test_a_broker_says_what_it_offers(broker):
    async def offers_5():
        try:
            async with connected(broker.url):
                return True
        except OtherVersion:
            return False

    assert asyncio.run(offers_5()) == (broker.mqtt == 5)


@pytest.mark.parametrize("asked", [3, 5])
def test_a_link_works_by_what_it_is_told_and_by_3_1_1_where_that_is_refused(broker, asked, caplog):
    """A broker that claims MQTT 5 and has it not costs a process one line, however many links it has."""

    async def main():
        address = Address(tuple(broker.urls), mqtt=asked)
        oven = TREE["oven_state"].of("1")
        said = encode(
            "oven_state", run="", session=1, seq=1, boot=1.0, state="empty", order=None, lease=None, at=1.0
        )
        async with (
            Link(address, "board", [TREE["oven_state"].filter]) as board,
            Link(address, "oven 1", [], greet=lambda: [(oven, said, True)], stays=Oven.stays) as link,
        ):
            kind, name, heard = await board.hear()
            assert (kind, name, heard["state"]) == ("oven_state", "1", "empty")
            await until(lambda: link.connected)
            link.cut()  # and it comes back, by the same version
            await until(lambda: link.connections == 2)
            assert {link._client.version, board._client.version} == {min(asked, broker.mqtt)}

    with caplog.at_level(logging.WARNING, "pizzeria.ovens"):
        run(main())
    lines = [line for line in caplog.messages if "MQTT 3.1.1 instead" in line]
    nodes = broker.nodes if asked > broker.mqtt else 0
    assert min(nodes, 1) <= len(lines) <= nodes


def test_a_message_that_expired_is_not_delivered(mosquitto):
    async def main():
        heard = []
        async with connected(mosquitto.url, "away", session=60) as away:
            await away.subscribe(["kitchen/a"], 1)
        async with connected(mosquitto.url, "pass") as link:
            link.publish("kitchen/a", b"worthless soon", lasts=1.2)
            link.publish("kitchen/a", b"for a minute", lasts=60)
            link.publish("kitchen/a", b"for ever")
            await link.acknowledged()
        await asyncio.sleep(2.5)
        async with connected(mosquitto.url, "away", lambda *said: heard.append(said), session=60) as back:
            await until(lambda: ("kitchen/a", b"for ever") in heard)
            await back.close()
        assert [payload for _, payload in heard] == [b"for a minute", b"for ever"]

    run(main())


def test_the_will_comes_after_its_delay_and_not_if_the_client_came_back(mosquitto):
    will = [Will(f"kitchen/will/{name}", b"gone", 3) for name in "ab"]

    async def main():
        # On a busy machine, who came back too late to tell tries again.
        gone, late = time.monotonic(), True
        while late:
            async with connected(mosquitto.url, "back", will=will[0], session=60):
                gone = time.monotonic()
            async with connected(mosquitto.url, "back", will=will[0], session=60) as back:
                late = time.monotonic() - gone > 1.5
                back.publish(will[0].topic, b"", True)  # it is retained, if it came
                await back.acknowledged()
                gone = time.monotonic()
        async with listener(mosquitto.url, "kitchen/will/+") as messages:
            async with (
                connected(mosquitto.url, "back", will=will[0], session=60) as back,
                connected(mosquitto.url, "dead", will=will[1], session=60) as dead,
            ):
                cut = time.monotonic()
                dead.cut()
                message = await anext(messages)  # that of the other was due before, if it was due
                assert time.monotonic() - cut > 1.5, "it waits; brokers look once a second"
                assert message.topic.value == will[1].topic
                await back.close()
            async with connected(mosquitto.url, "last") as last:
                last.publish("kitchen/will/none", b"no more")
                await last.acknowledged()
            assert await receive(messages, 1) == ["no more"]

    run(main())


@pytest.mark.parametrize("how", ["in time", "too late", "with a word"])
def test_a_session_is_gone_after_its_expiry_or_a_word(mosquitto, how):
    async def main():
        heard = []
        name = how.replace(" ", "-")
        async with connected(mosquitto.url, name, session=60 if how == "in time" else 1) as client:
            await client.subscribe([f"kitchen/{name}"], 1)
            if how == "with a word":
                await client.close()
        if how != "with a word":
            await asyncio.sleep(3)
        async with connected(mosquitto.url, "pass") as link:
            link.publish(f"kitchen/{name}", b"missed")
            await link.acknowledged()
        async with connected(mosquitto.url, name, lambda *said: heard.append(said), session=60) as back:
            await back.subscribe(["kitchen/other"], 1)
            back.publish("kitchen/other", b"now")
            await until(lambda: ("kitchen/other", b"now") in heard)
            await back.close()
        assert (b"missed" in [payload for _, payload in heard]) == (how == "in time")

    run(main())


def test_an_ovens_short_break_is_not_told_as_its_death_and_what_came_meanwhile_is_heard(mosquitto):

    async def main():
        address, oven, told = Address((mosquitto.url,), mqtt=5), Oven("9", 1.0), []
        oven.stays = Stays(60, 30)  # a busy machine's break may be longer than a second
        door = asyncio.Semaphore()
        async with Link(address, "witness", [TREE["oven_state"].of("9")]) as witness:
            task = asyncio.create_task(device.serve(oven, address, door))
            while not told or told[-1]["run"] != "today":
                witness.say(TREE["run"].of(), encode("run", **RUN), True)
                if heard := await witness.hear(0.1):
                    told.append(heard[2])
            first = oven.link.session
            async with door:  # it cannot come back yet
                oven.link.cut()
                await until(lambda: not oven.link.connected)
                witness.say(TREE["oven_work"].of("9"), encode("oven_work", **WORK), lasts=60)
                await witness.said()
            while told[-1]["state"] != "baking":
                told.append((await witness.hear())[2])
            assert oven.link.session > first
            task.cancel()
            await asyncio.wait((task,))
        return {said["state"] for said in told}

    assert asyncio.run(asyncio.wait_for(main(), SOON)) == {"empty", "baking"}


def test_work_is_worth_as_much_as_its_lease_and_an_oven_away_for_longer_never_hears_it(mosquitto):
    """The expediter's own words, by his own link, to an oven whose session waits for it."""
    from pizzeria.ovens.expediter.decisions import Expediter

    async def main():
        heard, topic = [], TREE["oven_work"].of("8")
        expediter = Expediter("today", scale=0.0, patience=0.5)
        expediter.oven_says(0.0, "8", {"run": "today", "session": 1, "seq": 1, "boot": 0.0, "state": "empty"})
        expediter.ask(0.0, 1, "bake", 5.0, 5.0)
        expediter.dispatch(0.0)
        ((kind, name, work),) = expediter.take_work()
        lasts = expediter.lasts(0.0, kind, name)
        assert lasts == 2.0, "an oven's lease: four times the patience"
        async with connected(mosquitto.url, "oven-8", session=60) as away:
            await away.subscribe([topic], 1)
        async with Link(Address((mosquitto.url,), mqtt=5), "expediter", []) as link:
            await until(lambda: link.connected)
            link.say(topic, encode("oven_work", **work), lasts=lasts)
            await link.said()
            await asyncio.sleep(lasts + 1.5)
            link.say(topic, b"next")
            await link.said()
        async with connected(mosquitto.url, "oven-8", lambda *said: heard.append(said), session=60) as back:
            await until(lambda: heard)
            await back.close()
        assert heard == [(topic, b"next")]

    run(main())


def test_a_version_that_is_none_is_one_line(monkeypatch):
    monkeypatch.setenv("PIZZERIA_MQTT", "4")
    with pytest.raises(LinkError, match=r"PIZZERIA_MQTT is 3 \(for 3.1.1\) or 5, not '4'"):
        Address.given("mqtt://127.0.0.1")
    monkeypatch.setenv("PIZZERIA_MQTT", "5")
    address = Address.given("mqtt://127.0.0.1")
    assert (address.mqtt, Address.given("mqtt://127.0.0.1", mqtt=3).mqtt) == (5, 3)
    assert address.environment()["PIZZERIA_MQTT"] == "5"


def test_a_link_keeps_less_than_its_session():
    assert 0 < Oven.stays.delay < Oven.stays.session
    assert Stays() == (0, 0), "a tablet's work goes to another cook at once, so its death is told at once"
