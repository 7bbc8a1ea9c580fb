"""What goes wrong around the connected kitchen, and the one line it is worth; the kitchen goes on."""

import asyncio
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import AsyncExitStack

import aiomqtt
import psutil
import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens import LinkError, lunch
from pizzeria.ovens.brokers.kinds import Access, Embedded, Mosquitto, Nats
from pizzeria.ovens.devices import device
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address, explain
from pizzeria.ovens.mqtt.broker_url import client_options
from pizzeria.ovens.mqtt.link import SHORTEST, Link
from pizzeria.ovens.programs.in_process import kitchen_here
from pizzeria.ovens.protocol.messages import LARGEST, TREE, encode
from support.small_kitchen import absent

ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#",))
SECRETS = ("ba:si@l", "ba%3Asi%40l")
SETUP = Setup(cooks=2, ovens=4, orders_per_hour=60.0, burns_after=500.0)
SOON = 60  # s; a bound, not a pause


@pytest.fixture(scope="module")
def broker():
    with Embedded(ACCESS) as setup:
        yield setup


def address(setup):
    return Address(tuple(setup.urls), setup.ca_file)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, SOON))


STAMP = {"run": "yesterday", "session": 1, "seq": 1, "boot": 1.0}
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


def test_a_kitchens_name_comes_from_the_environment_too_and_is_a_name(monkeypatch):
    given = Address.given("mqtt://127.0.0.1:9", kitchen="rome")
    assert (given.prefix, given.environment()["PIZZERIA_KITCHEN"]) == ("rome/", "rome")
    monkeypatch.setenv("PIZZERIA_KITCHEN", "naples")
    assert Address.given("mqtt://127.0.0.1:9").kitchen == "naples"
    code, lines = program("oven", "1", "--kitchen", "a/b", url="mqtt://127.0.0.1:9")
    assert (code, len(lines)) == (1, 1)
    assert "'a/b' is no name" in lines[0]


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


