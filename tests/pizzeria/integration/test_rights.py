"""An access list read off the topic tree, loaded by Mosquitto: a lunch with a user each, and nobody speaks for another."""

import asyncio
import shutil
import subprocess
import sys

import pytest

from pizzeria import cli
from pizzeria.common.steady_time import steady_time
from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.kinds import Access, Mosquitto
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter import process
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import Link
from pizzeria.ovens.orders.lunch import lunch
from pizzeria.ovens.protocol.messages import TREE, encode
from pizzeria.ovens.protocol.rights import mosquitto_access_list, rights
from support.history import overhear
from support.small_kitchen import absent

SOON = 60  # s; a bound, not a pause
DEVICES = ("oven-1", "oven-2", "tablet-anna", "tablet-bruno")
USERS = ("expediter", "orders", "board", *DEVICES)
SETUP = Setup(cooks=2, ovens=2, orders_per_hour=60.0, burns_after=5000.0)


class Guarded(Mosquitto):
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
        command = [sys.executable, "-m", "pizzeria", "broker", "--kitchen", "rome", "--access-list", *DEVICES]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        guard = self.write("rights", f"{listed}\nuser {self.access.user}\ntopic read #\n")
        yield from (line for line in super()._lines(node) if not line.startswith("password_file"))
        yield from (f"password_file {users}", f"acl_file {guard}")


def address(broker, user):
    port = broker.ports[0]["mqtt"]
    return Address((f"mqtt://{user}:{2 * user}@127.0.0.1:{port}",), kitchen="rome")


def test_a_lunch_with_a_user_each_and_nobody_speaks_for_another(tmp_path):
    absent(Mosquitto())
    heard = []

    async def main(broker):
        reader = Address((broker.url,), kitchen="rome")
        forged = [
            ("oven-2", TREE["oven_state"].of("1"), "oven_state", {"state": "burnt", "order": 1}),
            ("oven-2", TREE["tablet_state"].of("anna"), "tablet_state", {"state": "ready"}),
            ("tablet-bruno", TREE["tablet_state"].of("anna"), "tablet_state", {"state": "done", "lease": 3}),
            (
                "orders",
                TREE["tablet_work"].of("anna"),
                "tablet_work",
                {"lease": 99, "order": 9, "step": "start"},
            ),
            ("board", TREE["run"].of(), "run", {"epoch": 9, "opened": 0.0, "scale": 1.0}),
        ]
        stamp = {"run": "forged", "session": 2**52, "seq": 1, "boot": 1.0, "minutes": 1.0}
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
            served = await lunch(address(broker, "orders"), SETUP, 3, 1)
            for user, topic, kind, said in forged:
                async with Link(address(broker, user), user, []) as link:
                    while not link.connected:
                        await asyncio.sleep(0.01)
                    link.say(topic, encode(kind, **stamp, **said))
                    # The broker keeps the order of one sender: when this one is heard, that one was dropped.
                    link.say(TREE["dead"].of(), dead_letter_of(user))
                    await link.said()
            while {said["who"] for kind, _, said in heard if kind == "dead"} < {user for user, *_ in forged}:
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return served

    with Guarded(Access("witness", "wit:ness", topics=())) as broker:
        served = asyncio.run(asyncio.wait_for(main(broker), SOON))
    assert len(served) == 3
    assert {kind for kind, *_ in heard} == set(TREE), "everybody could say what is his to say"
    assert not [said for _, _, said in heard if said.get("run") == "forged"]


NAMES = {Oven: ("1", "2"), Tablet: ("anna", "bruno")}


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
