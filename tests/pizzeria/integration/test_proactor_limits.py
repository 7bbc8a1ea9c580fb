"""Where a proactor's limits are: time, threads and signals, the room in its queue, and what a kernel refuses."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import threading
import time

import pytest

from pizzeria.eventloop import ring
from pizzeria.eventloop.proactor import ReactorProactor, open_proactor
from pizzeria.eventloop.reactor import mechanisms
from pizzeria.eventloop.uring import UringProactor, UringUnavailable, uring_refusal
from support.proactors import KINDS, collect, one

pytestmark = pytest.mark.usefixtures("nothing_leaks")


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="io_uring may be forbidden outside CI")
def test_ci_runs_the_native_one():
    assert "io_uring" in KINDS, uring_refusal()


def test_timeouts_come_in_order_and_never_early(proactor):
    begun = time.monotonic()
    proactor.timeout(0.03, "late")
    proactor.timeout(0.01, "soon")
    proactor.timeout(0, "now")
    done = collect(proactor, 3)
    assert [c.token for c in done] == ["now", "soon", "late"]
    assert all(c.value() is None for c in done)
    assert time.monotonic() - begun >= 0.03


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
