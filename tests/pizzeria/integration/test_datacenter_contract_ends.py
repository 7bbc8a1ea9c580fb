"""The same contract where something ends: a full house, a signal, a disk, `kill -9`."""

import contextlib
import http.client
import itertools
import os
import select
import signal
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pizzeria.datacenter.servers import asio
from pizzeria.datacenter.servers.table import SERVERS
from support.datacenter import (
    ORDER,
    PATIENCE,
    SOON,
    Server,
    eventually,
    post,
    read_all,
    status_of,
)
from support.datacenter_credentials import gate

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix"),
    pytest.mark.usefixtures("compiled"),
]


# Nobody inside is sent home, and the drain lasts as long as it takes.
PATIENT = {"workers": 10, **PATIENCE, "deadline": 60, "drain": 60}


class TestFull:
    def test_more_than_may_wait_get_503_and_when_to_come_again(self, name):
        with (
            gate() as held,
            Server(name, queue=2, workers=1, connections=2, deadline=60, credentials_url=held.url) as server,
        ):
            socks = [server.raw(post()) for _ in range(12)]
            assert eventually(lambda: len(select.select(socks, [], [], 0)[0]) >= 6)  # turned away, while
            held.open()  # those inside are held
            answers = [read_all(sock) if name == "pool" else sock.recv(65536) for sock in socks]
            for sock in socks:
                sock.close()
            statuses = [status_of(answer) for answer in answers]
            assert statuses.count(201) >= 2
            assert statuses.count(503) >= 6, statuses
            assert all(b"retry-after" in answer.lower() for answer in answers if status_of(answer) == 503)
            assert eventually(lambda: serves(server))


class TestTheEnd:
    def test_sigterm_loses_no_accepted_request(self, name, tmp_path):
        store = tmp_path / "book"
        with gate() as held, Server(name, store=store, credentials_url=held.url, **PATIENT) as server:
            idle = server.raw()
            socks = [server.raw(post(headers=f"Idempotency-Key: {n}\r\n")) for n in range(8)]
            assert held.holds(8)
            server.process.terminate()
            assert eventually(lambda: hung_up(idle) or refuses(server)), "it has not heard"
            held.open()
            code = server.process.wait(SOON)
            answers = [status_of(read_all(sock)) for sock in socks]
            assert read_all(idle) == b""
            assert (code, answers) == (0, [201] * 8), server.errors

    @pytest.mark.parametrize("name", [*SERVERS, "loop on two cores"])
    def test_later_signals_do_not_hurry_it(self, name, tmp_path):
        name, more = ("loop", {"cores": 2}) if name not in SERVERS else (name, {})
        with (
            gate() as held,
            Server(name, store=tmp_path / "book", credentials_url=held.url, **PATIENT, **more) as server,
        ):
            socks = [server.raw(post(headers=f"Idempotency-Key: {n}\r\n")) for n in range(8)]
            assert held.holds(8)
            code = storm(server, held)
            answers = [status_of(read_all(sock)) for sock in socks]
            said = server.errors
        assert (code, answers, said) == (0, [201] * 8, "")

    def test_a_drain_has_a_bound_and_says_when_it_is_reached(self, name, tmp_path):
        """Whom the credentials service never answers is cut, without half an answer; asking again makes one reservation."""
        store, patience = tmp_path / "book", {**PATIENT, "drain": 0.3}
        orders = [post(headers=f"Idempotency-Key: {n}\r\n") for n in range(3)]
        with gate() as held, Server(name, store=store, credentials_url=held.url, **patience) as server:
            socks = [server.raw(order) for order in orders]
            assert held.holds(3)
            assert server.stop() == 0
            assert [read_all(sock) for sock in socks] == [b""] * 3
            assert server.errors == "datacenter: the drain's 0.3 s are over (--drain): connections cut: 3\n"
        with Server(name, store=store, **PATIENT) as server:
            again = [[status_of(read_all(server.half_closed(order))) for _ in range(2)] for order in orders]
            assert again == [[201, 200]] * 3

    def test_the_end_may_come_as_soon_as_it_is_ready(self, name, credentials):
        for _ in range(3):
            with Server(name, credentials_url=credentials) as server:
                assert (server.stop(), server.errors) == (0, "")

    def test_nothing_listens_afterwards(self, name):
        with Server(name) as server:
            server.ask()
            server.stop()
            with pytest.raises(ConnectionRefusedError):
                server.raw()


