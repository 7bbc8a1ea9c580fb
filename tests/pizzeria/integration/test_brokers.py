"""One contract for every broker the kitchen runs on; where brokers differ, the difference is asserted by name."""

import asyncio
import re
import socket
import struct
import subprocess
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager

import aiomqtt
import pytest

from pizzeria.ovens.brokers.kinds import (
    KINDS,
)
from support.brokers import ACCESS, SOON, connect, listener, receive, run
from support.small_kitchen import absent


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def broker(request):
    setup = request.param(ACCESS)
    absent(setup)
    with setup:
        yield setup
        processes, folder = list(setup.processes.values()), setup.folder
    assert len(processes) == setup.nodes
    assert all(process.returncode is not None for process in processes), "a node outlived its set-up"
    assert not folder.exists()


@pytest.fixture
def topic(request):
    """A topic of the test's own: the brokers live longer than one test."""
    return "kitchen/" + re.sub(r"\W+", "-", request.node.name)


@pytest.mark.parametrize("qos", [0, 1])
def test_messages_of_a_topic_arrive_in_order_and_once(broker, topic, qos):
    async def main():
        async with listener(broker.url, f"{topic}/+", qos=qos) as messages, connect(broker.url) as link:
            for n in range(200):
                await link.publish(f"{topic}/state", str(n), qos=qos)
            assert await receive(messages, 200) == [str(n) for n in range(200)]
            await link.publish(f"{topic}/state", "last", qos=1)
            assert await receive(messages, 1) == ["last"], "something came twice"

    run(main())


def test_who_comes_late_gets_the_retained_state_and_only_the_last(broker, topic):
    async def main():
        async with connect(broker.url) as link:
            for state in ("baking", "baked"):
                await link.publish(f"{topic}/1", state, qos=1, retain=True)
            await link.publish(f"{topic}/2", "gone", qos=1, retain=True)
            await link.publish(f"{topic}/2", b"", qos=1, retain=True)  # an empty one forgets
            async with listener(broker.url, f"{topic}/#") as messages:
                message = await anext(messages)
                assert (message.payload, message.retain) == (b"baked", True)
                await link.publish(f"{topic}/3", "now", qos=1)
                message = await anext(messages)
                assert (message.payload, message.retain) == (b"now", False)

    run(main())


WILL = """
import asyncio, sys, aiomqtt
from pizzeria.ovens.brokers import base, nats
from pizzeria.ovens.experiments import shared_subscription
from pizzeria.ovens.mqtt.broker_url import client_options
async def main(url, topic):
    will = aiomqtt.Will(topic, "dead", qos=1)
    async with aiomqtt.Client(**client_options(url), will=will):
        print("connected", flush=True)
        if sys.argv[3] == "stay":
            await asyncio.Event().wait()
asyncio.run(main(*sys.argv[1:3]))
"""


def test_the_will_of_a_killed_process_is_published_and_not_that_of_one_that_left(broker, topic):
    async def client(name, stay):
        command = [sys.executable, "-c", WILL, broker.url, f"{topic}/{name}", stay]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        assert await process.stdout.readline() == b"connected\n"
        return process

    async def main():
        async with listener(broker.url, f"{topic}/+") as messages:
            left = await client("left", "leave")
            assert await left.wait() == 0
            killed = await client("killed", "stay")
            try:
                killed.kill()
                message = await anext(messages)
            finally:
                await killed.wait()
            assert (message.topic.value, message.payload) == (f"{topic}/killed", b"dead")

    run(main())


def test_a_killed_broker_comes_back_on_its_port(broker, topic):
    async def main():
        async with connect(broker.url) as link:
            await link.publish(f"{topic}/1", "baked", qos=1, retain=True)
        async with listener(broker.url, f"{topic}/#") as messages:
            assert await receive(messages, 1) == ["baked"]
            address = broker.url
            await asyncio.to_thread(broker.kill)
            with pytest.raises(aiomqtt.MqttError):
                await anext(messages)
        if broker.nodes > 1:
            await work_without_node_0()
        assert await asyncio.to_thread(broker.restart) == address
        async with listener(broker.url, f"{topic}/#") as messages, connect(broker.url) as link:
            await link.publish(f"{topic}/2", "fresh", qos=1)
            # The embedded broker forgot: ovens say their state again whenever they connect.
            heard = set()
            while "fresh" not in heard or (broker.keeps_retained and "baked" not in heard):
                heard |= set(await receive(messages, 1))
            # A NATS node that was away may hand a new subscriber what was said meanwhile: handlers are idempotent.
            late = {str(n) for n in range(50)} if broker.nodes > 1 else set()
            assert heard - late == ({"baked", "fresh"} if broker.keeps_retained else {"fresh"})

    async def work_without_node_0():
        """Publish on one node and work on another; the two that are left elect new leaders first."""
        async with patient(broker.urls[1], f"{topic}/#") as messages, connect(broker.urls[2]) as link:
            for n in range(50):
                await link.publish(f"{topic}/oven", str(n), qos=1)
            assert await receive(messages, 50) == [str(n) for n in range(50)]

    try:
        asyncio.run(asyncio.wait_for(main(), 2 * SOON))
    finally:
        if 0 not in broker.processes:
            broker.restart()


