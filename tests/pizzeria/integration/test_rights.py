"""An access list read off the topic tree, loaded by each broker: a lunch with a user each, and nobody speaks for another."""

import asyncio
import json
import shutil
import subprocess
import sys

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from pizzeria import cli
from pizzeria.common.steady_time import steady_time
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers import nats
from pizzeria.ovens.brokers.kinds import Access, Embedded, Mosquitto, Nats
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter import process
from pizzeria.ovens.mqtt.address import Address, LinkError
from pizzeria.ovens.mqtt.broker_url import endpoint
from pizzeria.ovens.mqtt.client import Client
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.mqtt.wire import Refused, Will
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.programs.access_lists import nats_access_list
from pizzeria.ovens.protocol.messages import TREE, encode
from pizzeria.ovens.protocol.rights import mosquitto_access_list, rights, rights_by_user
from support.history import overhear
from support.small_kitchen import absent

SOON = 60  # s; a bound, not a pause
DEVICES = ("oven-1", "oven-2", "tablet-anna", "tablet-bruno")
USERS = ("expediter", "orders", "board", *DEVICES)
SETUP = Setup(cooks=2, ovens=2, orders_per_hour=60.0, burns_after=5000.0)


NAMES = {Oven: ("1", "2"), Tablet: ("anna", "bruno")}
WITNESS = "witness", "wit:ness"  # hears everything


