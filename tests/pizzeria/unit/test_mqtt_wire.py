"""MQTT as bytes: whatever is said is read again, however it is cut; amqtt's own parser and paho's properties read the same."""

import asyncio

import pytest
from amqtt.adapters import BufferReader
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.subscribe import SubscribePacket
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from pizzeria.ovens.mqtt import properties, wire

TOPICS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="+#\0"), min_size=1, max_size=30
)


def parsed(kind, packet):
    return asyncio.run(kind.from_stream(BufferReader(packet)))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0x10, 0xFF), st.sampled_from([0, 1, 2, 127, 128, 129, 16_383, 16_384]))),
    st.lists(st.integers(1, 20_000), min_size=1, max_size=20),
)
def test_packets_come_whole_however_they_are_cut(packets, cuts):
    sent = [(first, bytes([first]) * size) for first, size in packets]
    stream = b"".join(wire.packet(*one) for one in sent)
    reader, got, at = wire.Reader(), [], 0
    while at < len(stream):
        size = cuts[len(got) % len(cuts)]
        got += reader.feed(stream[at : at + size])
        at += size
    assert got == sent


def test_a_length_of_three_bytes_comes_a_byte_at_a_time():
    stream, reader = wire.packet(0x30, b"x" * 20_000) * 2, wire.Reader()
    assert [p for n in range(len(stream)) for p in reader.feed(stream[n : n + 1])] == [
        (0x30, b"x" * 20_000)
    ] * 2


@settings(deadline=None)
@given(TOPICS, st.binary(max_size=300), st.booleans(), st.none() | st.integers(1, 65_535))
def test_a_message_is_read_again_by_us_and_by_others(topic, payload, retain, number):
    packet = wire.publish(topic, payload, retain, number)
    ((first, rest),) = wire.Reader().feed(packet)
    assert wire.published(first, rest) == (topic, payload, number)
    theirs = parsed(PublishPacket, packet)
    assert (theirs.topic_name, theirs.data, theirs.retain_flag) == (topic, payload, retain)
    assert (theirs.qos, theirs.packet_id) == ((0, None) if number is None else (1, number))


@pytest.mark.parametrize("user", [None, "cook"])
@pytest.mark.parametrize("will", [None, wire.Will("a/b", b"gone" * 40)])
def test_a_greeting_is_read_by_others(user, will):
    theirs = parsed(ConnectPacket, wire.connect("oven-1", 10, user, "ba:si@l", will))
    assert (theirs.proto_name, theirs.proto_level, theirs.keep_alive) == ("MQTT", 4, 10)
    assert (theirs.client_id, theirs.clean_session_flag) == ("oven-1", True)
    assert (theirs.username, theirs.password) == ((user, "ba:si@l") if user else (None, None))
    if will:
        assert (theirs.will_topic, bytes(theirs.will_message), theirs.will_qos, theirs.will_retain_flag) == (
            *will[:2],
            1,
            True,
        )
    else:
        assert not theirs.will_flag


def test_a_subscription_is_read_by_others():
    theirs = parsed(SubscribePacket, wire.subscribe(7, ["a/+/b", "c/#"], 1))
    assert theirs.variable_header.packet_id == 7
    assert theirs.payload.topics == [("a/+/b", 1), ("c/#", 1)]


@pytest.mark.parametrize("topic", ["", "a/+/b", "#", "x" * 65_536])
def test_what_is_no_topic_is_refused(topic):
    with pytest.raises(wire.WireError):
        wire.publish(topic, b"")


@pytest.mark.parametrize(
    ("first", "rest"), [(0x30, b"\0\5ab"), (0x30, b"\0\2\xff\xfe"), (0x32, b"\0\1a\0"), (0x32, b"\0\1a")]
)
def test_a_message_that_is_cut_short_is_no_message(first, rest):
    with pytest.raises(wire.WireError):
        wire.published(first, rest)


def test_a_length_without_an_end_is_refused():
    with pytest.raises(wire.WireError, match="four bytes"):
        wire.Reader().feed(b"\x30" + b"\xff" * 5)


