"""One contract for the proactor: built on every mechanism of the reactor, and the kernel's own (io_uring)."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
import time

import pytest

from pizzeria.common.measured import measured
from pizzeria.eventloop.proactor import ReactorProactor
from pizzeria.eventloop.reactor import Reactor
from support.proactors import collect, one

pytestmark = pytest.mark.usefixtures("nothing_leaks")


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_the_operation_starts_before_there_is_anything_to_read(proactor, pair):
    ours, theirs = pair
    operation = proactor.recv(ours, 100, token="order")
    assert proactor.completions(0) == []
    assert proactor.pending == 1
    assert not operation.done
    proactor.send(theirs, b"calzone", token="call")
    done = {c.token: c for c in collect(proactor, 2)}
    assert done["order"].value() == b"calzone"
    assert done["order"].operation is operation
    assert done["call"].value() == 7
    assert operation.done


@pytest.mark.parametrize("blocking", [True, False])
def test_it_waits_whether_the_socket_blocks_or_not(proactor, pair, blocking):
    pair[0].setblocking(blocking)
    proactor.recv(pair[0], 10)
    assert proactor.completions(0.01) == []
    pair[1].send(b"x")
    assert one(proactor).value() == b"x"


def test_somebody_else_was_faster(proactor, pair):
    """Two names for one socket are both told; one takes the byte, and the other goes on waiting."""
    with pair[0].dup() as twin:
        proactor.recv(pair[0], 10, "a")
        proactor.recv(twin, 10, "b")
        proactor.completions(0)
        pair[1].send(b"1")
        first = one(proactor)
        assert proactor.completions(0.01) == []
        pair[1].send(b"2")
        second = one(proactor)
    assert {first.token, second.token} == {"a", "b"}
    assert (first.value(), second.value()) == (b"1", b"2")


def test_operations_on_one_descriptor_complete_in_their_order(proactor, pair):
    ours, theirs = pair
    for token in range(5):
        proactor.recv(ours, 1, token)
    proactor.completions(0)
    theirs.sendall(b"abcde")
    assert [(c.token, c.result) for c in collect(proactor, 5)] == list(
        enumerate([b"a", b"b", b"c", b"d", b"e"])
    )


def test_reading_and_writing_one_descriptor_at_a_time(proactor, pair):
    ours, theirs = pair
    proactor.recv(ours, 10, "in")
    proactor.send(ours, b"out", "out")
    assert one(proactor).token == "out"
    assert theirs.recv(10) == b"out"
    theirs.send(b"in")
    assert one(proactor).value() == b"in"


def test_the_end_is_empty(proactor, pair):
    proactor.recv(pair[0], 10)
    pair[1].close()
    assert one(proactor).value() == b""


def test_accept_and_echo_over_tcp(proactor):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proactor.accept(listener, "client")
        with socket.create_connection(listener.getsockname()) as client:
            completion = one(proactor)
            with completion.value() as server:
                assert server.getpeername() == client.getsockname()
                assert not server.get_inheritable()
                proactor.recv(server, 100)
                client.sendall(b"quattro")
                assert one(proactor).value() == b"quattro"


def test_a_send_may_be_partial_and_waits_for_room(proactor, pair):
    ours, theirs = pair
    data = bytes(4_000_000)
    sent = received = 0
    proactor.send(ours, data, "send")
    proactor.recv(theirs, 1 << 20, "recv")
    for _ in range(2000):
        for completion in proactor.completions(5):
            size = completion.value()
            if completion.token == "send":
                sent += size
                if sent < len(data):
                    proactor.send(ours, data[sent:], "send")
            else:
                received += len(size)
                if received < len(data):
                    proactor.recv(theirs, 1 << 20, "recv")
        if received == len(data):
            break
    assert sent == received == len(data)


def test_files_at_an_offset_and_at_their_end(proactor):
    with tempfile.TemporaryFile() as file:
        proactor.write(file, b"prosciutto", 0)
        assert one(proactor).value() == 10
        proactor.read(file, 4, 3, "middle")
        proactor.read(file, 4, 100, "behind")
        done = {c.token: c.value() for c in collect(proactor, 2)}
        assert done == {"middle": b"sciu", "behind": b""}


def test_several_operations_on_one_file_and_a_cancelled_one(proactor):
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789")
        file.flush()
        operations = [proactor.read(file, 1, n, n) for n in range(10)]
        proactor.cancel(operations[4])
        proactor.write(file, b"x", 20, "write")
        done = {c.token: c for c in collect(proactor, 11)}
        assert all(done[n].value() == b"%d" % n for n in range(10) if n != 4)
        assert done[4].result == b"4" or done[4].error.errno == errno.ECANCELED  # may have been faster
        assert done["write"].value() == 1


def test_a_pipe_and_a_socket_and_a_timer_in_one_queue(proactor, pair):
    reader, writer = os.pipe()
    try:
        proactor.read(reader, 10, token="pipe")
        proactor.recv(pair[0], 10, token="socket")
        proactor.timeout(0.01, "timer")
        assert one(proactor).token == "timer"
        os.write(writer, b"p")
        pair[1].send(b"s")
        assert {c.token: c.value() for c in collect(proactor, 2)} == {"pipe": b"p", "socket": b"s"}
    finally:
        os.close(reader)
        os.close(writer)


def test_cancel(proactor, pair):
    waiting = proactor.recv(pair[0], 10, "recv")
    alarm = proactor.timeout(3600, "timeout")
    proactor.completions(0)
    proactor.cancel(waiting)
    proactor.cancel(alarm)
    done = collect(proactor, 2)
    assert {c.token for c in done} == {"recv", "timeout"}
    assert {c.error.errno for c in done} == {errno.ECANCELED}
    proactor.cancel(waiting)
    assert proactor.completions(0) == []
    proactor.recv(pair[0], 10, "again")  # and the descriptor is as good as new
    pair[1].send(b"x")
    assert one(proactor).value() == b"x"


def test_a_reset_by_the_peer_is_in_the_completion(proactor):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with server:
            proactor.recv(server, 10)
            proactor.completions(0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            completion = one(proactor)
            assert isinstance(completion.error, ConnectionResetError)
            with pytest.raises(ConnectionResetError):
                completion.value()


def test_sending_to_nobody_is_an_error_and_no_signal(proactor, pair):
    pair[1].close()
    proactor.send(pair[0], b"x")
    assert isinstance(one(proactor).error, BrokenPipeError)


def test_a_closed_descriptor_is_refused_at_once(proactor, pair):
    fd = pair[0].fileno()
    pair[0].close()
    with pytest.raises(ValueError, match="is closed"):
        proactor.recv(pair[0], 1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        proactor.recv(fd, 1)


@pytest.mark.parametrize("size", [0, -1])
def test_a_read_of_nothing_is_refused(proactor, pair, size):
    with pytest.raises(ValueError, match="cannot ask for"):
        proactor.recv(pair[0], size)


def test_a_wait_has_an_end_and_uses_no_processor(proactor, pair):
    proactor.recv(pair[0], 1)

    def share():
        cpu, wall = time.thread_time(), time.monotonic()
        assert proactor.completions(0.2) == []
        waited = time.monotonic() - wall
        assert waited >= 0.2
        return (time.thread_time() - cpu) / waited

    idle = measured(share, lambda share: share < 0.1)  # usually below a thousandth; of a spinning one: 1
    assert idle.came_out, idle


def test_closing_with_operations_in_flight(proactor, pair):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proactor.recv(pair[0], 100)
        proactor.accept(listener)
        proactor.timeout(3600)
        proactor.completions(0)
        proactor.close()
        proactor.close()
        pair[1].send(b"into memory that is nobody's?")
        assert proactor.pending == 0
    for call in (proactor.completions, lambda: proactor.recv(pair[0], 1)):
        with pytest.raises(RuntimeError, match="the proactor is closed"):
            call()


def test_on_a_reactor_that_others_use_too(pair):
    with Reactor() as reactor:
        said = []
        proactor = ReactorProactor(reactor=reactor)
        reactor.call_soon(said.append, "hello")
        proactor.recv(pair[0], 1)
        pair[1].send(b"x")
        assert one(proactor).value() == b"x"
        proactor.close()
        reactor.call_soon(said.append, "still here")
        reactor.run_once(0)
        assert said == ["hello", "still here"]