def listed(kind):
    """Return the list as the command prints it."""
    command = [
        sys.executable,
        "-m",
        "pizzeria",
        "broker",
        "--kind",
        kind,
        "--kitchen",
        "rome",
        "--access-list",
        *DEVICES,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class GuardedMosquitto(Mosquitto):
    """Mosquitto with the list, and for every user a password that is his name, twice."""

    def _lines(self, node):
        users = self.write("users", "")
        for user in (*USERS, self.access.user):
            password = self.access.password if user == self.access.user else 2 * user
            subprocess.run(
                [shutil.which("mosquitto_passwd"), "-b", users, user, password],
                check=True,
                capture_output=True,
            )
        guard = self.write("rights", f"{listed('mosquitto')}\nuser {self.access.user}\ntopic read #\n")
        yield from (line for line in super()._lines(node) if not line.startswith("password_file"))
        yield from (f"password_file {users}", f"acl_file {guard}")


class GuardedNats(Nats):
    """One NATS server that includes the list, with the same passwords in its environment."""

    def launch(self, node):
        witness, password = WITNESS
        also = f'{{user: {witness}, password: "{password}", permissions: {{publish: {{deny: ">"}}}}}},'
        self.write("rights.conf", listed("nats").replace("users = [", f"users = [ {also}"))
        config = self._config(node)
        del config["authorization"]
        lines = [f"{key}: {json.dumps(value)}" for key, value in config.items()]
        path = self.write("nats.conf", "\n".join([*lines, "include rights.conf", ""]))
        words = {f"PASSWORD_{user.replace('-', '_')}": f'"{2 * user}"' for user in USERS}
        self.spawn(node, ["env", *(f"{k}={v}" for k, v in words.items()), nats.program(), "-c", str(path)])


class GuardedEmbedded(Embedded):
    """The embedded broker with the same rights: it reads no list, but takes them from whoever starts it."""

    def _passwords(self):
        hashed = {user: 2 * user for user in USERS} | dict([WITNESS])
        cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        return self.write("users", "".join(f"{user}:{cheap.hash(word)}\n" for user, word in hashed.items()))

    def write(self, name, text):
        if name == "embedded.json":
            topics = rights_by_user(DEVICES, "rome/") | {WITNESS[0]: ([], ["#"])}
            text = json.dumps(json.loads(text) | {"topics": topics})
        return super().write(name, text)


@pytest.fixture(
    scope="module", params=[GuardedMosquitto, GuardedNats, GuardedEmbedded], ids=lambda kind: kind.name
)
def broker(request):
    setup = request.param(Access(*WITNESS, tls=True))
    absent(setup)
    with setup:
        yield setup


def address(broker, user, password=None):
    url = f"mqtts://{user}:{password or 2 * user}@127.0.0.1:{broker.ports[0]['mqtt']}"
    return Address((url,), broker.ca_file, kitchen="rome", mqtt=broker.mqtt)


def stamped(kind, **said):
    stamp = {"run": "forged", "session": 2**52, "seq": 1, "boot": 1.0, "minutes": 1.0}
    return encode(kind, **stamp, **said)


FORGED = [
    ("oven-2", TREE["oven_state"].of("1"), stamped("oven_state", state="burnt", order=1)),
    ("oven-2", TREE["tablet_state"].of("anna"), stamped("tablet_state", state="ready")),
    ("tablet-bruno", TREE["tablet_state"].of("anna"), stamped("tablet_state", state="done", lease=3)),
    ("orders", TREE["tablet_work"].of("anna"), stamped("tablet_work", lease=99, order=9, step="start")),
    ("board", TREE["run"].of(), stamped("run", epoch=9, opened=0.0, scale=1.0)),
]


async def speak(broker, user, *said, will=None):
    """Connect as this user and say this below the kitchen's name or, if that begins with $, as it stands; end without a word.

    A broker may refuse a client with a will that is not his to have; he comes again without.
    """
    where = endpoint(*address(broker, user).urls, broker.ca_file)
    hear, session = (lambda topic, payload: None), 0 if broker.mqtt == 5 else None
    try:
        client = await Client.open(where, user, hear, will, session)
    except Refused:
        return await speak(broker, user, *said) if will else pytest.fail(f"{user} is refused")
    for topic, payload in said:
        client.publish(topic if topic.startswith("$") else f"rome/{topic}", payload, True)
    await client.acknowledged()
    client.cut()
    await client.gone


def test_a_lunch_with_a_user_each_by_tls_and_nobody_speaks_for_another(broker, tmp_path):
    """By a message, by a will, and by the subjects in which NATS keeps what it does of MQTT."""
    heard, bytes_heard = [], []

    async def main():
        reader = Address((broker.url,), broker.ca_file, kitchen="rome", mqtt=broker.mqtt)
        devices = [made(name, steady_time()) for made in (Oven, Tablet) for name in NAMES[made]]
        tasks = [
            asyncio.create_task(process.serve(address(broker, "expediter"), tmp_path / "ledger.db", 0.005))
        ]
        tasks += [
            asyncio.create_task(device.serve(one, address(broker, f"{one.kind}-{one.name}")))
            for one in devices
        ]
        async with Link(reader, "witness", ["kitchen/#"]) as witness:
            tasks.append(asyncio.create_task(overhear(witness, heard)))
            # What was forged in NATS's own subjects comes to who hears at QoS 1.
            exact = await Client.open(
                endpoint(*reader.urls, broker.ca_file), "exact", lambda *said: bytes_heard.append(said)
            )
            await exact.subscribe(["rome/#"], int(broker.name == "nats"))
            served = await lunch(address(broker, "orders"), SETUP, 3, 1)
            for n, (user, topic, said) in enumerate(FORGED):
                by_the_back = [(f"$MQTT/{where}/rome/{topic}", said) for where in ("msgs", "rmsgs")]
                will = Will(f"rome/{topic}", said)
                await speak(broker, user, (topic, said), *by_the_back, will=will)
                # What one client says comes in order: when the last is heard, all that was forged was dropped. A will that
                # he may have, of one who came later, is heard, too.
                await speak(broker, user, will=Will(f"rome/{TREE['dead'].of()}", dead_letter_of(f"will-{n}")))
                await speak(broker, user, (TREE["dead"].of(), dead_letter_of(f"word-{n}")))
            wanted = {f"{how}-{n}" for how in ("will", "word") for n in range(len(FORGED))}
            while wanted - {said["who"] for kind, _, said in heard if kind == "dead"}:
                await asyncio.sleep(0.01)
            exactly = {("rome/" + TREE["dead"].of(), dead_letter_of(f"word-{n}")) for n in range(len(FORGED))}
            while exactly - set(bytes_heard):
                await asyncio.sleep(0.01)
            await exact.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return served

    served = asyncio.run(asyncio.wait_for(main(), SOON))
    assert len(served) == 3
    assert {kind for kind, *_ in heard} == set(TREE), "everybody could say what is his to say"
    assert not [said for _, _, said in heard if said.get("run") == "forged"]
    assert not [said for said in bytes_heard if b"forged" in said[1]]


def test_nobody_hears_what_is_not_his(broker):
    """A tablet that asks for everything, and is told at most what it may hear."""

    async def main():
        heard, where = [], endpoint(*address(broker, "tablet-anna").urls, broker.ca_file)
        client = await Client.open(
            where, "curious", lambda *said: heard.append(said), None, 0 if broker.mqtt == 5 else None
        )
        await client.subscribe(["rome/#", "rome/kitchen/oven/+/state", "$MQTT/#"], 0)
        await client.subscribe(["rome/kitchen/tablet/anna/work"], 0)
        await speak(broker, "oven-1", (TREE["oven_state"].of("1"), b"warm"))
        while ("rome/kitchen/tablet/anna/work", b"next") not in heard:
            await speak(broker, "expediter", (TREE["tablet_work"].of("anna"), b"next"))
        await client.close()
        return {topic for topic, _ in heard}

    assert asyncio.run(asyncio.wait_for(main(), SOON)) <= {
        "rome/kitchen/tablet/anna/work",
        "rome/kitchen/pass/run",
    }


def test_a_wrong_password_is_one_line_and_so_is_an_unknown_authority(broker):
    def told(where):
        async def main():
            async with Link(where, "oven 1", []) as link:
                await link.hear()

        with pytest.raises(LinkError) as error:
            asyncio.run(asyncio.wait_for(main(), SOON))
        return str(error.value)

    port = broker.ports[0]["mqtt"]
    for user, password in (("oven-1", "oven-2oven-2"), ("oven-3", "oven-3oven-3")):
        line = told(address(broker, user, password))
        assert line == f"mqtts://127.0.0.1:{port}: the broker refuses this user or password"
    assert "signed by nobody we trust" in told(Address(address(broker, "oven-1").urls))


def dead_letter_of(user):
    return encode("dead", topic="x", who=user, why="a trial", size=1, begins="", at=1.0)


def test_every_topic_has_somebody_who_says_it_and_somebody_who_hears_it():
    roles = [("expediter", ""), ("orders", ""), ("board", ""), ("oven", "1"), ("tablet", "1")]
    says = {topic for role in roles for topic in rights(*role)[0]}
    hears = {topic for role in roles for topic in rights(*role)[1]}
    for kind, topic in TREE.items():
        assert {topic.of("1"), topic.filter} & says, kind
        assert kind == "dead" or {topic.of("1"), topic.filter} & hears, kind
    assert rights("oven", "1", "rome/") == (
        ["rome/kitchen/oven/1/state", "rome/kitchen/pass/dead"],
        ["rome/kitchen/pass/run", "rome/kitchen/oven/1/work"],
    )


@pytest.mark.parametrize(
    ("device", "why"), [("stove-1", "is no device"), ("oven-a/b", "is no name"), ("oven", "is no name")]
)
def test_a_device_that_is_none_is_refused(device, why):
    with pytest.raises(ValueError, match=why):
        mosquitto_access_list([device])


def test_the_kitchen_of_an_access_list_is_the_one_that_programs_are_told(monkeypatch, capsys):
    monkeypatch.setenv("PIZZERIA_KITCHEN", "rome")
    assert cli.main(["broker", "--access-list", "oven-1"]) == 0
    topics = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if line.startswith("topic")]
    assert topics
    assert all(topic.startswith("rome/") for topic in topics)


def test_a_list_of_nats_has_a_password_for_each_and_amqtt_has_no_list(capsys):
    assert cli.main(["broker", "--kind", "nats-cluster", "--access-list", "oven-1"]) == 0
    assert capsys.readouterr().out == nats_access_list(["oven-1"])
    with pytest.raises(ValueError, match="oven-a_b and oven-a-b would share the password PASSWORD_oven_a_b"):
        nats_access_list(["oven-a_b", "oven-a-b"])
    assert cli.main(["broker", "--kind", "embedded", "--access-list", "oven-1"]) != 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "amqtt has no access list to load" in line


@pytest.mark.parametrize(
    ("topic", "subjects"),
    [
        ("kitchen/oven/+/state", ["kitchen.oven.*.state"]),
        ("kitchen/#", ["kitchen.>", "kitchen"]),  # MQTT's # is the level above, too
        ("#", [">"]),
    ],
)
def test_a_topic_filter_is_subjects_of_nats(topic, subjects):
    assert nats.subjects(topic) == subjects
