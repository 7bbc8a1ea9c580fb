"""Every server of the data centre keeps the same contract; a new row in SERVERS is tested by being there."""

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pizzeria.datacenter.board.watch import metrics
from support.datacenter import (
    ORDER,
    eventually,
    post,
    read_all,
    read_response,
    status_of,
)

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix"),
    pytest.mark.usefixtures("compiled"),
]


class TestReservations:
    def test_a_reservation_is_made_and_found_again(self, server):
        status, made, headers = server.ask()
        assert (status, made["euros"], made["pizzas"]) == (201, 20.0, ORDER["pizzas"])
        assert "password" not in json.dumps(made)
        assert headers["Location"] == f"/reservations/{made['id']}"
        assert server.ask("GET", headers["Location"], None)[:2] == (200, made)

    def test_the_same_key_makes_one_reservation(self, server):
        headers = {"Idempotency-Key": f"key-{time.monotonic_ns()}"}
        with ThreadPoolExecutor(4) as clients:
            answers = list(clients.map(lambda _: server.ask(headers=headers), range(4)))
        assert sorted(status for status, *_ in answers) == [200, 200, 200, 201]
        assert len({made["id"] for _, made, _ in answers}) == 1

    def test_the_same_key_for_another_order_is_a_conflict(self, server):
        headers = {"Idempotency-Key": f"key-{time.monotonic_ns()}"}
        assert server.ask(headers=headers)[0] == 201
        assert server.ask(body={**ORDER, "pizzas": ["diavola"]}, headers=headers)[0] == 422

    def test_a_wrong_password_makes_none(self, server):
        wrong = {**ORDER, "credentials": {"user": "ada", "password": "oregano"}}
        assert server.ask(body=wrong)[0] == 403

    def test_health_and_metrics(self, server):
        assert server.ask("GET", "/healthz", None)[:2] == (200, {"status": "open"})
        page = read_all(server.raw(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).decode()
        assert f'http_responses_total{{server="{server.options["server"]}"' in page
        assert "store_padding_ms 5" in page

    def test_a_board_can_read_the_counts(self, server):
        made = asyncio.run(metrics(server.port)).get("201", 0)
        with server.raw() as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_response(idle)[0] == 200
            assert server.ask()[0] == 201
            told = asyncio.run(metrics(server.port))
        assert told["201"] == made + 1
        assert told["reservations_in_flight"] == 0
        assert told["connections_open"] >= 2, "his and ours"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/", 404),
            ("GET", "/reservations", 405),
            ("POST", "/healthz", 405),
            ("GET", "/reservations/x", 404),
        ],
    )
    def test_what_is_not_there(self, server, method, path, status):
        assert server.ask(method, path, None)[0] == status


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            b"not json",
            b"\xff\xfe",
            b"[" * 10_000,
            [],
            {},
            {**ORDER, "pizzas": "margherita"},
            {**ORDER, "pizzas": []},
            {**ORDER, "pizzas": [1]},
            {**ORDER, "km": -1},
            {**ORDER, "km": True},
            {**ORDER, "km": 1e400},
            {**ORDER, "credentials": {"user": "ada"}},
            {**ORDER, "credentials": None},
            {**ORDER, "pizzas": ["\ud800"]},
        ],
        ids=lambda body: repr(body)[:30],
    )
    def test_json_of_the_wrong_shape(self, server, body):
        status, document, _ = server.ask(body=body)
        assert status == 400
        assert document["error"]

    def test_malformed_http(self, server):
        assert status_of(read_all(server.raw(b"HELLO\r\n\r\n"))) == 400
        assert status_of(read_all(server.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"))) in (
            400,
            None,
        )

    def test_headers_without_end(self, server):
        sock = server.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        with contextlib.suppress(OSError):
            sock.sendall(b"a" * 40_000)
        assert status_of(read_all(sock)) == 431

    def test_bodies_too_large(self, server):
        announced = b"POST /reservations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
        assert status_of(read_all(server.raw(announced + b"x" * 1000))) == 413
        chunks = b"POST /reservations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (
            status_of(read_all(server.raw(chunks + b"11000\r\n" + b"x" * 0x11000 + b"\r\n0\r\n\r\n"))) == 413
        )

    def test_slow_clients_are_sent_home(self, hurried):
        sock = hurried.raw(b"POST /reservations HTTP/1.1\r\nHo")
        drips = threading.Event()

        def drip():
            while not drips.wait(0.1):
                try:
                    sock.send(b"s")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            parts = b""
            try:
                while data := sock.recv(4096):
                    parts += data
            except ConnectionResetError:
                pass
        finally:
            drips.set()
            dripping.join()
            sock.close()
        assert status_of(parts) == 408  # it came though the dripping never ended

    def test_silent_clients_are_sent_home(self, hurried):
        assert read_all(hurried.raw()) == b""

    def test_a_half_closed_client_gets_its_answer(self, server):
        sock = server.raw(post())
        sock.shutdown(socket.SHUT_WR)
        assert status_of(read_all(sock)) == 201

    def test_a_client_that_vanishes_hurts_nobody(self, server):
        for _ in range(5):
            server.raw(post()).close()
        assert server.ask("GET", "/healthz", None)[0] == 200

    def test_keep_alive_and_pipelining(self, server):
        sock = server.raw(post() + post())
        assert [read_response(sock)[0] for _ in range(2)] == [201, 201]
        sock.sendall(post())
        assert read_response(sock)[0] == 201
        sock.close()

    def test_expect_continue(self, server):
        body = json.dumps(ORDER).encode()
        head = f"POST /reservations HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
        sock = server.raw(head.encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 100")
        sock.sendall(body)
        assert read_response(sock)[0] == 201
        sock.close()


class TestTheCredentialsService:
    @pytest.mark.parametrize(("user", "status"), [("lying", 502), ("broken", 502), ("vanishing", 503)])
    def test_misbehaving(self, server, user, status):
        body = {**ORDER, "credentials": {"user": user, "password": "basil"}}
        assert server.ask(body=body)[0] == status

    def test_silent(self, hurried):
        body = {**ORDER, "credentials": {"user": "silent", "password": "basil"}}
        assert hurried.ask(body=body)[0] == 504

    def test_and_afterwards_all_is_well(self, server):
        assert server.ask()[0] == 201


class TestLeaks:
    def test_no_descriptor_or_thread_is_left(self, server):
        server.ask()

        assert eventually(lambda: server.metric("reservations_in_flight") == 0)
        assert eventually(lambda: server.descriptors() < 60), server.descriptors()
        before, threads = server.descriptors(), server.threads()
        with ThreadPoolExecutor(8) as clients:
            list(clients.map(lambda _: read_all(server.raw(b"nonsense\r\n\r\n")), range(40)))
            assert all(s == 201 for s, *_ in clients.map(lambda _: server.ask(), range(16)))
        assert eventually(lambda: server.descriptors() <= before + 8), (before, server.descriptors())
        assert eventually(lambda: server.threads() <= threads), (threads, server.threads())
