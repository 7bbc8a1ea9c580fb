"""What the development server is made of: watching, the state that pages are told, and what it puts into them."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from executable_posts.cli.generator import WARM
from executable_posts.errors import PostError
from executable_posts.running import telling
from executable_posts.serving.board import Board
from executable_posts.serving.builders import NewProcess, entry_of
from executable_posts.serving.faults import excerpt, told_fault
from executable_posts.serving.pages import event, first_in_head, start_server
from executable_posts.serving.session import forget_compiled
from executable_posts.serving.watching import Sources


def names(paths):
    return [path.name for path in paths]


@pytest.fixture
def watched(tmp_path):
    (tmp_path / "a.md").write_text("one")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.md").write_text("two")
    (tmp_path / "output").mkdir()
    return tmp_path, Sources([tmp_path], [tmp_path / "output"])


def test_nothing_is_news_until_something_is_saved(watched):
    folder, sources = watched
    assert sources.changed() == []
    (folder / "a.md").write_text("two")
    (folder / "below" / "new.md").write_text("")
    assert names(sources.changed()) == ["a.md", "new.md"]
    assert sources.changed() == []


def test_a_save_of_the_same_size_at_the_same_moment_is_noticed(watched):
    """Editors write a file aside and put it in place; some of them keep its date."""
    folder, sources = watched
    before = (folder / "a.md").stat()
    (folder / "aside.md~").write_text("ten")
    os.utime(folder / "aside.md~", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "aside.md~").replace(folder / "a.md")
    assert names(sources.changed()) == ["a.md"]


def test_a_file_that_was_written_as_it_was_is_no_save(watched):
    folder, sources = watched
    (folder / "a.md").write_text("one")
    os.utime(folder / "a.md", (1, 1))
    assert sources.changed() == []
    (folder / "a.md").write_text("six")
    assert names(sources.changed()) == ["a.md"]


def test_renaming_and_removing_are_saves(watched):
    folder, sources = watched
    (folder / "a.md").rename(folder / "c.md")
    assert names(sources.changed()) == ["a.md", "c.md"]
    (folder / "below" / "b.md").unlink()
    (folder / "below").rmdir()
    assert names(sources.changed()) == ["b.md"]


def test_what_builds_and_editors_write_for_themselves_is_not_watched(watched):
    folder, sources = watched
    for name in (".a.md.swp", "a.md~", "#a.md#", "4913", "output/index.html"):
        (folder / name).write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("")
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("nowhere")
    assert sources.changed() == []


def test_large_files_and_single_ones_are_watched_too(tmp_path, monkeypatch):
    monkeypatch.setattr("executable_posts.serving.watching.SMALL", 2)
    one = tmp_path / "settings.py"
    sources = Sources([one, tmp_path / "not yet"])
    one.write_text("large")
    assert names(sources.changed()) == ["settings.py"]
    (tmp_path / "not yet").mkdir()
    (tmp_path / "not yet" / "a.md").write_text("")
    assert names(sources.changed()) == ["a.md"]


def test_a_state_wakes_whoever_waits_for_another_one():
    board = Board()
    assert board.wait(0, 0) is None
    number, state = board.wait(-1, 0)
    assert (number, state["fault"], state["building"]) == (0, None, "")
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(board.wait(0, 60)))
    waiting.start()
    board.show(building="a.md")
    waiting.join(timeout=60)
    assert heard[0][0] == 1
    assert heard[0][1]["building"] == "a.md"
    assert heard[0][1]["built"] == state["built"]
    closing = threading.Thread(target=lambda: heard.append(board.wait(1, 60)))
    closing.start()
    board.close()
    closing.join(timeout=60)
    assert heard[1] is None
    assert Board().state.built > state["built"], "builds are told apart, and in their order"


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
                f"http://127.0.0.1:{server.server_port}/{path}", timeout=20
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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
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


def test_a_fault_has_the_lines_around_it(tmp_path):
    (tmp_path / "a.md").write_text("\n".join(f"line {n}" for n in range(1, 10)))
    fault = {"path": "a.md", "line": 2, "found": "wrong", "mend": "do", "detail": "more"}
    told = told_fault(fault, "printed", tmp_path)
    assert told["excerpt"] == [(n, f"line {n}") for n in range(1, 6)]
    assert {key: told[key] for key in fault} == fault
    assert excerpt(tmp_path / "a.md", 10) == excerpt(tmp_path / "gone.md", 1) == []


def test_what_a_generator_printed_is_its_fault_when_it_told_none(tmp_path):
    (tmp_path / "a.md").write_text("one\ntwo")
    told = told_fault(None, "\x1b[31mbusy ...\rerror: a.md:2: no such tag\n  mend: another", tmp_path)
    assert (told["path"], told["line"], told["found"]) == ("a.md", 2, "no such tag")
    assert told["excerpt"] == [(1, "one"), (2, "two")]
    assert told["detail"] == "error: a.md:2: no such tag\n  mend: another"
    assert told_fault(None, "", tmp_path)["found"] == "The site's generator ended with an error."


def test_a_build_tells_only_whoever_listens(tmp_path, monkeypatch):
    monkeypatch.delenv(telling.VARIABLE, raising=False)
    telling.tell("begin", post="a.md")
    monkeypatch.setenv(telling.VARIABLE, str(tmp_path / "events"))
    telling.tell("begin", post="a.md")
    assert not (tmp_path / "events").exists(), "whoever listened has gone"
    (tmp_path / "events").touch()
    error = PostError("a.md", 3, "wrong", "run `executable-posts sync`", "detail")
    telling.tell_fault(error, {"sync": "make notebooks"})
    assert json.loads((tmp_path / "events").read_text()) == {
        "event": "fault",
        "path": "a.md",
        "line": 3,
        "found": "wrong",
        "detail": "detail",
        "mend": "run `make notebooks`",
    }


def test_what_is_compiled_of_a_saved_module_is_forgotten(tmp_path):
    module = tmp_path / "helper.py"
    compiled = Path(importlib.util.cache_from_source(str(module)))
    compiled.parent.mkdir()
    compiled.touch()
    forget_compiled([tmp_path / "a.md", tmp_path / "other.py"])
    assert compiled.exists()
    forget_compiled([module])
    assert not compiled.exists()


def test_only_a_program_of_this_environment_is_kept_warm(tmp_path):
    beside = Path(sys.executable).parent
    assert entry_of(str(beside / "pelican")) == "pelican.__main__:main"
    assert entry_of(str(beside / "no-such-program")) == entry_of(str(tmp_path / "pelican")) == ""


def test_a_program_that_is_missing_is_told():
    with pytest.raises(PostError, match="no such program"):
        NewProcess().run(["/no/such/program"], None, {}, lambda text: None)


def test_what_is_loaded_before_a_fork_is_there_starts_no_thread_and_is_none_of_the_site_s(tmp_path):
    """A fork has one thread only, and yesterday's modules of a site would be in every build."""
    (tmp_path / "helper.py").write_text("raise SystemExit('of the site')\n")
    load = f"""
import importlib, sys, threading
for name in {WARM}:
    module, _, function = name.partition(":")
    loaded = importlib.import_module(module)
    if function:
        getattr(loaded, function)()
print(threading.active_count(), "jupytext" in sys.modules, sorted({{m.partition(".")[0] for m in sys.modules}} & {{"pizzeria", "manual", "helper", "whole_site"}}))
"""
    done = subprocess.run([sys.executable, "-c", load], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1 True []\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["helper.py"], "nothing is written"
