"""What goes wrong in what the connected kitchen hears; the kitchen goes on."""

import asyncio
import json
import socket
import struct
import time
from contextlib import AsyncExitStack

import aiomqtt

from pizzeria.ovens import lunch
from pizzeria.ovens.brokers.kinds import Embedded
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.broker_url import client_options
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.programs.in_process import kitchen_here
from pizzeria.ovens.protocol.messages import LARGEST, TREE, encode
from support.small_kitchen import ACCESS, SETUP, SOON, STAMP, address, run

BAD = [
    (TREE["oven_state"].of("0"), b"{", "malformed JSON"),
    (TREE["oven_state"].of("0"), encode("oven_state", **STAMP, state="raw"), "'raw' is not one of"),
    (TREE["tablet_state"].of("cook-0"), b'{"v": 2, "state": "ready"}', "version 2"),
    (
        TREE["tablet_state"].of("cook-0"),
        encode("tablet_state", **{**STAMP, "seq": "one"}, state="ready"),
        "'one'",
    ),
    (TREE["tablet_state"].of("cook 0"), b"{}", "a name is"),
    (TREE["asks"].of(), b"[]", "not of type 'object'"),
    (TREE["asks"].of(), b'"' + b"x" * (LARGEST + 1) + b'"', f"the most is {LARGEST}"),
    (TREE["oven_work"].of("0"), encode("oven_work", run=1), "required|not of type"),
    (TREE["news"].of(), b"\xff", "not UTF-8"),
]


def test_bad_messages_become_dead_letters_and_the_lunch_goes_on(broker, tmp_path, caplog):
    async def main():
        where = address(broker)
        async with (
            Link(where, "reader", [TREE["dead"].of()]) as reader,
            kitchen_here(where, tmp_path / "ledger.db"),
            aiomqtt.Client(**client_options(broker.url)) as link,
        ):
            serving = asyncio.create_task(lunch(where, SETUP, 4, 1))
            await asyncio.sleep(0)
            letters = {}
            while len(letters) < len(BAD):
                # Who hears them has just come, so say them until each was heard.
                for topic, payload, _ in BAD:
                    await link.publish(topic, payload, qos=1)
                while (heard := await reader.hear(timeout=1.0)) is not None:
                    letters[heard[2]["topic"], heard[2]["size"]] = heard[2]
            assert len(await serving) == 4
            return letters

    letters = run(main())
    for topic, payload, why in BAD:
        letter = letters[topic, len(payload)]
        assert any(part in letter["why"] for part in why.split("|")), (letter, why)
        assert len(json.dumps(letter)) < 2000, "a dead letter is no way to send a megabyte twice"
    lines = [record.getMessage() for record in caplog.records if "dead letter" in record.getMessage()]
    assert lines
    assert all("\n" not in line and len(line) < 500 for line in lines)


def test_yesterdays_retained_words_and_repeated_ones_change_nothing(broker, tmp_path):
    async def main():
        where = address(broker)
        async with aiomqtt.Client(**client_options(broker.url)) as link:
            old = {
                TREE["oven_state"].of("0"): encode(
                    "oven_state", **STAMP, state="baked", order=1, lease=99, at=1.0
                ),
                TREE["tablet_state"].of("cook-0"): encode(
                    "tablet_state", **STAMP, state="done", lease=3, at=1.0
                ),
                TREE["run"].of(): encode("run", run="yesterday", epoch=9, opened=1.0, scale=5.0),
            }
            for topic, payload in old.items():
                await link.publish(topic, payload, qos=1, retain=True)
            # Every word of this lunch comes a second time, late.
            heard = asyncio.Queue()

            async def echo():
                async for message in link.messages:
                    heard.put_nowait(message)
                    said = message.payload
                    if message.topic.matches("kitchen/+/+/state") and not message.retain and said not in seen:
                        seen.add(said)
                        await link.publish(message.topic.value, said, qos=1)

            seen = set()
            async with kitchen_here(where, tmp_path / "ledger.db"):
                await link.subscribe("kitchen/+/+/state", qos=1)
                echoing = asyncio.create_task(echo())
                served = await lunch(where, SETUP, 5, 1)
                echoing.cancel()
                await asyncio.wait((echoing,))
            for topic in old:
                await link.publish(topic, b"", qos=1, retain=True)
        assert seen, "nothing was repeated"
        return served

    served = run(main())
    assert [one.burnt for one in served] == [False] * 5
    facts = read(tmp_path / "ledger.db")[1]
    assert sum(fact.fact == "done" for fact in facts) == 20