@asynccontextmanager
async def patient(url, topic_filter):
    """Subscribe, trying again as long as the cluster has no leaders; give the messages once a retained one came.

    Without a leader a node hangs up, or leaves a publish unanswered, or grants a subscription and forgets the rest.
    """
    deadline = time.monotonic() + 60
    while True:
        async with AsyncExitStack() as stack:
            try:
                link = await stack.enter_async_context(connect(url, timeout=2))
                await link.publish("kitchen/leader", "anybody?", qos=1)
                await link.subscribe(topic_filter, qos=1)
                messages = aiter(link.messages)
                async with asyncio.timeout(2):
                    retained = (await anext(messages)).payload
            except (aiomqtt.MqttError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                continue
            assert retained == b"baked"
            yield messages
            return


def test_a_named_user_gets_what_came_while_he_was_away(broker, topic):
    async def main():
        session = {"identifier": topic.replace("/", "-"), "clean_session": False}
        async with listener(broker.url, topic, **session):
            pass
        async with connect(broker.url) as link:
            for n in range(5):
                await link.publish(topic, str(n), qos=1)
        async with connect(broker.url, **session) as link:
            assert await receive(aiter(link.messages), 5) == list("01234")

    run(main())


def test_two_megabytes_are_delivered_or_refused_and_the_kitchen_goes_on(broker, topic):
    big = bytes(2 * 2**20)

    async def main():
        async with listener(broker.url, f"{topic}/+") as messages:
            if broker.name.startswith("nats"):  # max_payload is 1 MB there: it hangs up on the sender
                with pytest.raises(aiomqtt.MqttError):
                    async with connect(broker.url, timeout=2) as link:
                        await link.publish(f"{topic}/big", big, qos=1)
            else:
                async with connect(broker.url) as link:
                    await link.publish(f"{topic}/big", big, qos=1)
                assert (await anext(messages)).payload == big
            async with connect(broker.url) as link:
                await link.publish(f"{topic}/small", "next", qos=1)
            assert await receive(messages, 1) == ["next"]

    run(main())


@pytest.mark.parametrize("user", ["cook:wrong@", "nobody:basil@", ""], ids=["password", "user", "nobody"])
def test_who_is_not_known_is_refused_at_connect(broker, user):
    async def main():
        with pytest.raises(aiomqtt.MqttCodeError, match="(?i)not authori[sz]ed|bad user ?name or password"):
            async with connect(f"mqtt://{user}127.0.0.1:{broker.ports[0]['mqtt']}"):
                pass

    run(main())


def test_a_denied_publish_reaches_nobody_and_tells_nobody(broker, topic):
    async def main():
        async with listener(broker.url, "menu/#", f"{topic}/#") as messages:
            async with connect(broker.url) as link:
                await link.publish("menu/margherita", "free today", qos=1)  # acknowledged all the same
                await link.publish(f"{topic}/1", "allowed", qos=1)
            assert await receive(messages, 1) == ["allowed"]

    run(main())


def test_a_denied_subscription_is_refused_by_its_code_or_stays_silent(broker, topic):
    async def main():
        async with connect(broker.url) as link:
            codes = await link.subscribe("safe/#", qos=1)
            assert [getattr(code, "value", code) >= 0x80 for code in codes] == [broker.names_denied]
            await link.subscribe(topic, qos=1)
            await link.publish("safe/1", "gold", qos=1)
            await link.publish(topic, "dough", qos=1)
            assert await receive(aiter(link.messages), 1) == ["dough"]

    run(main())


def test_a_browser_hears_what_a_tablet_says(broker, topic):
    async def main():
        async with listener(broker.ws_url, topic) as messages, connect(broker.url) as link:
            await link.publish(topic, "over TCP", qos=1)
            async with connect(broker.ws_url) as page:
                await page.publish(topic, "over WebSocket", qos=1)
            assert await receive(messages, 2) == ["over TCP", "over WebSocket"]

    run(main())


def test_a_subscriber_that_stops_reading_stops_nobody(broker, topic):
    """A client that never reads its socket, and 8 MB for it: publisher and neighbour do not notice."""
    user, password, where = b"cook", ACCESS.password.encode(), f"{topic}/#".encode()
    parts = [b"deaf", user, password]
    body = struct.pack(">H4sBBH", 4, b"MQTT", 4, 0xC2, 60)
    body += b"".join(struct.pack(">H", len(part)) + part for part in parts)
    subscribe = struct.pack(">HH", 1, len(where)) + where + b"\0"

    async def main():
        async with listener(broker.url, f"{topic}/#", qos=0) as messages, connect(broker.url) as link:
            for _ in range(1000):
                await link.publish(f"{topic}/1", bytes(8192), qos=1)
            for _ in range(1000):
                await anext(messages)

    with socket.create_connection(("127.0.0.1", broker.ports[0]["mqtt"]), 5) as deaf:
        deaf.sendall(bytes([0x10, len(body)]) + body + bytes([0x82, len(subscribe)]) + subscribe)
        assert deaf.recv(4)[:1] == b"\x20"
        assert deaf.recv(5)[:1] == b"\x90"
        run(main())


def test_all_nodes_are_one_broker(broker, topic):
    async def main():
        async with listener(broker.urls[-1], f"{topic}/#") as messages, connect(broker.urls[0]) as link:
            for n in range(50):
                await link.publish(f"{topic}/oven", str(n), qos=1)
            assert await receive(messages, 50) == [str(n) for n in range(50)]
            await link.publish(f"{topic}/state", "baked", qos=1, retain=True)
        for url in broker.urls:
            async with listener(url, f"{topic}/state") as messages:
                assert await receive(messages, 1) == ["baked"]

    run(main())
