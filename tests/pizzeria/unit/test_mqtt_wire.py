"""MQTT as bytes: whatever is said is read again, however it is cut; amqtt's own parser reads the same."""

import asyncio

import pytest
from amqtt.adapters import BufferReader
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.subscribe import SubscribePacket
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.ovens.mqtt import wire

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
            *will,
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