def test_a_second_kitchen_on_the_same_broker_is_noticed(broker, tmp_path, caplog):
    async def main():
        where = address(broker)
        async with (
            Link(where, "reader", [TREE["run"].of()]) as reader,
            kitchen_here(where, tmp_path / "first.db", cooks=1, ovens=1),
        ):
            await reader.hear(SOON)
            async with kitchen_here(where, tmp_path / "second.db", cooks=1, ovens=1):
                while not any(
                    "each kitchen on a broker needs a name" in r.getMessage() for r in caplog.records
                ):
                    await asyncio.sleep(0.05)
        async with aiomqtt.Client(**client_options(broker.url)) as link:
            await link.publish(TREE["run"].of(), b"", qos=1, retain=True)

    run(main())
    (first, _), (second, _) = (read(tmp_path / f"{name}.db") for name in ("first", "second"))
    warned = [
        r.getMessage() for r in caplog.records if "each kitchen on a broker needs a name" in r.getMessage()
    ]
    assert len(warned) == 1, "once, and only by the older one"
    assert second["run"] in warned[0]
    assert first["run"] not in warned[0]


def test_two_kitchens_with_names_share_a_broker(tmp_path):
    """The same orders, cooks and ovens in each; neither hears a word of the other."""

    async def main(plain):
        topics = set()
        async with AsyncExitStack() as stack:
            witness = await stack.enter_async_context(aiomqtt.Client(**client_options(plain.url)))
            await witness.subscribe("#")
            lunches = []
            for name in ("rome", "naples"):
                where = Address((plain.url,), kitchen=name)
                await stack.enter_async_context(kitchen_here(where, tmp_path / f"{name}.db"))
                lunches.append(lunch(where, SETUP, 4, 1))
            served = await asyncio.gather(*lunches)
            while not {f"{name}/kitchen/pass/news" for name in ("rome", "naples")} <= topics:
                topics.add((await anext(aiter(witness.messages))).topic.value)
        return served, topics

    with Embedded() as plain:
        served, topics = run(main(plain))
    assert [len(lunch_served) for lunch_served in served] == [4, 4]
    (rome, facts), (naples, other_facts) = (read(tmp_path / f"{name}.db") for name in ("rome", "naples"))
    assert rome["run"] != naples["run"]
    for ledger in (facts, other_facts):
        assert sorted(audit(ledger).closed) == [1, 2, 3, 4]
        assert sum(fact.fact == "done" for fact in ledger) == 16
    assert {topic.split("/kitchen/")[0] for topic in topics} == {"rome", "naples"}


def test_work_that_takes_no_time_is_said_once_and_only_when_it_is_over(broker):
    async def main():
        where, tablet = address(broker), Tablet("swift", time.time())
        work = {"run": "swift", "order": 1, "step": "prepare", "minutes": 0.0}
        run_of = encode("run", run="swift", epoch=1, opened=1.0, scale=1.0)
        async with Link(where, "expediter", [TREE["tablet_state"].of("swift")]) as link:
            while not link.connected:
                await asyncio.sleep(0.01)
            serving = asyncio.create_task(device.serve(tablet, where))
            said = []
            while not said or said[-1] != ("done", 2):
                link.say(TREE["run"].of(), run_of)
                for lease in (1, 2):
                    link.say(TREE["tablet_work"].of("swift"), encode("tablet_work", lease=lease, **work))
                while (heard := await link.hear(timeout=0.2)) is not None:
                    said.append((heard[2]["state"], heard[2].get("lease")))
            serving.cancel()
            await asyncio.wait((serving,))
        return said

    said = run(main())
    assert {state for state, _ in said} <= {"ready", "done", "gone"}, said


def test_a_subscriber_that_stops_reading_stops_nobody(broker, tmp_path):
    parts = [b"deaf", b"cook", ACCESS.password.encode()]
    hello = struct.pack(">H4sBBH", 4, b"MQTT", 4, 0xC2, 600)
    hello += b"".join(struct.pack(">H", len(part)) + part for part in parts)
    subscribe = struct.pack(">HH", 1, 9) + b"kitchen/#" + b"\0"

    async def main():
        async with kitchen_here(address(broker), tmp_path / "ledger.db"):
            return await lunch(address(broker), SETUP, 6, 1)

    with socket.create_connection(("127.0.0.1", broker.ports[0]["mqtt"]), 5) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(bytes([0x10, len(hello)]) + hello + bytes([0x82, len(subscribe)]) + subscribe)
        assert deaf.recv(4)[:1] == b"\x20"
        assert len(run(main())) == 6
