"""One contract for the proactor: built on every mechanism of the reactor, and the kernel's own (io_uring)."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import tempfile
import threading
import time

import pytest

from pizzeria.common.measured import measured
from pizzeria.eventloop import ring
from pizzeria.eventloop.proactor import ReactorProactor, open_proactor
from pizzeria.eventloop.reactor import Reactor, mechanisms
from pizzeria.eventloop.uring import UringProactor, UringUnavailable, uring_refusal

KINDS = (*mechanisms(), *(() if uring_refusal() else ("io_uring",)))


pytestmark = pytest.mark.usefixtures("nothing_leaks")


@pytest.fixture(params=KINDS)
def proactor(request):
    with open_proactor(request.param) as one:
        assert one.kind == request.param
        yield one
    assert one.pending == 0


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def collect(proactor, count) -> list:
    found: list = []
    for _ in range(200):
        found += proactor.completions(5)
        if len(found) >= count:
            return found
    raise AssertionError(f"{len(found)} of {count} completions came")


def one(proactor):
    (completion,) = collect(proactor, 1)
    return completion


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="io_uring may be forbidden outside CI")
def test_ci_runs_the_native_one():
    assert "io_uring" in KINDS, uring_refusal()


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


def test_timeouts_come_in_order_and_never_early(proactor):
    begun = time.monotonic()
    proactor.timeout(0.03, "late")
    proactor.timeout(0.01, "soon")
    proactor.timeout(0, "now")
    done = collect(proactor, 3)
    assert [c.token for c in done] == ["now", "soon", "late"]
    assert all(c.value() is None for c in done)
    assert time.monotonic() - begun >= 0.03


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


def test_too_many_descriptors_is_in_the_completion_and_the_next_accept_works(proactor):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
        socket.create_connection(listener.getsockname()),
    ):
        probe = os.dup(0)
        os.close(probe)
        resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
        try:
            proactor.accept(listener)
            completion = one(proactor)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert completion.error.errno == errno.EMFILE
        proactor.accept(listener)
        one(proactor).value().close()


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


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf")])
def test_impossible_delays_are_refused(proactor, delay):
    with pytest.raises(ValueError, match="finite and at least 0"):
        proactor.timeout(delay)


def test_posted_from_another_thread(proactor):
    thread = threading.Thread(target=proactor.post, args=("napkins", 10))
    thread.start()
    completion = one(proactor)
    thread.join(10)
    assert (completion.token, completion.value(), completion.operation) == ("napkins", 10, None)
    proactor.post("again")
    assert one(proactor).token == "again"


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


def test_interrupted_system_calls_are_taken_up_again(proactor):
    storms = []
    before = signal.signal(signal.SIGALRM, lambda *_: storms.append(1))
    begun = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        proactor.timeout(0.1)
        assert one(proactor).value() is None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert storms
    assert time.monotonic() - begun >= 0.1


def test_more_operations_than_the_queue_has_room_for(proactor):
    for n in range(1000):
        proactor.timeout(0, n)
    assert sorted(c.token for c in collect(proactor, 1000)) == list(range(1000))


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


@pytest.mark.parametrize("mechanism", mechanisms())
def test_closed_while_an_operation_waits(mechanism):
    with ReactorProactor(mechanism) as proactor:
        ours, theirs = socket.socketpair()
        proactor.recv(ours, 1, "lost")
        ours.close()
        found = proactor.completions(0) or (proactor.reactor.sweep() and proactor.completions(0))
        theirs.close()
        assert found[0].error.errno == errno.EBADF
        assert proactor.pending == 0


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


@pytest.mark.parametrize(("code", "says"), [(errno.EPERM, "forbidden"), (errno.ENOSYS, "no io_uring")])
def test_a_kernel_that_refuses(monkeypatch, code, says):
    """Forbidden by the administrator or absent: a clear error when asked for, the reactor when not."""

    def refuse(number, *_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(ring, "_syscall", refuse)
    with pytest.raises(UringUnavailable, match=says):
        UringProactor()
    assert "reactor" in uring_refusal() or "exists on Linux only" in uring_refusal()
    with open_proactor() as proactor:
        assert proactor.kind == mechanisms()[0]
