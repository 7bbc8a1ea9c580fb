"""The Asio servers' own matters: two compilers, kept objects, a journal that a crash has torn, clear refusals."""

import json
import os
import shlex
import shutil
from pathlib import Path

import pytest

from executable_posts.languages import compiler
from pizzeria.common import compilers
from pizzeria.datacenter.servers import asio
from support.datacenter import Server, eventually, post

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix")


@pytest.fixture(scope="module")
def zig():
    try:
        return [*compilers.zig(), "c++"]
    except compilers.MissingTool as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}; .ci/run installs it")
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", asio.SOURCES)
def test_another_compiler_takes_them_too(name, zig, tmp_path, monkeypatch):
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path))
    source, standard = asio.SOURCES[name]
    made = tmp_path / "server.o"
    asio.compile_one(zig, ("-O0", "-Wall", "-Wextra", "-Werror", *asio.FLAGS[1:]), source, standard, made)
    assert made.stat().st_size > 100_000


def test_what_is_compiled_is_kept_and_what_changes_is_compiled(tmp_path, monkeypatch, capfd):
    native = tmp_path / "native"
    native.mkdir()
    for name in ("boost.cpp", "boost.hpp", "one.cpp"):
        (native / name).write_text("int value() { return 1; }\n")
    monkeypatch.setattr(asio, "NATIVE", native)
    monkeypatch.setattr(asio, "SOURCES", {"one": ("one.cpp", "-std=c++14")})
    make = lambda: asio.compile_objects(compilers.cxx(), ["one"], tmp_path / "kept")["one"]
    library, ours = first = make()
    assert library.exists() and ours.exists()  # noqa: PT018
    assert "Compiling" in capfd.readouterr().err
    assert make() == first
    assert capfd.readouterr().err == ""
    (native / "one.cpp").write_text("int value() { return 2; }\n")
    second = make()
    assert second[0] == library
    assert second[1] != ours
    (native / "one.cpp").write_text("int value() { return }\n")
    with pytest.raises(ValueError, match=r"one\.cpp does not compile"):
        make()
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == sorted(
        {p.name for p in (*first, *second)}
    )


def test_no_compiler_is_one_clear_line(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(compilers.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("ZIG", raising=False)
    with pytest.raises(ValueError, match=r"no C\+\+ compiler: install g\+\+ or clang\+\+"):
        asio.program("asio")


def test_a_torn_line_is_cut_off_and_the_rest_is_kept(tmp_path):
    book = tmp_path / "book"
    with Server("asio", store=book) as server:
        _, made, _ = server.ask(headers={"Idempotency-Key": "once"})
        server.stop()
    whole = book.read_bytes()
    book.write_bytes(whole + b'{"id":"half')
    with Server("asio-callbacks", store=book) as server:  # one file, both programs
        assert server.ask("GET", f"/reservations/{made['id']}", None)[:2] == (200, made)
        assert server.ask()[0] == 201
        server.stop()
    lines = book.read_bytes().splitlines()
    assert book.read_bytes().startswith(whole)
    assert [bool(json.loads(line)["id"]) for line in lines] == [True, True]


@pytest.mark.parametrize(
    ("store", "says"),
    [
        ("postgresql://x/y", "keep a file of their own"),
        ("not/there/book", "No such file"),
        (".", "directory"),
    ],
)
def test_a_store_it_cannot_have_is_one_clear_line(store, says):
    with pytest.raises(AssertionError, match=says) as refused, Server("asio", store=store):
        pass
    assert "Traceback" not in str(refused.value)


def test_another_file_is_not_taken_for_a_journal(tmp_path):
    (tmp_path / "book").write_text("my diary\n")
    with (
        pytest.raises(AssertionError, match="not a journal of reservations"),
        Server("asio", store=tmp_path / "book"),
    ):
        pass
    assert (tmp_path / "book").read_text() == "my diary\n"


def test_the_program_ends_with_whoever_started_it():
    with Server("asio") as server:
        pid = server.pid
        os.kill(server.process.pid, 9)  # not the program: its keeper
        server.process.wait(10)
        assert eventually(lambda: not os.path.exists(f"/proc/{pid}") or state(pid) == "Z")


def state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_ten_thousand_bytes_at_once_are_all_answered():
    with Server("asio-callbacks") as server:
        sock = server.raw(post() * 60)
        answers = b""
        while answers.count(b"HTTP/1.1 201") < 60:
            data = sock.recv(65536)
            assert data, answers[-500:]
            answers += data
        sock.close()


@pytest.mark.parametrize("name", ["asio-callbacks", "asio-coroutines"])
def test_another_compiler_takes_the_posts_blocks_too(name, zig, tmp_path, monkeypatch):
    from executable_posts.reading import post

    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path))
    block = next(b for b in post.read(Path("content/asynchronous-pizzeria.md")).blocks if b.name == name)
    (tmp_path / "block.cpp").write_text(block.source)
    flags, kept = compiler.split_name(block.info.magic_args.replace("$BOOST", asio.boost()))
    assert kept == name
    made = tmp_path / "block.o"
    words = [*zig, "-O0", "-Wall", "-Wextra", "-Werror", *shlex.split(flags)]
    asio.build([*words, "-c", str(tmp_path / "block.cpp")], name, made)
    assert made.stat().st_size > 100_000
