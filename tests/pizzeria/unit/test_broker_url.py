"""A broker's address: what a URL says to us and to aiomqtt, what a kitchen's address says, and what an error means."""

import socket
import ssl

import pytest

from pizzeria.ovens.mqtt import address as addresses
from pizzeria.ovens.mqtt.address import (
    SILENCE,
    Address,
    Denied,
    LinkError,
    explain,
    kitchen_named,
    version_named,
)
from pizzeria.ovens.mqtt.broker_url import client_options, endpoint, public

NO_DELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "user", "password"),
    [
        ("mqtt://h", "h", 1883, None, None, ""),
        ("mqtt://h:9/ignored", "h", 9, None, None, ""),
        ("mqtts://h", "h", 8883, None, None, ""),
        ("ws://h", "h", 80, "/mqtt", None, ""),
        ("ws://h:8080/broker", "h", 8080, "/broker", None, ""),
        ("wss://h", "h", 443, "/mqtt", None, ""),
        ("mqtt://cook@h", "h", 1883, None, "cook", ""),
        ("mqtt://co%40ok:ba%3Asi%40l@[::1]:7", "::1", 7, None, "co@ok", "ba:si@l"),
    ],
)
def test_a_url_says_where_a_broker_is_and_who_we_are(url, host, port, path, user, password):
    found = endpoint(url)
    assert (found.host, found.port, found.path, found.user, found.password) == (
        host, port, path, user, password,
    )  # fmt: skip
    assert (found.tls is not None) == url.startswith(("mqtts", "wss"))
    options = client_options(url)
    tls = options.pop("tls_context", None)
    assert isinstance(tls, ssl.SSLContext) == (found.tls is not None)
    identity = {"username": user, "password": password} if user else {}
    way = (
        {"transport": "websockets", "websocket_path": path}
        if path
        else {"transport": "tcp", "socket_options": NO_DELAY}
    )
    assert options == {"hostname": host, "port": port, **identity, **way}


@pytest.mark.parametrize(
    "url",
    ["http://u:secret@h", "127.0.0.1:1883", "mqtt://", "u:secret@h"],
    ids=["scheme", "none", "host", "bare"],
)
def test_a_bad_address_is_one_line_without_the_password(url):
    with pytest.raises(ValueError, match=r"mqtt\|mqtts\|ws\|wss") as refused:
        client_options(url)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mqtt://cook:basil@h:1/x", "mqtt://h:1/x"),
        ("mqtt://cook:ba@sil@h", "mqtt://h"),
        ("mqtt://cook:a://b@h", "mqtt://h"),
        ("mqtt://h", "mqtt://h"),
        ("mqtts://cook:se@cret@host:1/", "mqtts://host:1/"),
        ("cook:basil@h", "h"),
    ],
)
def test_a_log_hears_no_user_and_no_password(url, said):
    assert public(url) == said


def test_an_address_is_given_by_an_option_or_by_the_environment(monkeypatch, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.touch()
    monkeypatch.setattr(addresses, "endpoint", lambda url, ca_file: None)
    for name in (addresses.BROKER, addresses.CA_FILE, addresses.KITCHEN, addresses.MQTT):
        monkeypatch.delenv(name, raising=False)
    assert Address.given() is None
    assert kitchen_named() == ""
    assert Address.given("mqtt://a , mqtt://b") == Address(("mqtt://a", "mqtt://b"))
    monkeypatch.setenv(addresses.BROKER, "mqtt://env")
    monkeypatch.setenv(addresses.CA_FILE, "")
    assert Address.given() == Address(("mqtt://env",))
    monkeypatch.setenv(addresses.CA_FILE, str(authority))
    monkeypatch.setenv(addresses.KITCHEN, "north")
    monkeypatch.setenv(addresses.MQTT, "5")
    assert Address.given() == Address(("mqtt://env",), str(authority), "north", 5)
    assert Address.given("mqtt://a", "mine.pem", "south", 3) == Address(("mqtt://a",), "mine.pem", "south", 3)


def test_a_child_is_given_the_same_address(monkeypatch):
    monkeypatch.setattr(addresses, "endpoint", lambda url, ca_file: None)
    monkeypatch.delenv(addresses.CA_FILE, raising=False)
    for address in (Address(("mqtt://u:p@a", "mqtt://b"), "ca.pem", "north", 5), Address(("mqtt://a",))):
        with monkeypatch.context() as child:
            for name, value in address.environment().items():
                child.setenv(name, value)
            assert Address.given() == address


@pytest.mark.parametrize("said", ["4", "3.1.1", "five"])
def test_a_version_of_mqtt_that_is_none_is_refused(monkeypatch, said):
    monkeypatch.setenv(addresses.MQTT, said)
    with pytest.raises(LinkError, match=f"is 3 .* or 5, not '{said}'"):
        version_named()
    assert version_named(5) == 5


def test_topics_begin_with_the_kitchens_name():
    assert Address((), kitchen="north").prefix == "north/"
    assert Address(()).prefix == ""
    assert str(Address(("mqtt://u:p@a", "ws://b"))) == "mqtt://a or ws://b"
    with pytest.raises(ValueError, match="is no name"):
        Address((), kitchen="north/south")


def test_an_authority_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "absent.pem"):
        with pytest.raises(LinkError, match=f"{file}: no certificate that can be read: "):
            Address(("mqtts://h",), str(tmp_path / file))


@pytest.mark.parametrize(
    ("error", "says", "vain"),
    [
        (Denied("kitchen/#"), "this user may not read kitchen/#", True),
        (ssl.SSLError("CERTIFICATE VERIFY FAILED: self-signed"), "name its authority with --ca-file", True),
        (ssl.SSLError("wrong version number"), "it does not speak TLS", True),
        (ssl.SSLError("record layer failure"), "it does not speak TLS", True),
        (OSError("[code:135] Not authorized"), "refuses this user or password", True),
        (OSError("Bad user name or password"), "refuses this user or password", True),
        (ConnectionRefusedError("Connection refused"), "nobody listens there", False),
        (OSError("[Errno 111] connect call failed"), "nobody listens there", False),
        (TimeoutError(), SILENCE, False),
        (OSError("Operation timed out"), SILENCE, False),
        (OSError("one\nand another"), "one and another", False),
        (OSError(), "OSError", False),
    ],
)
def test_an_error_is_one_line_that_says_whether_to_try_again(error, says, vain):
    said, stop = explain(error)
    assert says in said
    assert stop is vain
    assert "\n" not in said
