"""Every limit of the table, on every server: set small, reached, and what lies beyond. Times are told by what came first."""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
from functools import partial

import pytest

from pizzeria.datacenter.board.watch import metrics
from pizzeria.datacenter.servers.table import SERVERS
from support.datacenter import (
    ORDER,
    PATIENCE,
    SOON,
    Server,
    eventually,
    post,
    read_all,
    read_response,
    status_of,
)
from support.datacenter_credentials import gate

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix"),
    pytest.mark.usefixtures("compiled"),
]
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
SMALL = {"header_bytes": 600, "body_bytes": 1000, "requests": 3, "workers": 8}
LARGE = {**ORDER, "pizzas": ["🍕" * 80] * 50}  # 16 kB


@pytest.fixture(scope="module", params=SERVERS)
def small(request, compiled, credentials):
    """A server that takes little, and has patience."""
    with Server(
        request.param, **PATIENCE, deadline=60, idle=60, credentials_url=credentials, **SMALL
    ) as running:
        yield running
        assert running.stop() == 0
        assert running.errors == ""


def head_of(size):
    """Return a request whose head has so many bytes."""
    start, end = HEALTH[:-2] + b"X: ", b"\r\n\r\n"
    return start + b"x" * (size - len(start) - len(end)) + end


def body_of(size):
    return post(json.dumps({**ORDER, "": "x" * (size - len(json.dumps({**ORDER, "": ""})))}).encode())