def hung_up(sock):
    """Whether there is something to read on a socket that asked nothing: its end."""
    return bool(select.select([sock], [], [], 0)[0])


def refuses(server):
    """Whether nobody can come in any more."""
    try:
        server.raw().close()
    except OSError:
        return True
    return False


def serves(server):
    """Whether an order is taken; a refused connection may be reset before its answer is read."""
    try:
        return server.ask()[0] == 201
    except ConnectionError:
        return False


def storm(server, held, before=50):
    """Send SIGTERM and Ctrl-C again and again until the server has ended; return its exit code.

    So many of each are sent before its requests are let go.
    """
    due = time.monotonic() + SOON
    for blow in itertools.count():
        if blow == before:
            held.open()
        if time.monotonic() > due:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.process.pid, signal.SIGTERM)
            os.kill(server.pid, signal.SIGTERM)
            os.killpg(server.process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return server.process.wait(0.003)


class TestTheDisk:
    def test_a_locked_database(self, name, tmp_path):
        store = tmp_path / "book"
        if (
            name in asio.SOURCES
        ):  # its journal is not SQLite's: it is locked as a whole, by the first who opens it
            with Server(name, store=store) as server:
                with (
                    pytest.raises(AssertionError, match="another server has it open"),
                    Server(name, store=store),
                ):
                    pass
                assert server.ask()[0] == 201
            return
        with Server(name, store=store, deadline=5) as server:
            assert server.ask()[0] == 201
            with sqlite3.connect(store, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                status, document, headers = server.ask()
                other.execute("ROLLBACK")
            other.close()
            assert (status, headers["Retry-After"]) == (503, "1"), document
            assert server.ask()[0] == 201

    def test_a_full_disk(self, name, tmp_path):
        # No file of the server may grow beyond this many 1,024-byte blocks: to a program, a full disk.
        limit = ("bash", "-c", 'ulimit -f 200; exec "$@"', "limited")
        with Server(
            name, prefix=limit, store=tmp_path / "book", compute_ms=0, disk_ms=0, credentials_ms=0
        ) as server:
            acknowledged = []
            body = {**ORDER, "pizzas": ["x" * 80] * 50}
            for n in range(400):
                status, document, _ = server.ask(body=body, headers={"Idempotency-Key": str(n)})
                if status == 507:
                    break
                assert status == 201, document
                acknowledged.append(document["id"])
            assert status == 507, document
            assert server.ask("GET", "/healthz", None)[0] == 200
            assert all(server.ask("GET", f"/reservations/{i}", None)[0] == 200 for i in acknowledged[-3:])

    def test_kill_9_loses_and_doubles_nothing(self, name, tmp_path):
        store, answered, lock = tmp_path / "book", {}, threading.Lock()
        with Server(name, store=store, workers=8, credentials_ms=5) as server:
            enough = threading.Event()

            def client(number):
                for n in range(10_000):
                    key = f"{number}-{n}"
                    try:
                        status, document, _ = server.ask(headers={"Idempotency-Key": key}, timeout=30)
                    except (OSError, http.client.HTTPException, ValueError):
                        return key  # sent, perhaps written, never acknowledged
                    if status == 201:
                        with lock:
                            answered[key] = document["id"]
                            if len(answered) >= 60:
                                enough.set()
                return None

            with ThreadPoolExecutor(8) as clients:
                jobs = [clients.submit(client, number) for number in range(8)]
                assert enough.wait(SOON)
                server.kill()
                in_doubt = {key for key in (job.result() for job in jobs) if key}
        with Server(name, store=store, workers=8, credentials_ms=5) as server:
            for made in answered.values():
                assert server.ask("GET", f"/reservations/{made}", None)[0] == 200
            for key in in_doubt:  # asked again with the same key: made now or found, once
                first, second = (server.ask(headers={"Idempotency-Key": key}) for _ in range(2))
                assert first[0] in (200, 201)
                assert (second[0], second[1]["id"]) == (200, first[1]["id"])
            some = next(iter(answered))
            again = server.ask(headers={"Idempotency-Key": some})
            assert (again[0], again[1]["id"]) == (200, answered[some])
