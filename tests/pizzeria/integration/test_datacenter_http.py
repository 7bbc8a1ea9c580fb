"""What two parsers could read in two ways is refused by all servers, and nothing that hides behind it is heard."""

import contextlib
import json
import os
import re

import pytest

from support.datacenter import ORDER, eventually, post, read_all, read_response, status_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix")

START = b"POST /reservations HTTP/1.1\r\nHost: x\r\n"
ORDERED = json.dumps(ORDER).encode()
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(ORDERED)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ORDERED), ORDERED)


def framed(*headers, body=ORDERED):
    return START + b"".join(headers) + b"\r\n" + body


# What a front end and a back end have been seen to read in two ways, and the status it gets here. Each is followed by
# one more request, which must not be heard.
TWOFOLD = {
    "length and chunks": (framed(LENGTH, CHUNKED, body=CHUNKS), 400),
    "chunks and length": (framed(CHUNKED, LENGTH, body=CHUNKS), 400),
    "chunks, twice": (framed(CHUNKED, CHUNKED, body=CHUNKS), 400),
    "chunks, twice in a line": (framed(b"Transfer-Encoding: chunked, chunked\r\n", body=CHUNKS), 501),
    "another coding first": (framed(b"Transfer-Encoding: gzip, chunked\r\n", body=CHUNKS), 501),
    "another coding last": (framed(b"Transfer-Encoding: chunked, gzip\r\n", body=CHUNKS), 501),
    "a coding nobody knows": (framed(b"Transfer-Encoding: xchunked\r\n", body=CHUNKS), 501),
    "a coding with a parameter": (framed(b"Transfer-Encoding: chunked;q=1\r\n", body=CHUNKS), 501),
    "no coding at all": (framed(b"Transfer-Encoding:\r\n", body=CHUNKS), 501),
    "identity": (framed(b"Transfer-Encoding: identity\r\n"), 501),
    "a coding and a length": (framed(b"Transfer-Encoding: gzip\r\n", LENGTH), 400),
    "chunks in HTTP/1.0": (framed(CHUNKED, body=CHUNKS).replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "a vertical tab before the coding": (framed(b"Transfer-Encoding: \x0bchunked\r\n", body=CHUNKS), 400),
    "a space before the colon": (framed(b"Transfer-Encoding : chunked\r\n", body=CHUNKS), 400),
    "a tab before the colon": (framed(b"Content-Length\t: 4\r\n", LENGTH), 400),
    "two lengths": (framed(LENGTH, b"Content-Length: 4\r\n"), 400),
    "one length, twice": (framed(LENGTH, LENGTH), 400),
    "a list of lengths": (framed(b"Content-Length: 4, 4\r\n"), 400),
    "a length with a plus": (framed(b"Content-Length: +4\r\n"), 400),
    "a length below nothing": (framed(b"Content-Length: -4\r\n"), 400),
    "a length in hex": (framed(b"Content-Length: 0x4\r\n"), 400),
    "a length with a space": (framed(b"Content-Length: 4 4\r\n"), 400),
    "a length of nothing": (framed(b"Content-Length:\r\n"), 400),
    "a length beyond all numbers": (framed(b"Content-Length: " + b"9" * 30 + b"\r\n"), 400),
    "bare line feeds": (framed(LENGTH).replace(b"\r\n", b"\n"), 400),
    "a bare line feed": (framed(b"X: y\n", LENGTH), 400),
    "a bare line feed at the end": (START + LENGTH + b"\n" + ORDERED, 400),
    "a bare carriage return": (framed(b"X: y\rContent-Length: 4\r\n", LENGTH), 400),
    "a folded header": (framed(b"X: y\r\n z\r\n", LENGTH), 400),
    "a folded coding": (framed(b"Transfer-Encoding:\r\n chunked\r\n", body=CHUNKS), 400),
    "a header that is folded from the start": (START.replace(b"Host", b" Host") + LENGTH + b"\r\n" + ORDERED, 400),
    "a zero byte in a value": (framed(b"X: a\0b\r\n", LENGTH), 400),
    "a zero byte in a name": (framed(b"X\0: a\r\n", LENGTH), 400),
    "a delete in a value": (framed(b"X: a\x7fb\r\n", LENGTH), 400),
    "a line without a colon": (framed(b"X\r\n", LENGTH), 400),
    "a header without a name": (framed(b": x\r\n", LENGTH), 400),
    "no host": (framed(LENGTH).replace(b"Host: x\r\n", b""), 400),
    "two hosts": (framed(b"Host: y\r\n", LENGTH), 400),
    "another version": (framed(LENGTH).replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
    "a version of our own": (framed(LENGTH).replace(b"HTTP/1.1", b"HTTP/1.2"), 400),
    "two spaces in the first line": (framed(LENGTH).replace(b"POST ", b"POST  "), 400),
    "a byte beyond ASCII in the target": (framed(LENGTH).replace(b"/reservations", b"/reserv\xe4tions"), 400),
    "an empty line first": (b"\r\n" + framed(LENGTH), 400),
    "a chunk beyond all numbers": (framed(CHUNKED, body=b"f" * 40 + b"\r\n" + CHUNKS), 400),
    "a chunk beyond all memory": (framed(CHUNKED, body=b"ffffffff\r\n" + b"x" * 0x11000), 413),
    "a chunk below nothing": (framed(CHUNKED, body=b"-1\r\n" + CHUNKS), 400),
    "a chunk in hex": (framed(CHUNKED, body=b"0x" + CHUNKS), 400),
    "a chunk of no size": (framed(CHUNKED, body=b"\r\n" + CHUNKS), 400),
    "a chunk longer than it says": (framed(CHUNKED, body=b"3\r\nhello\r\n0\r\n\r\n"), 400),
    "chunks with bare line feeds": (framed(CHUNKED, body=CHUNKS.replace(b"\r\n", b"\n")), 400),
    "chunks that end in a line feed": (framed(CHUNKED, body=CHUNKS[:-2] + b"\n"), 400),
    "a trailer": (framed(CHUNKED, body=CHUNKS[:-2] + b"Idempotency-Key: trailer\r\n\r\n"), 400),
}  # fmt: skip


@pytest.mark.parametrize("what", TWOFOLD)
def test_what_can_be_read_in_two_ways_is_refused(server, what):
    said, status = TWOFOLD[what]
    key = what.replace(" ", "-")
    sock = server.raw()
    with contextlib.suppress(ConnectionError):  # the refusal may be there before all is sent
        sock.sendall(said + post(headers=f"Idempotency-Key: {key}\r\n"))
    heard = read_all(sock)
    assert status_of(heard) == status, heard
    assert heard.count(b"HTTP/1.1 ") == 1, heard
    assert b"connection: close" in heard.lower()
    assert b"Traceback" not in heard
    assert server.ask(headers={"Idempotency-Key": key})[0] == 201, (
        "the request that was hidden in it was heard"
    )


@pytest.mark.parametrize(
    "said",
    [
        framed(CHUNKED, body=CHUNKS),
        framed(b"transfer-encoding:Chunked \r\n", body=CHUNKS),
        framed(CHUNKED, body=b"%x;why=not\r\n%s\r\n000\r\n\r\n" % (len(ORDERED), ORDERED)),
        framed(b"CONTENT-LENGTH:%d  \r\n" % len(ORDERED)),
        framed(b"X: \xe4\tz\r\n", LENGTH),
        framed(LENGTH).replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: x\r\n", b""),
    ],
    ids=["chunks", "a name of any case", "an extension", "spaces behind", "a tab within", "HTTP/1.0"],
)
def test_what_can_be_read_in_one_way_is_taken(server, said):
    """Whole, a byte at a time, and with another right behind it."""
    assert status_of(read_all(server.half_closed(said))) == 201
    sock = server.raw()
    for byte in said:
        sock.sendall(bytes([byte]))
    assert read_response(sock)[0] == 201
    sock.close()
    if b"HTTP/1.0" not in said:
        sock = server.raw(said + said + post())
        assert [read_response(sock)[0] for _ in range(3)] == [201] * 3
        sock.close()


@pytest.mark.parametrize(
    "said", [b"", b"POST", START, framed(LENGTH, body=ORDERED[:9]), framed(CHUNKED, body=CHUNKS[:9])]
)
def test_half_a_request_and_no_more_gets_a_400_or_nothing(server, said):
    assert status_of(read_all(server.half_closed(said))) in ({None} if not said else {None, 400})


def test_an_answer_to_head_has_no_body(server):
    """One that had would be read as the answer to the next request."""
    heads = b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    heard = read_all(server.half_closed(heads + HEALTH)).split(b"\r\n\r\n")
    assert [status_of(part) for part in heard] == [405, 404, 200, None]
    assert json.loads(heard[-1]) == {"status": "open"}
    assert all(int(re.search(rb"(?i)content-length: (\d+)", part)[1]) > 0 for part in heard[:2])


@pytest.mark.parametrize(
    ("said", "statuses"),
    [
        (HEALTH.replace(b"/healthz", b"HTTP://pizzeria.example/healthz?why"), [200, 200]),
        (HEALTH.replace(b"/healthz", b"http://pizzeria.example"), [404, 200]),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", [404, 200]),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", [404, 200]),
        (HEALTH[:-2] + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", [200, 200]),
        (HEALTH[:-2] + b"Content-Length: 3\r\n\r\nabc", [200, 200]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    ],
    ids=[
        "a whole address",
        "an address without a path",
        "CONNECT",
        "OPTIONS",
        "an upgrade",
        "a body",
        "HTTP/2",
    ],
)
def test_what_is_rarely_asked_gets_one_answer_and_the_next_its_own(server, said, statuses):
    heard = read_all(server.half_closed(said + HEALTH)).split(b"HTTP/1.1 ")[1:]
    assert [int(answer[:3]) for answer in heard] == statuses


def test_names_and_keys_have_the_same_bounds_everywhere(server):
    long = {**ORDER, "pizzas": ["ø" * 80]}
    assert server.ask(body=long)[0] == 201
    assert server.ask(body={**ORDER, "pizzas": ["ø" * 81]})[0] == 400
    assert server.ask(body={**ORDER, "pizzas": ["x"] * 50})[0] == 201
    assert server.ask(body={**ORDER, "pizzas": ["x"] * 51})[0] == 400
    for key, status in [("k" * 200, 201), ("k" * 201, 400), ("k\xe9", 400), ("k\tk", 400)]:
        assert server.ask(headers={"Idempotency-Key": key})[0] == status, key


def test_afterwards_nothing_is_open(server):
    """The last of this file's: no descriptor and no thread is left of all that was refused."""
    server.ask()
    assert eventually(lambda: server.metric("connections_open") <= 1)
    assert eventually(lambda: server.descriptors() < 60), server.descriptors()
    assert eventually(lambda: server.threads() < 15), server.threads()
    assert server.errors == ""
