"""The servers' board without a server: counts read, a crowd that comes and goes, words, the page's own little server."""

import asyncio
import http.client
import json
import threading
import webbrowser
from urllib.parse import urlsplit

import pytest

from pizzeria.common import page_server
from pizzeria.common.page_server import Feed, Page, serve_page
from pizzeria.datacenter.board import crowd as crowds
from pizzeria.datacenter.board.crowd import Crowd
from pizzeria.datacenter.board.opened import CROWDS, FILES
from pizzeria.datacenter.board.watch import counts
from pizzeria.datacenter.board.words import in_words
from pizzeria.datacenter.servers.table import SERVERS
from pizzeria.datacenter.service.reservation import Metrics
from support.waiting import SOON, soon_async

SERVED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
FULL = b"HTTP/1.1 503 Full\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def test_counts_are_read_off_the_page_of_metrics():
    metrics = Metrics("loop")
    for status in (201, 201, 503):
        metrics.count(status)
    page = metrics.render(
        {"connections_open": ("Open connections.", 3), "store_padding_ms": ("A write.", 2.5)}
    )
    assert counts(page) == {"201": 2, "503": 1, "connections_open": 3, "store_padding_ms": 2.5}
    assert counts("nothing of the kind") == {}


async def before_a_door(play, answer=SERVED):
    """Play with a crowd before a server that answers everything with `answer`, or never when it is empty.

    `play` gets the crowd, who is connected, and who has ever asked.
    """
    here, asked = set(), []

    async def serve(reader, writer):
        here.add(writer)
        try:
            while await reader.readuntil(b"}}"):
                asked.append(writer)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            here.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        crowd = Crowd(server.sockets[0].getsockname()[1])
        try:
            await play(crowd, here, asked)
        finally:
            await crowd.go()
        await soon_async(lambda: not here)


def test_a_crowd_grows_shrinks_and_goes_home():
    async def play(crowd, here, _):
        crowd.want(10)
        await soon_async(lambda: len(here) == 10 and crowd.now()["rate"] > 0)
        now = crowd.now()
        assert 0 < now["median"] <= now["slowest"]
        assert now["errors"] == 0
        crowd.want(1)
        await soon_async(lambda: len(here) == 1)
        crowd.want(0)
        await soon_async(lambda: not here)
        assert crowd.now()["waiting"] == 0

    asyncio.run(before_a_door(play))


def test_who_is_not_answered_is_told_as_waiting():
    async def play(crowd, *_):
        crowd.want(3)
        await soon_async(lambda: crowd.now()["waiting"] == 3 and crowd.now()["oldest"] > 0)
        assert (crowd.now()["median"], crowd.now()["rate"]) == (None, 0)

    asyncio.run(before_a_door(play, b""))


def test_a_refusal_is_no_failure_and_neither_is_an_answer(monkeypatch):
    async def refused(crowd, _, asked):
        crowd.want(2)
        await soon_async(lambda: len(asked) > 2)  # each comes again
        assert (crowd.errors, crowd.now()["rate"]) == (0, 0)

    async def failed(crowd, *_):
        crowd.want(1)
        await soon_async(lambda: crowd.errors)
        assert (crowd.last_error, crowd.now()["rate"]) == ("status 500", 0)

    monkeypatch.setattr(crowds, "COME_AGAIN", 0.05)

    asyncio.run(before_a_door(refused, FULL))
    asyncio.run(before_a_door(failed, b"HTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n"))


def test_a_door_that_is_shut_is_an_error_and_no_end():
    async def play():
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        crowd = Crowd(port)
        crowd.want(1)
        await soon_async(lambda: crowd.errors >= 2)
        await crowd.go()

    asyncio.run(play())


MOMENT = {"alive": True, "clients": 400, "threads": 402, "processes": 1, "median": 900.0, "oldest": 1.0, "errors": 0, "last_error": ""}  # fmt: skip


@pytest.mark.parametrize("name", SERVERS)
def test_every_server_is_told_in_words(name):
    said = in_words({**MOMENT, "name": name}, workers=12)
    design = {
        "pool": "12 threads serve",
        "threads": "has a thread",
        "processes": "has a process",
    }.get(name, "one thread serves them all")
    assert design in said
    assert "402 threads in 1 process." in said


