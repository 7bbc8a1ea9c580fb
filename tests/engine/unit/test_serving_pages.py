"""The server of pages: what it puts into them, whom it answers, and what it never serves."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.request

import pytest

from executable_posts.serving.board import Board
from executable_posts.serving.pages import event, first_in_head, start_server


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("<head><title>x</title></head><body></body>", "<head><title>x</title>|</head><body></body>"),
        ("<head><meta><script src=a></script></head>", "<head><meta>|<script src=a></script></head>"),
        ("<HEAD><SCRIPT></SCRIPT></HEAD>", "<HEAD>|<SCRIPT></SCRIPT></HEAD>"),
        ("<head></head><body><script></script></body>", "<head>|</head><body><script></script></body>"),
        ("<title>x</title><body>", "<title>x</title>|<body>"),
        ("<!-- <script> --><head><meta></head>", "<!-- <script> --><head><meta>|</head>"),
        ("only text", "only text|"),
    ],
)
def test_the_server_s_script_is_the_first_of_a_page(page, made):
    assert first_in_head(page, "|") == made


def test_only_pages_get_the_script_and_only_on_the_way(tmp_path):
    pages = {"index.html": b"<head></head>caf\xe9", "a.css": b"b{}", "deep/index.html": b"<head></head>"}
    for name, body in pages.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    board = Board()
    server = start_server(tmp_path, 0, board)
    try:

        def get(path):
            with urllib.request.urlopen(
                f"http://127.0.0.1:{server.server_port}/{path}", timeout=60
            ) as answer:
                return answer.read()

        tag = b'<script type="module" src="/.serve/page.js" data-built="%s"></script>'
        tag %= board.state.built.encode()
        assert get("") == b"<head>" + tag + b"</head>caf\xe9"
        assert get("index.html?x=1") == get("")
        assert get("deep/") == get("deep") == b"<head>" + tag + b"</head>"
        assert get("a.css") == pages["a.css"]
        assert b"EventSource" in get(".serve/page.js")
        board.show(versions={"/a.css": "1"})
        assert json.loads(get(".serve/versions")) == {"/a.css": "1"}
        assert b"a.css" not in event(vars(board.state))
        assert {name: (tmp_path / name).read_bytes() for name in pages} == pages
    finally:
        board.close()
        server.shutdown()
        server.server_close()


def ask(port, path, host):
    """Send a request as it is written here, and return its status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_requests_for_other_hosts_are_refused_since_a_page_from_elsewhere_may_send_them(tmp_path):
    (tmp_path / "a.txt").write_text("draft")
    server = start_server(tmp_path, 0, hosts=["Tunnel.example"])
    port = server.server_port
    try:
        for host in (
            "localhost",
            f"127.0.0.1:{port}",
            f"[::1]:{port}",
            "my.localhost:80",
            "tunnel.example",
            "",
        ):
            assert ask(port, "/a.txt", host) == (200, b"draft")
        for host in ("evil.example", f"localhost.evil.example:{port}", "10.0.0.1", "127.0.0.1.evil", "<b>"):
            status, body = ask(port, "/a.txt", host)
            assert (status, b"draft" in body, b"<b>" in body) == (421, False, False)
        assert b"--allow-host evil.example" in ask(port, "/.serve/events", "evil.example")[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/a/..%2f..%2fsecret",
        "//../secret",
        "/.serve/../secret",
        "/..\\secret",
        "/..%5csecret",
        "/secret%00",
        "/index.html/",
        f"/{'a' * 300}",
        f"/{'a/' * 5000}",
        "/%ed%a0%80",
    ],
)
def test_nothing_outside_of_the_site_is_served_nor_what_no_file_is_called(tmp_path, path):
    (tmp_path / "secret").write_text("not the site's")
    site = tmp_path / "site"
    (site / "a").mkdir(parents=True)
    (site / "index.html").touch()
    server = start_server(site, 0, Board())
    try:
        assert ask(server.server_port, path, "localhost")[0] == 404
    finally:
        server.shutdown()
        server.server_close()


def test_whoever_is_slow_to_read_keeps_no_build_from_its_place(tmp_path):
    (tmp_path / "404.html").write_bytes(bytes(20_000_000))
    swapping = threading.Lock()
    server = start_server(tmp_path, 0, swapping=swapping)
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as slow:
            slow.sendall(b"GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert slow.recv(9) == b"HTTP/1.0 "
            assert swapping.acquire(timeout=60)
            swapping.release()
    finally:
        server.shutdown()
        server.server_close()


def test_of_a_reader_who_has_gone_nothing_is_said(tmp_path, capsys):
    server = start_server(tmp_path, 0)
    try:
        for error in (BrokenPipeError(), ConnectionResetError(), ValueError("of ours")):
            try:
                raise error
            except (OSError, ValueError):
                server.handle_error(None, "somebody")
    finally:
        server.shutdown()
        server.server_close()
    said = capsys.readouterr().err
    assert "of ours" in said
    assert "BrokenPipe" not in said
    assert "ConnectionReset" not in said
