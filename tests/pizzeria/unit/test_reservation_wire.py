"""The reservation service's HTTP without a socket: bytes in, requests and answers out."""

import json

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.datacenter.servers.blocking import run
from pizzeria.datacenter.service.converse import converse
from pizzeria.datacenter.service.credentials_client import exchange, verdict_of
from pizzeria.datacenter.service.reservation import (
    Refused,
    answer,
    handle,
)
from pizzeria.datacenter.service.settings import Settings
from pizzeria.datacenter.service.wire import Conversation
from support.reservations import ORDER, House

PIECES = st.sampled_from(
    [b"POST", b"GET", b" ", b"/reservations", b"/metrics", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\r\n\r\n", b"Host: x\r\n",
     b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n",
     b"5\r\nhello\r\n", b"0\r\n\r\n", b"Expect: 100-continue\r\n", b"\x00", b"\xff", b"{}", json.dumps(ORDER).encode()]
)  # fmt: skip


@settings(max_examples=300)
@given(pieces=st.lists(PIECES | st.binary(max_size=20), max_size=20), ends=st.booleans())
def test_any_bytes_on_the_wire_are_requests_or_a_refusal(pieces, ends):
    talk, house, no = Conversation(), House(), None
    try:
        for piece in [*pieces, *([b""] if ends else [])]:
            talk.feed(piece)
            request = talk.next_request()
            if request is False:
                return
            if request:
                assert len(request.body) <= Settings.body_bytes
                sent = talk.answer(run(handle(request, house, 0)))
                assert sent.startswith(b"HTTP/1.1 ")
                rest = talk.left_over
                if not talk.may_go_on:
                    return
                talk = Conversation()
                talk.feed(rest)
    except Refused as refused:
        no = refused
        refusal = talk.answer(no.response(), last=True)
    if no:
        assert 400 <= no.status <= 501
        assert refusal.startswith(f"HTTP/1.1 {no.status}".encode())
    assert not house.complaints


@pytest.mark.parametrize(
    "said", [b"", b"null", b"[]", b'{"allowed": 1}', b'{"allowed": "yes"}', b"\xff", b'{"a": 1}']
)
def test_what_is_no_verdict_is_never_a_yes(said):
    with pytest.raises(Refused) as no:
        verdict_of(200, said)
    assert no.value.status == 502


class Scripted:
    """A link on which the credentials service says what the test wants."""

    def __init__(self, *says):
        self.says = list(says)

    async def send(self, data, due):
        server = h11.Connection(h11.SERVER)
        server.receive_data(data)
        assert server.next_event().target == b"/check"

    async def recv(self, due):
        return self.says.pop(0) if self.says else b""


def test_a_verdict_in_pieces():
    body = b'{"allowed": true}'
    says = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + body
    assert run(exchange(Scripted(*(bytes([b]) for b in says)), "x", b"{}", 0)) == (True, True)


@pytest.mark.parametrize(
    "says", [(b"SSH-2.0-x\r\n\r\n",), (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{",)]
)
def test_a_service_that_does_not_speak_http(says):
    with pytest.raises(Refused) as no:
        run(exchange(Scripted(*says), "x", b"{}", 0))
    assert no.value.status == 502


class Pipe:
    """A stream on which everything has arrived already, and a host that counts who lets the others have their turn."""

    draining, connections, count = False, 1, staticmethod(lambda status: None)
    clock = staticmethod(lambda: 0.0)

    def __init__(self, said, requests):
        self.said, self.sent, self.turns, self.idle = [said], [], 0, set()
        self.settings, self.host = Settings(requests=requests), self

    async def recv(self, due):
        return self.said.pop(0) if self.said else b""

    async def send(self, data, due):
        self.sent.append(data)

    async def sleep(self, seconds):
        self.turns += 1

    async def respond(self, request, due):
        return answer(200, {"asked": request.target})

    def must_close(self):
        return False

    def finish(self):
        self.sent.append(b"")


def test_who_asks_ahead_of_the_answers_lets_others_have_their_turn():
    pipe = Pipe(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 5, requests=4)
    run(converse(pipe, pipe))
    *answers, end = pipe.sent
    assert [b"200" in one for one in answers] == [True] * 4
    assert b"connection: close" in answers[-1].lower()
    assert (pipe.turns, end) == (3, b""), "the fifth is not answered, and read before the end"


def test_what_h11_takes_in_good_part_is_refused_before_it_sees_it():
    """The reasons for a first look: should h11 become as strict, it can go."""
    head = b"POST /reservations HTTP/1.1\r\nHost: x\r\n"
    for said in (
        head.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
        head + b"X: y\r\n z\r\nContent-Length: 0\r\n\r\n",
        head + b"X: \x01\r\nContent-Length: 0\r\n\r\n",
        head + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        head + b"Content-Length: 0, 0\r\n\r\n",
        head + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    ):
        alone, talk = h11.Connection(h11.SERVER), Conversation()
        alone.receive_data(said)
        assert [type(alone.next_event()) for _ in range(2)] == [h11.Request, h11.EndOfMessage], said
        with pytest.raises(Refused) as no:
            heard(talk, said)
        assert no.value.status == 400


def heard(talk, said):
    talk.feed(said)
    return talk.next_request()
