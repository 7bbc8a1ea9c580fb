"""The post's two small Asio servers: nothing is confirmed that the disk has not, and no client stops or fills them."""

from __future__ import annotations

import contextlib
import resource
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from executable_posts.config import load
from executable_posts.site.build import Site
from pizzeria.datacenter import boost
from support.blog import ROOT

NAPKIN = ROOT / "code/pizzeria/datacenter/native/napkin"
PATIENCE = 30  # s, for whatever is certain to come
COMPILER = shutil.which("g++") or shutil.which("clang++")
ORDER = b"mia:basil margherita\n"
pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="no C++ compiler here"),
    pytest.mark.xdist_group("napkin"),
]


@pytest.fixture(scope="module", params=["callbacks", "coroutines"])
def program(request, tmp_path_factory):
    """One of the two, compiled with all warnings: the first is a file, the second stands in the post only."""
    source, standard = NAPKIN / "callbacks.cpp", "-std=c++14"
    if request.param == "coroutines":
        post = Site(load(ROOT)).read(ROOT / "content/asynchronous-pizzeria.md")
        source, standard = tmp_path_factory.mktemp("napkin") / "coroutines.cpp", "-std=c++20"
        source.write_text(next(block.source for block in post.blocks if block.info.name == "asio-coroutines"))
    made = tmp_path_factory.mktemp("napkin") / request.param
    strict = ["-Wall", "-Wextra", "-Werror", "-pthread", "-isystem", boost(), f"-I{NAPKIN}"]
    subprocess.run([COMPILER, standard, *strict, str(source), "-o", str(made)], check=True)
    return made


@contextlib.contextmanager
def credentials(answer=b"yes\n"):
    """A credentials service that says `answer` to everybody; None: not a word, and never hangs up."""
    kept = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                kept.append(peer)
                if answer:
                    with peer:
                        peer.recv(99)
                        peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for peer in kept:
                peer.close()


@contextlib.contextmanager
def running(program, port, book, patience_ms=PATIENCE * 1000, descriptors=None):
    """Run it; yield its own port. It ends when its standard input is closed."""

    def fewer():
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    process = subprocess.Popen(
        [program, str(port), str(patience_ms), str(book)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, preexec_fn=fewer if descriptors else None,
    )  # fmt: skip
    with process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def ask(port, order=ORDER):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        client.sendall(order)
        return client.makefile("rb").read()


def test_who_is_confirmed_is_in_the_book(program, tmp_path):
    book = tmp_path / "book"
    with credentials() as service, running(program, service, book) as port:
        assert ask(port) == b"margherita, 8 euros\n" == book.read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_nothing_is_confirmed_that_could_not_be_written(program):
    with credentials() as service, running(program, service, "/dev/full") as port:
        assert ask(port) == b"sorry: nothing could be written down\n"


def test_a_book_that_cannot_be_opened_is_said_at_the_start(program, tmp_path):
    done = subprocess.run(
        [program, "1", "1000", str(tmp_path / "not/there")], stdin=subprocess.DEVNULL, capture_output=True
    )
    assert done.returncode != 0
    assert b"No such file" in done.stderr


def test_who_runs_out_of_descriptors_opens_the_door_again(program, tmp_path):
    with credentials() as service, running(program, service, tmp_path / "book", descriptors=16) as port:
        crowd = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(20)]
        for client in crowd:
            client.close()
        assert ask(port) == b"margherita, 8 euros\n"


def test_a_line_without_an_end_fills_no_memory(program, tmp_path):
    """The kernel takes a few megabytes for whoever does not read on; a program that does takes them all."""
    taken = 0
    with credentials() as service, running(program, service, tmp_path / "book", 5000) as port:
        client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        with client, contextlib.suppress(OSError):
            while taken < 1 << 26:
                taken += client.send(b"!" * (1 << 20))
        assert ask(port) == b"margherita, 8 euros\n"
    assert taken < 1 << 26


def test_a_service_that_never_answers_ends_the_conversation(program, tmp_path):
    with credentials(None) as service, running(program, service, tmp_path / "book", 100) as port:
        assert ask(port) == b""


def test_a_reservation_that_ends_by_an_exception_is_counted_out(tmp_path):
    """The large server with coroutines counts who is inside; with a count that leaks, it says "full" for ever."""
    source = tmp_path / "inside.cpp"
    source.write_text(
        '#include "inside.hpp"\n'
        "int main() {\n"
        "    std::size_t count = 0;\n"
        "    try { const Inside one(count); if (count != 1) return 1; throw 7; } catch (int) {}\n"
        "    return count == 0 ? 0 : 2;\n"
        "}\n"
    )
    made = tmp_path / "inside"
    subprocess.run([COMPILER, "-std=c++14", f"-I{NAPKIN.parent}", str(source), "-o", str(made)], check=True)
    assert subprocess.run([made]).returncode == 0
    server = (NAPKIN.parent / "asio_coroutines.cpp").read_text()
    assert "Inside counted(house.inside)" in server
    assert "++house.inside" not in server
