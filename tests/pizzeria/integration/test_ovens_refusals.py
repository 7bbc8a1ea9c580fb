"""What the connected kitchen cannot work with, and the one line it is worth."""

import asyncio
import socket
import time

import aiomqtt
import pytest

from pizzeria.ovens import lunch
from pizzeria.ovens.brokers.kinds import Access, Embedded, Mosquitto, Nats
from pizzeria.ovens.devices import device
from pizzeria.ovens.mqtt.address import Address, explain
from pizzeria.ovens.programs.in_process import kitchen_here
from support.small_kitchen import SETUP, absent, address, program, run


def test_a_kitchens_name_comes_from_the_environment_too_and_is_a_name(monkeypatch):
    given = Address.given("mqtt://127.0.0.1:9", kitchen="rome")
    assert (given.prefix, given.environment()["PIZZERIA_KITCHEN"]) == ("rome/", "rome")
    monkeypatch.setenv("PIZZERIA_KITCHEN", "naples")
    assert Address.given("mqtt://127.0.0.1:9").kitchen == "naples"
    code, lines = program("oven", "1", "--kitchen", "a/b", url="mqtt://127.0.0.1:9")
    assert (code, len(lines)) == (1, 1)
    assert "'a/b' is no name" in lines[0]


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


def test_a_journal_names_its_beginning_or_is_refused(tmp_path):
    from pizzeria.ovens.programs.command import begun

    journal = tmp_path / "journal.jsonl"
    assert begun(journal, 5.0) == begun(journal, 9.0) == 5.0
    journal.write_text("pizza\n")
    with pytest.raises(ValueError, match="is no journal of orders"):
        begun(journal, 1.0)


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
