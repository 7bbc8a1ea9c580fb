"""One contract for the reactor, kept on every mechanism this system has: who is ready is called."""

from __future__ import annotations

import os
import socket

import pytest

from pizzeria.eventloop.reactor import EDGE, READ, WRITE, Reactor, mechanisms
from pizzeria.eventloop.world import World, real_loop
from support.reactors import run_until

pytestmark = pytest.mark.usefixtures("nothing_leaks")


def test_this_system_has_mechanisms():
    assert {"select", "poll"} <= set(mechanisms())
    assert Reactor.__init__.__defaults__[0] is None
    with Reactor() as reactor:
        assert reactor.mechanism == mechanisms()[0]


def test_an_unknown_mechanism_is_refused():
    with pytest.raises(ValueError, match="no mechanism is called 'iocp'"):
        Reactor("iocp")


def test_an_absent_mechanism_is_refused():
    absent = {"epoll", "kqueue"} - set(mechanisms())
    with pytest.raises(ValueError, match="this system has no"):
        Reactor(absent.pop())


def test_readiness_reaches_the_callback(reactor, pair):
    ours, theirs = pair
    got = []
    reactor.register(ours, READ, lambda fd, events: got.append((events, os.read(fd, 10))))
    theirs.send(b"ring")
    run_until(reactor, lambda: got)
    assert got == [(READ, b"ring")]


def test_both_directions_and_modify(reactor, pair):
    ours, theirs = pair
    seen = []
    reactor.register(ours, READ | WRITE, lambda fd, events: seen.append(events))
    theirs.send(b"x")
    run_until(reactor, lambda: seen)
    assert seen[-1] == READ | WRITE
    reactor.modify(ours, WRITE)
    reactor.run_once(5)
    assert seen[-1] == WRITE
    reactor.modify(ours, 0)
    before = len(seen)
    reactor.run_once(0)
    assert len(seen) == before
    reactor.modify(ours, READ, lambda fd, events: seen.append("another"))
    reactor.run_once(5)
    assert seen[-1] == "another"
    assert reactor.watching(ours) == READ
    reactor.unregister(ours)
    assert reactor.watching(ours) is None


def test_level_reminds(reactor, pair):
    ours, theirs = pair
    calls = []
    reactor.register(ours, READ, lambda fd, events: calls.append(os.read(fd, 1)))
    theirs.send(b"abc")
    run_until(reactor, lambda: len(calls) == 3)
    reactor.run_once(0)
    assert calls == [b"a", b"b", b"c"]


def test_edge_tells_once_or_is_refused(reactor, pair):
    ours, theirs = pair
    calls = []
    if reactor.mechanism in ("select", "poll"):
        with pytest.raises(ValueError, match="has no edges"):
            reactor.register(ours, READ | EDGE, calls.append)
        return
    reactor.register(ours, READ | EDGE, lambda fd, events: calls.append(os.read(fd, 1)))
    theirs.send(b"abc")
    for _ in range(3):
        reactor.run_once(0)
    assert calls == [b"a"]
    theirs.send(b"d")
    reactor.run_once(5)
    assert calls == [b"a", b"b"]


def test_a_muted_hangup_does_not_spin(reactor, pair):
    ours, theirs = pair
    calls = []
    reactor.register(ours, READ, lambda fd, events: calls.append(fd))
    reactor.modify(ours, 0)
    theirs.close()
    reactor.call_later(0.05, calls.append, "timer")
    turns = run_until(reactor, lambda: calls)
    assert calls == ["timer"]
    assert turns <= 3


def test_what_was_taken_off_wakes_nobody_and_may_come_back(reactor, pair):
    ours, theirs = pair
    calls = []
    theirs.send(b"x")
    reactor.register(ours, READ | WRITE, lambda fd, events: calls.append(events))
    reactor.unregister(ours)
    reactor.call_later(0.05, calls.append, "timer")
    turns = run_until(reactor, lambda: calls)
    assert calls == ["timer"]
    assert turns <= 3
    reactor.register(ours, READ, lambda fd, events: calls.append(events))
    reactor.run_once(5)
    assert calls == ["timer", READ]


def test_peer_reset_is_reported_as_ready(reactor):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with server:
            server.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            reactor.register(server, READ, lambda fd, events: server.recv(10))
            client.close()  # with linger 0: a reset
            run_until(reactor, lambda: reactor.errors)
            assert isinstance(reactor.errors[0][1], ConnectionResetError)
            assert reactor.watching(server) is None


def test_a_callback_that_raises_is_reported_and_taken_off(reactor, pair):
    ours, theirs = pair
    survived = []

    def drop_the_pizza(fd, events):
        raise RuntimeError("on the floor")

    reactor.register(ours, READ, drop_the_pizza)
    reactor.register(theirs, WRITE, lambda fd, events: survived.append(events))
    theirs.send(b"never read")
    reactor.call_soon(lambda: 1 / 0)
    for _ in range(3):
        reactor.run_once(5)
    kinds = [type(error) for _, error in reactor.errors]
    assert sorted(k.__name__ for k in kinds) == ["RuntimeError", "ZeroDivisionError"]
    assert reactor.watching(ours) is None
    assert len(survived) >= 2


def test_an_error_handler_that_raises_does_not_kill_the_loop(capsys):
    def broken(what, error):
        raise LookupError("the fire brigade is on strike")

    with Reactor(on_error=broken) as reactor:
        done = []
        reactor.call_soon(lambda: 1 / 0)
        reactor.call_soon(done.append, True)
        reactor.run_once(0)
        assert done
    assert "fire brigade" in capsys.readouterr().err


def test_the_default_handler_prints_the_traceback(capsys):
    with Reactor() as reactor:
        reactor.call_soon(lambda: 1 / 0)
        reactor.run_once(0)
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "lambda" in said


def test_a_hangup_is_told_as_what_was_waited_for(reactor, pair):
    ours, theirs = pair
    said = []
    reactor.register(ours, READ, lambda fd, events: said.append(events))
    theirs.close()
    reactor.run_once(5)
    assert said == [READ]


def test_an_echo_of_coroutines(reactor):
    """The loop of coroutines on this reactor: accept, receive, send, time-out, cancel."""
    loop = real_loop(reactor)
    world = World(loop, reactor)

    async def serve(listener):
        connection = await world.accept(listener)
        with connection:
            while data := await world.recv(connection, 65536):
                await world.send(connection, data.upper())

    async def order(address):
        with socket.socket() as client:
            client.setblocking(False)
            client.connect_ex(address)
            await world.ready(client, WRITE)
            await world.send(client, b"margherita" * 20_000)
            client.shutdown(socket.SHUT_WR)
            got = b""
            while data := await world.recv(client, 65536):
                got += data
            return got

    async def both():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            server = loop.spawn(serve(listener))
            answer = await order(listener.getsockname())
            await server
            with pytest.raises(TimeoutError):
                await loop.within(0.02, world.accept(listener))
            assert reactor.watching(listener) is None
            return answer

    assert loop.complete(both()) == b"MARGHERITA" * 20_000
    assert loop.outside == 0
    assert not reactor.errors
