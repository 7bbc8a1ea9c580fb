"""The page's MQTT in memory keeps the contract of the real thing: the same story on amqtt and aiomqtt, and on ours."""

from __future__ import annotations

import asyncio
import importlib
import sys

import pytest

from support.blog import ROOT

EMULATED = str(ROOT / "code" / "emulated")
NAMES = ("aiomqtt", "amqtt", "mqtt_in_memory")


@pytest.fixture(params=["real", "emulated"])
def mqtt(request, monkeypatch):
    """Give the modules aiomqtt and amqtt.broker: the installed ones, or those of a reader's page."""
    mine = {name: module for name, module in sys.modules.items() if name.split(".")[0] in NAMES}
    for name in mine:
        monkeypatch.delitem(sys.modules, name)
    if request.param == "emulated":
        monkeypatch.syspath_prepend(EMULATED)
    client, broker = importlib.import_module("aiomqtt"), importlib.import_module("amqtt.broker")
    assert (EMULATED in broker.__file__) == (request.param == "emulated")
    yield client, broker
    for name in [n for n in sys.modules if n.split(".")[0] in NAMES]:
        del sys.modules[name]
    sys.modules.update(mine)


def told(mqtt, story):
    """Run a story with a broker; give what it returns. story: called with aiomqtt and the broker's port."""
    client, broker = mqtt

    async def lunch():
        anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        listeners = {"default": {"type": "tcp", "bind": "127.0.0.1:0"}}
        running = broker.Broker({"listeners": listeners, "plugins": anonymous})
        await running.start()
        port = next(iter(running._servers["default"].instance.sockets)).getsockname()[1]
        try:
            async with asyncio.timeout(30):
                return await story(client, port)
        finally:
            await running.shutdown()

    return asyncio.run(lunch())


async def take(link, count: int) -> list[tuple[str, bytes, bool]]:
    messages = aiter(link.messages)
    return [(m.topic.value, m.payload, bool(m.retain)) for m in [await anext(messages) for _ in range(count)]]


def test_topics_filters_and_order(mqtt):
    async def story(aiomqtt, port):
        async with aiomqtt.Client("127.0.0.1", port) as tablet, aiomqtt.Client("127.0.0.1", port) as oven:
            await tablet.subscribe([("kitchen/+/state", 1), ("news/#", 0)])
            for topic in ("kitchen/1/state", "kitchen/1/door", "kitchen/1/state/more", "news", "news/a/b"):
                await oven.publish(topic, topic.upper(), qos=1)
            await oven.publish("kitchen/2/state", 5)
            await oven.publish("kitchen/2/state")
            return await take(tablet, 5)

    assert told(mqtt, story) == [
        ("kitchen/1/state", b"KITCHEN/1/STATE", False),
        ("news", b"NEWS", False),
        ("news/a/b", b"NEWS/A/B", False),
        ("kitchen/2/state", b"5", False),
        ("kitchen/2/state", b"", False),
    ]


def test_what_is_retained_comes_to_those_who_come_later_and_can_be_forgotten(mqtt):
    async def story(aiomqtt, port):
        async with aiomqtt.Client("127.0.0.1", port) as oven:
            await oven.publish("oven/1", "baked", qos=1, retain=True)
            await oven.publish("oven/2", "old", qos=1, retain=True)
            await oven.publish("oven/2", "baking", qos=1, retain=True)
            await oven.publish("oven/3", "gone", qos=1, retain=True)
            await oven.publish("oven/3", b"", qos=1, retain=True)
            async with aiomqtt.Client("127.0.0.1", port) as late:
                await late.subscribe("oven/+", qos=1)
                found = sorted(await take(late, 2))
                await oven.publish("oven/1", "empty", qos=1, retain=True)
                return found, await take(late, 1)

    found, fresh = told(mqtt, story)
    assert found == [("oven/1", b"baked", True), ("oven/2", b"baking", True)]
    assert fresh == [("oven/1", b"empty", False)]


def test_a_goodbye_is_no_death_and_unsubscribing_ends_the_news(mqtt):
    async def story(aiomqtt, port):
        async with aiomqtt.Client("127.0.0.1", port) as watcher:
            await watcher.subscribe("says/#", qos=1)
            await watcher.subscribe("other", qos=1)
            will = aiomqtt.Will("says/ada", "gone", qos=1)
            async with aiomqtt.Client("127.0.0.1", port, will=will) as ada:
                await ada.publish("says/ada", "ready", qos=1)
                await watcher.unsubscribe("other")
                await ada.publish("other", "unheard", qos=1)
            async with aiomqtt.Client("127.0.0.1", port) as bob:
                await bob.publish("says/bob", "ready", qos=1)
            return await take(watcher, 2)

    assert told(mqtt, story) == [("says/ada", b"ready", False), ("says/bob", b"ready", False)]


def test_nobody_answers_at_another_port_and_bad_input_is_refused(mqtt):
    async def story(aiomqtt, port):
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client("127.0.0.1", 1):
                pass
        async with aiomqtt.Client("127.0.0.1", port) as link:
            with pytest.raises(ValueError, match="topic"):
                await link.publish("a/+", "x")
            with pytest.raises(TypeError):
                await link.publish("a", object())
        with pytest.raises(aiomqtt.MqttError):
            await link.publish("a", "x")
        return aiomqtt.Topic("a/b/c").matches("a/+/#"), aiomqtt.Topic("a/b").matches("a/+/c")

    assert told(mqtt, story) == (True, False)


def test_a_client_that_drops_dead_has_its_will_read(monkeypatch):
    monkeypatch.syspath_prepend(EMULATED)
    from mqtt_in_memory import Broker, matches

    async def story():
        broker, heard = Broker(), []
        watcher = broker.connect(lambda *message: heard.append(message))
        broker.subscribe(watcher, "says/+", 1)
        dead = broker.connect(lambda *message: None, ("says/ada", b"gone", 1, False))
        broker.leave(dead, clean=False)
        broker.leave(dead, clean=False)
        await asyncio.sleep(0)
        return heard

    assert asyncio.run(story()) == [("says/ada", b"gone", 1, False)]
    assert not matches("$SYS/uptime", "#")