def test_words_for_nobody_nothing_failures_and_the_end():
    moment = {**MOMENT, "name": "loop", "threads": 1}
    assert "Nobody knocks: 1 thread in 1 process" in in_words({**moment, "clients": 0}, 10)
    assert "somebody waits for 9 s" in in_words({**moment, "median": None, "oldest": 9.2}, 10)
    assert "1 request failed, the last with: status 504" in in_words(
        {**moment, "errors": 1, "last_error": "status 504"}, 10
    )
    assert "4 loops, a process each, serve them all" in in_words(moment, 10, cores=4)
    assert in_words({**moment, "alive": False}, 10) == "The server has ended."


def ask(url, name, method="GET", body=None):
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SOON)
    try:
        link.request(method, parts.path + name, body)
        answer = link.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        link.close()


def test_the_page_hands_out_its_files_and_hears_its_buttons(nothing_leaks):
    heard = []

    def play(said):
        if said not in CROWDS:
            raise ValueError(said)
        heard.append(said)

    with serve_page(Page(FILES, {"board.json": {"crowds": CROWDS}}, Feed(), {"clients": play})) as url:
        for name, file in FILES.items():
            status, headers, body = ask(url, name)
            assert (status, body) == (200, file.read_bytes())
            assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert json.loads(ask(url, "board.json")[2]) == {"crowds": list(CROWDS)}
        assert ask(url, "clients", "POST", "40")[0] == 204
        for nonsense in ("41", '"40"', "{", "", "[" + "0," * 4000 + "0]"):
            assert ask(url, "clients", "POST", nonsense)[0] == 400, nonsense[:9]
        assert ask(url, "crowd", "POST", "40")[0] == 404
        assert ask(url, "opened.py")[0] == 404
        assert ask(url.rpartition("/")[0][:-3] + "/", "clients", "POST", "40")[0] == 404, "without the secret"
    assert heard == [40]


def test_a_feed_tells_the_present_state_then_the_news_then_ends():
    feed = Feed()
    feed.tell({"n": 1})
    events = feed.events()
    assert next(events) == b'data: {"n": 1}\n\n'
    threading.Timer(0.05, feed.tell, ({"n": 2},)).start()
    assert next(event for event in events if event.startswith(b"data")) == b'data: {"n": 2}\n\n'
    feed.close()
    assert list(events) == []


@pytest.mark.parametrize(("kind", "opened"), [("none", False), ("terminal", False), ("window", True)])
def test_the_address_is_printed_and_only_a_browser_with_a_window_is_opened(monkeypatch, capsys, kind, opened):
    class Window(webbrowser.BaseBrowser):
        def open(self, url, new=0, autoraise=True):
            return True

    def get():
        if kind == "none":
            raise webbrowser.Error
        return Window() if kind == "window" else webbrowser.GenericBrowser("lynx")

    monkeypatch.setattr(webbrowser, "get", get)
    monkeypatch.delenv("BROWSER", raising=False)
    assert page_server.show("http://127.0.0.1:9/x/") is opened
    assert capsys.readouterr().err == "the board: http://127.0.0.1:9/x/\n"


def test_a_browser_that_stays_in_the_foreground_is_not_waited_for(monkeypatch):
    asked, closed = threading.Event(), threading.Event()

    class Foreground(webbrowser.BaseBrowser):
        def open(self, url, new=0, autoraise=True):
            asked.set()
            return closed.wait(60)

    monkeypatch.setattr(webbrowser, "get", Foreground)
    assert page_server.show("http://127.0.0.1:9/x/")
    assert asked.wait(60)
    assert not closed.is_set()
    closed.set()


def test_of_a_reader_who_has_gone_nothing_is_said(capsys):
    server = page_server._Server(("127.0.0.1", 0), None)
    for error in (BrokenPipeError("left"), ValueError("of ours")):
        try:
            raise error
        except (OSError, ValueError):
            server.handle_error(None, "somebody")
    server.server_close()
    said = capsys.readouterr().err
    assert "of ours" in said
    assert "left" not in said