@given(st.binary(max_size=60))
def test_any_bytes_are_packets_or_refused(data):
    try:
        packets = wire.Reader().feed(data)
    except wire.WireError:
        return
    assert sum(2 + len(rest) for _, rest in packets) <= len(data)


# What MQTT 5 adds


def theirs(kind, **said):
    found = Properties(kind)
    for name, value in said.items():
        setattr(found, name, value)
    return found.pack()


def as_they_read_it(kind, packed):
    found, size = Properties(kind).unpack(packed)
    assert size == len(packed)
    return found.json()


SECONDS = st.integers(0, properties.LONGEST)
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=80)


@given(SECONDS)
def test_ours_are_read_by_others(seconds):
    for kind, which, name in (
        (PacketTypes.CONNECT, properties.SESSION_EXPIRY, "SessionExpiryInterval"),
        (PacketTypes.WILLMESSAGE, properties.WILL_DELAY, "WillDelayInterval"),
        (PacketTypes.PUBLISH, properties.MESSAGE_EXPIRY, "MessageExpiryInterval"),
    ):
        assert as_they_read_it(kind, properties.properties({which: seconds})) == {name: seconds}


@pytest.mark.parametrize(
    ("lasts", "seconds"), [(-1.0, 1), (0.3, 1), (1.9, 1), (60.0, 60), (1e12, properties.LONGEST)]
)
def test_a_message_expires_in_whole_seconds(lasts, seconds):
    assert as_they_read_it(PacketTypes.PUBLISH, wire.expiring(lasts)) == {"MessageExpiryInterval": seconds}


@given(TOPICS, st.binary(max_size=100), TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3), st.booleans())
def test_a_message_with_properties_of_any_length_is_read(topic, payload, kind, pairs, numbered):
    said = theirs(
        PacketTypes.PUBLISH, ContentType=kind, UserProperty=pairs, MessageExpiryInterval=7, TopicAlias=1
    )
    packet = wire.publish(topic, payload, False, 9 if numbered else None, said)
    ((first, rest),) = wire.Reader().feed(packet)
    assert wire.published(first, rest, 5) == (topic, payload, 9 if numbered else None)


@given(st.integers(1, 65_535), st.integers(0, 65_535), st.integers(0, 1), st.integers(0, 1), TEXT)
def test_the_terms_of_a_broker_are_found_among_all_it_says(in_flight, keepalive, qos, retains, text):
    said = theirs(
        PacketTypes.CONNACK, ReceiveMaximum=in_flight, ServerKeepAlive=keepalive, MaximumQoS=qos, RetainAvailable=retains,
        ReasonString=text, UserProperty=(text, text), AssignedClientIdentifier=text, MaximumPacketSize=1, TopicAliasMaximum=3,
        AuthenticationData=b"", SharedSubscriptionAvailable=0,
    )  # fmt: skip
    assert properties.terms(b"\0\0" + said) == (in_flight, keepalive, qos, bool(retains))


def test_a_greeting_by_mqtt_5_has_session_and_delay():
    packet = wire.connect("oven-1", 10, "cook", "p", wire.Will("a", b"gone", 3), 60)
    assert packet[2:] == (
        b"\0\4MQTT\5\xec\0\x0a" + b"\5\x11\0\0\0\x3c" + b"\0\6oven-1"
        + b"\5\x18\0\0\0\3" + b"\0\1a" + b"\0\4gone" + b"\0\4cook" + b"\0\1p"
    )  # fmt: skip
    # A session of 0 s begins anew, and ends with its connection.
    assert wire.connect("o", 10, session=0)[2:] == b"\0\4MQTT\5\2\0\x0a" + b"\0" + b"\0\1o"


@given(st.binary(max_size=40))
def test_any_bytes_are_an_answer_by_mqtt_5_or_refused(data):
    for read in (
        lambda: wire.accepted(data, 5),
        lambda: wire.granted(data, 5),
        lambda: wire.published(0x32, data, 5),
    ):
        try:
            read()
        except (wire.WireError, wire.Refused):
            continue