class TestSizes:
    @pytest.mark.parametrize(("size", "status"), [(600, 200), (601, 431), (60_000, 431)])
    def test_header_bytes(self, small, size, status):
        assert status_of(read_all(small.half_closed(head_of(size)))) == status

    def test_header_bytes_without_an_end(self, small):
        sock = small.raw(head_of(60_000)[:-4])
        assert status_of(read_all(sock)) == 431

    @pytest.mark.parametrize(("size", "status"), [(1000, 201), (1001, 413)])
    def test_body_bytes(self, small, size, status):
        assert status_of(read_all(small.half_closed(body_of(size)))) == status

    def test_body_bytes_are_refused_before_they_are_sent(self, small):
        said = body_of(1001).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1)
        sock = small.raw(said[: said.index(b"\r\n\r\n") + 4])
        assert status_of(read_all(sock)) == 413

    def test_body_bytes_in_chunks(self, small):
        chunks = HEALTH[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + b"a\r\n0123456789\r\n" * 101
        assert status_of(read_all(small.raw(chunks))) == 413

    def test_requests_a_connection(self, small):
        heard = read_all(small.raw(HEALTH * 20))
        answers = heard.split(b"HTTP/1.1 200 ")[1:]
        assert [b"connection: close" in answer.lower() for answer in answers] == [False, False, True]

    def test_requests_a_connection_one_by_one(self, small):
        sock = small.raw()
        for _ in range(3):
            sock.sendall(HEALTH)
            assert read_response(sock)[0] == 200
        assert read_all(sock) == b""


class TestCrowds:
    """Who is inside is held at the gate, so that the house is full for as long as it should be."""

    @pytest.mark.parametrize("limit", ["connections", "queue"])
    def test_more_than_may_come_in_are_told_to_come_again(self, name, limit):
        room = {"workers": 4 if limit == "connections" else 1, "connections": 100, "queue": 100, limit: 3}
        with (
            gate() as held,
            Server(name, **PATIENCE, deadline=60, **room, credentials_url=held.url) as server,
        ):
            inside = [server.raw(post())]
            assert held.holds(1)  # the pool's one worker has it; three may wait for him
            more = 3 if (name, limit) == ("pool", "queue") else 2
            inside += [server.raw(post()) for _ in range(more)]
            assert held.holds(1 if more == 3 else 3)
            for _ in range(3):
                heard = read_all(server.half_closed(post()))
                assert status_of(heard) == 503, heard
                assert b"retry-after" in heard.lower()
            held.open()
            assert [read_response(sock)[0] for sock in inside] == [201] * len(inside)
            for sock in inside:
                sock.close()
            heard = []  # until those who were inside have left, we may be refused as well

            def well():
                heard.append(status_of(read_all(server.half_closed(HEALTH))))
                return heard[-1] == 200

            assert eventually(well)
            refused = asyncio.run(metrics(server.port))["503"]
            assert refused == 3 + heard.count(503), "whoever is refused is counted, at every door"

    def test_who_is_turned_away_hears_all_of_it(self, name):
        """His request has arrived, and nobody wants it: closing over it must not reset him."""
        room = {"workers": 1, "connections": 1}
        with (
            gate() as held,
            Server(name, **PATIENCE, deadline=60, **room, credentials_url=held.url) as server,
        ):
            inside = server.raw(post())
            assert held.holds(1)
            os.kill(server.pid, signal.SIGSTOP)
            try:
                knocking = [server.raw(post()) for _ in range(10)]
            finally:
                os.kill(server.pid, signal.SIGCONT)
            for sock in knocking:
                heard = b"".join(iter(partial(sock.recv, 65536), b""))  # a reset would be raised
                assert status_of(heard) == 503
                sock.close()
            held.open()
            assert read_response(inside)[0] == 201
            inside.close()

    def test_descriptors_run_out_and_come_back(self, name, credentials):
        """Whoever finds none left waits in the backlog or is closed; nothing is said a thousand times, and the door stays open."""
        few = ("bash", "-c", 'ulimit -n 48; exec "$@"', "few")
        with Server(name, prefix=few, **PATIENCE, idle=60, credentials_url=credentials) as server:
            crowd = [server.raw() for _ in range(80)]
            if name != "processes":  # each of those has a table of its own
                assert eventually(lambda: server.descriptors() >= 44)
            for sock in crowd:
                sock.close()
            assert eventually(lambda: status_of(read_all(server.half_closed(HEALTH))) == 200)
            assert server.ask()[0] == 201
            assert server.stop() == 0
            assert server.errors == ""


def has_been_told(sock):
    """Whether the server has said something to this client, or has hung up."""
    return bool(select.select([sock], [], [], 0)[0])


class TestTimes:
    """Two clients each: one does what takes its time, and may; the other, later, does what may not, and is first sent home."""

    def test_header_time(self, name, credentials):
        times = {**PATIENCE, "header_time": 0.3}
        with Server(name, **times, deadline=60, credentials_url=credentials) as server:
            whole = post()
            half = server.raw(whole[:-5])  # its head is there
            assert status_of(read_all(server.raw(whole[:30]))) == 408
            assert not has_been_told(half)
            half.sendall(whole[-5:])
            assert read_response(half)[0] == 201
            half.close()

    def test_body_time(self, name, credentials):
        times = {**PATIENCE, "body_time": 0.3}
        with Server(name, **times, deadline=60, credentials_url=credentials) as server:
            whole = post()
            half = server.raw(whole[:30])
            assert status_of(read_all(server.raw(whole[:-5]))) == 408
            assert not has_been_told(half)
            half.sendall(whole[30:])
            assert read_response(half)[0] == 201
            half.close()

    def test_idle(self, name, credentials):
        with Server(name, **PATIENCE, idle=0.3, deadline=60, credentials_url=credentials) as server:

            def outlasts_the_idle():
                """Whoever has begun is not idle; on a machine that stands still, one may begin too late."""
                busy, idle = server.raw(post()[:30]), server.raw()
                assert read_all(idle) == b""
                with contextlib.suppress(ConnectionError):
                    busy.sendall(post()[30:])
                    busy.shutdown(socket.SHUT_WR)
                return status_of(read_all(busy)) == 201

            assert eventually(outlasts_the_idle)

    def test_deadline(self, name):
        with gate() as held, Server(name, **PATIENCE, deadline=0.3, credentials_url=held.url) as server:
            key = {"Idempotency-Key": "late"}
            assert server.ask(headers=key)[0] == 504
            assert server.ask("GET", "/healthz", None)[0] == 200

    def test_reply_time(self, name, credentials):
        """A client who asks and asks and never reads: it costs neither a thread nor a descriptor for longer."""
        times = {**PATIENCE, "reply_time": 0.3}
        with Server(name, **times, workers=2, requests=10_000, credentials_url=credentials) as server:
            _, made, _ = server.ask(body=LARGE)
            before, threads = server.descriptors(), server.threads()
            question = f"GET /reservations/{made['id']} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            deaf = socket.socket()
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.settimeout(SOON)
            deaf.connect(("127.0.0.1", server.port))
            deaf.sendall(question * 1000)  # 16 MB of answers: more than the system takes off a server's hands
            assert eventually(lambda: has_been_told(deaf))  # it is inside, and is told the first answers
            assert eventually(lambda: server.metric("connections_open") <= 1)
            assert eventually(lambda: server.descriptors() <= before), (before, server.descriptors())
            assert eventually(lambda: server.threads() <= threads)
            heard = read_all(deaf)
            assert heard.count(b"HTTP/1.1 200") < 1000
            assert server.ask()[0] == 201
            assert server.stop() == 0
            assert server.errors == ""
