"""The server of the ovens' board: its page, the broker's address, and nothing else."""

import http.client
import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from pizzeria.ovens.programs.board.serve import FILES, FOLDER, serve_board


def get(url, path=None, method="GET"):
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        link.request(method, parts.path if path is None else path)
        answer = link.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        link.close()


def test_the_server_hands_out_the_page_and_nothing_else(nothing_leaks):
    with serve_board("ws://cook:ba%3Asil@127.0.0.1:9/mqtt") as url:
        base = urlsplit(url).path
        for name in FILES:
            status, headers, body = get(url, base + name)
            assert (status, body) == (200, FILES[name].read_bytes())
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "connect-src 'self' ws://127.0.0.1:9;" in headers["Content-Security-Policy"]
        assert json.loads(get(url, base + "broker.json")[2]) == {
            "url": "ws://127.0.0.1:9/mqtt",
            "user": "cook",
            "password": "ba:sil",
            "prefix": "",
        }
        for path in (
            "/",
            "/broker.json",
            base + "serve.py",
            base + "ovens/programs/board/serve.py",
            base + "common/page_server.py",
            base + "events",
            base + "../serve.py",
            base + "..%2fserve.py",
            "/x" + base,
        ):
            assert get(url, path)[0] == 404, path
        assert get(url, method="POST")[0] == 404
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=2)


@pytest.mark.parametrize("address", ["mqtt://127.0.0.1:1883", "ws://", "127.0.0.1:80"])
def test_an_address_that_is_no_websocket_is_refused(address):
    with pytest.raises(ValueError, match="WebSocket address"), serve_board(address):
        pass


def test_the_page_has_no_inline_code():
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert "style=" not in page
    assert page.count("<script") == 1
    assert "onclick" not in page
