"""How brokers are started and named: TLS, ports, who is the default, last words, addresses and access that make no sense."""

import asyncio
import contextlib
import socket
from contextlib import AsyncExitStack

import aiomqtt
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from pizzeria.ovens.brokers import base, nats
from pizzeria.ovens.brokers.base import answers
from pizzeria.ovens.brokers.kinds import (
    KINDS,
    Access,
    BrokerError,
    Embedded,
    Mosquitto,
    default_broker,
    embedded_broker,
)
from pizzeria.ovens.experiments import shared_subscription
from pizzeria.ovens.mqtt.broker_url import client_options
from support.brokers import ACCESS, SOON, connect, listener, receive, run
from support.small_kitchen import absent


@pytest.mark.parametrize("kind", [Embedded, Mosquitto], ids=lambda kind: kind.name)
def test_an_anonymous_user_gets_it_from_mosquitto_and_not_from_the_embedded_broker(kind):
    async def main(url):
        session = {"identifier": "anonymous", "clean_session": False}
        async with listener(url, "kitchen/1", **session):
            pass
        async with connect(url) as link:
            await link.publish("kitchen/1", "missed", qos=1)
            async with connect(url, **session) as back:
                messages = aiter(back.messages)
                await back.subscribe("kitchen/+", qos=1)
                await link.publish("kitchen/2", "seen", qos=1)
                expected = ["missed", "seen"] if kind.keeps_offline else ["seen"]
                assert await receive(messages, len(expected)) == expected

    absent(kind())
    with kind() as broker:
        run(main(broker.url))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_tls_with_the_right_authority_and_with_an_unknown_one(kind):
    async def main(broker):
        async with listener(broker.url, "kitchen/1", ca_file=broker.ca_file) as messages:
            async with connect(broker.url, broker.ca_file) as link:
                await link.publish("kitchen/1", "sealed", qos=1)
            assert await receive(messages, 1) == ["sealed"]
        with pytest.raises(aiomqtt.MqttError, match="certificate verify failed"):
            async with connect(broker.url):
                pass

    absent(kind())
    with kind(Access(tls=True)) as broker:
        run(main(broker))


def test_the_broker_of_the_notebook_lives_as_long_as_its_block(nothing_leaks):
    async def main():
        async with embedded_broker() as url:
            async with listener(url, "kitchen/#") as messages, connect(url) as link:
                await link.publish("kitchen/1", "here", qos=1)
                assert await receive(messages, 1) == ["here"]
            port = client_options(url)["port"]
        assert not await asyncio.to_thread(answers, port, Access())

    run(main())


@pytest.mark.filterwarnings("ignore:The 'acl' option is deprecated")  # its replacement cannot be given yet
def test_a_guarded_embedded_broker_loses_nothing_while_others_subscribe(tmp_path):
    """amqtt drops a message when its list of subscriptions changes while it asks the access list about each of them."""
    users = tmp_path / "users"
    users.write_text(
        f"cook:{Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash('basil')}\n", "utf-8"
    )

    async def main():
        topics = {"cook": (["kitchen/#"], ["kitchen/#"])}
        async with embedded_broker(passwords=users, topics=topics) as url:
            url = url.replace("//", "//cook:basil@")
            async with AsyncExitStack() as stack:
                other, link = [await stack.enter_async_context(connect(url)) for _ in range(2)]
                await other.subscribe("kitchen/+", qos=0)  # it is asked about first
                messages = await stack.enter_async_context(listener(url, "kitchen/#"))
                subscribing = asyncio.gather(
                    *(other.subscribe(f"kitchen/{n}/other", qos=0) for n in range(30))
                )
                publishing = asyncio.gather(*(link.publish("kitchen/1", str(n), qos=1) for n in range(30)))
                await asyncio.gather(subscribing, publishing)
                assert set(await receive(messages, 30)) == {str(n) for n in range(30)}

    run(main())


def test_a_taken_port_is_one_line():
    async def main(port):
        async with embedded_broker(port):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"cannot listen on 127.0.0.1:{port}"):
            run(main(port))


def test_a_port_lost_to_a_neighbour_is_found_anew(monkeypatch):
    absent(Mosquitto())
    with socket.socket() as taken:  # bound, and deaf
        taken.bind(("127.0.0.1", 0))
        honest, offers = base.held_ports, iter([taken.getsockname()[1]])

        @contextlib.contextmanager
        def offered(count):
            with honest(count) as ports:
                yield [next(offers, port) for port in ports]

        monkeypatch.setattr(base, "held_ports", offered)
        # Nobody answers MQTT on the taken port, so the first attempt can only end by the broker's own word.
        with Mosquitto() as broker:
            assert answers(broker.ports[0]["mqtt"], Access())
            assert broker.ports[0]["mqtt"] != taken.getsockname()[1]


def test_a_shared_subscription_loses_what_a_killed_cook_was_pushed():
    absent(Mosquitto())
    with Mosquitto() as broker:
        counted = asyncio.run(asyncio.wait_for(shared_subscription.experiment(broker.url, 30, 3), 2 * SOON))
    assert 0 < counted["lost"] <= 10, "a third of the events is pushed to each of three cooks"
    assert counted["served"] + counted["lost"] == 30
    assert counted["twice"] == 0


def test_the_kept_record_says_where_it_comes_from_and_agrees():
    record = shared_subscription.load()
    for known in ("date", "command", "machine", "python", "seed", "killed_after"):
        assert record[known] not in ("", None), known
    rows = {row["broker"]: row for row in record["brokers"]}
    assert set(rows) == {kind.name for kind in KINDS}
    assert all(row["version"] for row in rows.values())
    assert {name for name, row in rows.items() if row["shares"]} == {
        kind.name for kind in KINDS if kind.shared_subscriptions
    }
    shared = rows["mosquitto"]
    assert shared["served"] + shared["lost"] == shared["events"] == shared_subscription.EVENTS
    assert shared["lost"] > 0


def test_who_names_no_broker_gets_nats_or_where_that_is_not_amqtt(monkeypatch):
    assert (default_broker(ACCESS).name, default_broker(ACCESS).access) == ("nats", ACCESS)
    monkeypatch.setattr(nats, "find_nats_server", lambda: None)
    assert (default_broker(ACCESS).name, default_broker(ACCESS).access) == ("embedded", ACCESS)


def test_a_broker_that_cannot_start_says_its_last_words():
    class Broken(Mosquitto):
        def _lines(self, node):
            return ["no_such_option true"]

    absent(Mosquitto())
    broken = Broken()
    with pytest.raises(BrokerError, match="mosquitto, node 0: ended at once: .*no_such_option"):
        broken.start()
    assert not broken.processes
    assert not broken.folder.exists()
    broken.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"user": "a"},
        {"password": "b"},
        {"topics": ("a",)},
        {"user": "a", "password": "b", "read_only": ("a",)},
    ],
)
def test_access_that_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError, match="user|topics"):
        Access(**options)