def program(name, *options, url=None, **environment):
    """Run a program that is to fail; return its exit code and the lines it says."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("PIZZERIA_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pizzeria", name, *options],
        env=known | ({"PIZZERIA_BROKER": url} if url else {}) | environment,
        capture_output=True, text=True, timeout=SOON,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    assert not [secret for secret in (*SECRETS, "wrong") if secret in said], "credentials in a log"
    assert "Traceback" not in said, said
    return ran.returncode, [line for line in said.splitlines() if "trying again" not in line]


@pytest.mark.parametrize(
    "command", [("tablet", "anna"), ("oven", "1", "2"), ("expediter",), ("orders",), ("kitchen", "live")]
)
def test_a_wrong_password_is_one_line(broker, tmp_path, command):
    port = broker.ports[0]["mqtt"]
    more = ("--ledger", str(tmp_path / "ledger.db")) if command == ("expediter",) else ()
    code, lines = program(*command, *more, url=f"mqtt://cook:wrong@127.0.0.1:{port}")
    assert code == 1
    refused = f"mqtt://127.0.0.1:{port}: the broker refuses this user or password"
    lines = [line for line in lines if "expediter: run" not in line and "no link" not in line]
    assert lines == [f"python -m pizzeria {command[0]}: {refused}"]


def test_a_wrong_port_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, lines = program("oven", "1", url=f"mqtt://cook:wrong@127.0.0.1:{port}")
    assert code == 1
    assert lines == [
        f"python -m pizzeria oven: mqtt://127.0.0.1:{port}: nobody listens there (connection refused)"
    ]


def test_no_broker_at_all_is_one_line(tmp_path):
    code, lines = program("expediter", "--ledger", str(tmp_path / "ledger.db"))
    assert code == 1
    assert len(lines) == 1
    assert "which broker? --broker URL or PIZZERIA_BROKER" in lines[0]


def test_a_ledger_that_is_none_is_one_line(tmp_path):
    (tmp_path / "ledger.db").write_text("pizza " * 1000)
    code, lines = program("expediter", "--ledger", str(tmp_path / "ledger.db"), url="mqtt://127.0.0.1:9")
    assert code == 1
    assert len(lines) == 1
    assert "is no ledger that can be used here" in lines[0]


@pytest.mark.parametrize("options", [("--scale", "0"), ("--scale", "nan"), ("--scale", "-1")])
def test_a_scale_that_stops_the_clock_is_one_line(options):
    code, lines = program("expediter", *options, url="mqtt://127.0.0.1:9")
    assert (code, len(lines)) == (1, 1)
    assert "--scale must be above 0" in lines[0]


def test_a_name_with_a_slash_is_one_line():
    code, lines = program("tablet", "anna/bruno", url="mqtt://127.0.0.1:9")
    assert (code, len(lines)) == (1, 1)
    assert "is no name" in lines[0]


@pytest.mark.parametrize("kind", [Embedded, Nats], ids=lambda kind: kind.name)
def test_a_denied_topic_is_one_line(kind):
    absent(kind())
    with kind(Access("cook", "ba:si@l", topics=("menu/#",))) as setup:
        code, lines = program("tablet", "anna", url=",".join(setup.urls))
    assert code == 1
    assert len(lines) == 1
    assert "this user may not read kitchen/" in lines[0]


def test_a_topic_denied_in_silence_gets_a_hint(caplog):
    from pizzeria.ovens import Tablet
    from pizzeria.ovens.devices import device

    async def main(where):
        serving = asyncio.create_task(device.serve(Tablet("anna", time.time()), where))
        while not any("may this user read there?" in record.getMessage() for record in caplog.records):
            await asyncio.sleep(0.05)
        serving.cancel()
        await asyncio.wait((serving,))

    absent(Mosquitto())
    with Mosquitto(Access("cook", "ba:si@l", topics=("menu/#",))) as setup:
        run(main(address(setup)))


def test_an_unknown_authority_is_one_line_and_a_known_one_works(tmp_path):
    with Embedded(Access("cook", "ba:si@l", tls=True)) as setup:
        code, lines = program("tablet", "anna", url=setup.url)
        assert code == 1
        assert len(lines) == 1
        assert "its certificate is signed by nobody we trust; name its authority with --ca-file" in lines[0]
        code, lines = program("tablet", "anna", "--ca-file", str(tmp_path / "none.pem"), url=setup.url)
        assert (code, len(lines)) == (1, 1)
        assert "no certificate that can be read" in lines[0]

        async def main():
            async with kitchen_here(address(setup), tmp_path / "ledger.db"):
                return await lunch(address(setup), SETUP, 2, 1)

        assert len(run(main())) == 2
    with Embedded() as plain:
        code, lines = program("tablet", "anna", url=plain.url.replace("mqtt://", "mqtts://"))
        assert code == 1
        assert "no answer; is it an MQTT broker, and does it speak TLS?" in lines[0]


def test_a_lunch_over_websockets(broker, tmp_path):
    async def main():
        async with kitchen_here(Address((broker.ws_url,)), tmp_path / "ledger.db"):
            return await lunch(Address((broker.ws_url,)), SETUP, 2, 1)

    assert len(run(main())) == 2


def test_orders_killed_in_the_middle_are_carried_on(broker, tmp_path):
    """The lunch is begun anew with its beginning: what was done is not done again, and every order ends."""

    async def main():
        where, ended, began = address(broker), [], time.time()
        async with kitchen_here(where, tmp_path / "ledger.db", cooks=3):

            def first_to_end(served):
                ended.append(served)
                first.cancel()  # at once: a killer who has to wake up first may find all of them served

            first = asyncio.create_task(lunch(where, SETUP, 8, 1, ended=first_to_end, began=began))
            await asyncio.wait((first,))
            return ended, await lunch(where, SETUP, 8, 1, began=began)

    early, served = run(main())
    assert 1 <= len(early) < 8
    assert [one.order for one in served] == list(range(1, 9))
    done = [(f.order, f.step) for f in read(tmp_path / "ledger.db")[1] if f.fact == "done"]
    assert len(done) == len(set(done)) == 32


def test_a_journal_names_its_beginning_or_is_refused(tmp_path):
    from pizzeria.ovens.programs.command import begun

    journal = tmp_path / "journal.jsonl"
    assert begun(journal, 5.0) == begun(journal, 9.0) == 5.0
    journal.write_text("pizza\n")
    with pytest.raises(ValueError, match="is no journal of orders"):
        begun(journal, 1.0)


def test_a_link_comes_back_with_longer_pauses_and_says_one_line(broker, caplog, monkeypatch):
    pauses, honest = [], asyncio.sleep

    async def pause(seconds):
        if seconds >= SHORTEST / 2:
            pauses.append(seconds)
        await honest(0)

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with Link(address(broker), "lost", []) as link:
            while not link.connected:
                await honest(0.01)
            object.__setattr__(link, "address", Address((f"mqtt://127.0.0.1:{port}",)))
            monkeypatch.setattr(asyncio, "sleep", pause)
            link.cut()
            while len(pauses) < 9:
                await honest(0.01)
            monkeypatch.undo()

    caplog.set_level(logging.WARNING)
    run(main())
    for attempt, seconds in enumerate(pauses[:9]):
        longest = min(2.0, SHORTEST * 2**attempt)
        assert longest / 2 <= seconds <= longest
    assert len({round(seconds / SHORTEST, 3) for seconds in pauses[6:]}) > 1, "no jitter"
    assert len([r for r in caplog.records if "lost: no link" in r.getMessage()]) <= 2


def test_a_cut_link_says_its_will_and_greets_again(broker):
    async def main():
        where = address(broker)
        stamps = iter(range(1, 100))
        state = {"run": "r", "boot": 1.0}
        topic = TREE["oven_state"].of("cable")

        def greet():
            said = encode(
                "oven_state", **state, session=link.session, seq=next(stamps), state="empty", order=None
            )
            return [(topic, said, False)]

        def will():
            return topic, encode("oven_state", **state, session=link.session, seq=99, state="gone")

        async with Link(where, "reader", [topic]) as reader:
            while not reader.connected:
                await asyncio.sleep(0.01)
            async with Link(where, "oven cable", [], greet=greet, will=will) as link:
                seen = [(await reader.hear(SOON))[2]]
                link.cut()
                seen += [(await reader.hear(SOON))[2] for _ in range(2)]
            return seen

    states = run(main())
    assert sorted(said["state"] for said in states) == ["empty", "empty", "gone"]
    gone = next(said for said in states if said["state"] == "gone")
    assert gone["session"] == min(said["session"] for said in states), "a will speaks for its own connection"
    assert len({said["session"] for said in states}) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            aiomqtt.MqttError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            "signed by nobody we trust",
        ),
        (aiomqtt.MqttError("[Errno 111] Connection refused"), "nobody listens there"),
        (aiomqtt.MqttError("Operation timed out"), "is it an MQTT broker"),
        (OSError("a\nb"), "a b"),
        (OSError(), "OSError"),
    ],
)
def test_errors_are_explained_in_one_line(error, words):
    said, _ = explain(error)
    assert words in said
    assert "\n" not in said


def test_hearing_on_a_link_that_is_vain_raises():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        where = Address((f"mqtt://cook:wrong@127.0.0.1:{port}",))
        async with Link(where, "nobody", [], patience=0.2) as link:
            with pytest.raises(LinkError, match=f"^mqtt://127.0.0.1:{port}: nobody listens"):
                await link.hear()

    run(main())


def words_of(process):
    """Return the command line of a process; one that has just ended has none."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_lunch_goes_on_when_a_person_kills_a_cook_and_the_expediter():
    """What `kitchen live` invites to: kill -9 on its programs; somebody takes over and the lunch ends well."""
    command = [
        sys.executable,
        "-m",
        "pizzeria",
        "kitchen",
        "live",
        "--orders",
        "8",
        "--orders-per-hour",
        "60",
    ]
    known = {key: value for key, value in os.environ.items() if not key.startswith("PIZZERIA_")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = ["--burns-after", "1000", "--cooks", "2", "--scale", "0.03"]
    with subprocess.Popen([*command, *options], env=known, **pipes) as lunch_process:
        try:
            me, deadline = psutil.Process(lunch_process.pid), time.monotonic() + SOON
            for word in ("tablet", "expediter"):
                victim = None
                while victim is None:
                    assert time.monotonic() < deadline, f"no {word} was ever there"
                    victim = next((p for p in me.children() if word in words_of(p)), None)
                victim.kill()
            said, errors = lunch_process.communicate(timeout=SOON)
        finally:
            lunch_process.kill()
    assert lunch_process.returncode == 0, errors
    assert "8 of 8 orders closed" in said
    assert " 0 doubled" in said
    assert "8 orders: 8 served, 0 burnt" in said


def test_nothing_outlives_a_killed_parent():
    """kill -9 of `kitchen live`: its broker, its programs and theirs are gone a moment later."""
    command = [
        sys.executable,
        "-m",
        "pizzeria",
        "kitchen",
        "live",
        "--orders",
        "200",
        "--cooks",
        "2",
        "--scale",
        "1",
    ]
    known = {key: value for key, value in os.environ.items() if not key.startswith("PIZZERIA_")}
    with subprocess.Popen(command, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as parent:
        try:
            me, deadline = psutil.Process(parent.pid), time.monotonic() + SOON
            while len(children := [p for p in me.children() if "pizzeria" in " ".join(words_of(p))]) < 6:
                assert time.monotonic() < deadline, [words_of(p) for p in children]
                time.sleep(0.05)
            children = me.children(recursive=True)
        finally:
            parent.kill()
    _, alive = psutil.wait_procs(children, timeout=SOON)
    for process in alive:
        process.kill()
    assert not alive, [words_of(process) for process in alive]
