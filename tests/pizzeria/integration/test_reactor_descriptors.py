"""What the reactor watches: what it takes, what was closed or reused meanwhile, and where the system's limits are."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import tempfile

import pytest

from pizzeria.eventloop import reactor as module
from pizzeria.eventloop.reactor import EDGE, READ, WRITE, ClosedDescriptor, Reactor, mechanisms
from support.reactors import run_until

pytestmark = pytest.mark.usefixtures("nothing_leaks")


def test_registering_twice_is_refused(reactor, pair):
    reactor.register(pair[0], READ, print)
    with pytest.raises(ValueError, match="already registered"):
        reactor.register(pair[0], WRITE, print)


def test_its_own_mailbox_is_registered_already(reactor):
    (box,) = reactor._entries
    with pytest.raises(ValueError, match="already registered"):
        reactor.register(box, READ, print)


def test_modify_says_whether_the_descriptor_or_the_kernel_is_to_blame(reactor, pair, monkeypatch):
    reactor.register(pair[0], READ, print)

    for code, error in (
        (errno.ENOENT, ClosedDescriptor),
        (errno.EBADF, ClosedDescriptor),
        (errno.ENOSPC, OSError),
    ):

        def change(*_, code=code):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(reactor._poller, "change", change)
            with pytest.raises(error) as caught:
                reactor.modify(pair[0], WRITE)
        assert type(caught.value) is error
    assert reactor.watching(pair[0]) == READ
    reactor.modify(pair[0], WRITE)
    assert reactor.watching(pair[0]) == WRITE


def test_what_the_kernel_forgot_is_taken_off_and_any_other_refusal_is_heard(reactor, pair, monkeypatch):
    for code in (errno.ENOENT, errno.EBADF, errno.EIO):
        reactor.register(pair[0], READ, print)

        def change(*_, code=code):
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(reactor._poller, "change", change)
            if code == errno.EIO:
                with pytest.raises(OSError, match=os.strerror(code)):
                    reactor.unregister(pair[0])
            else:
                reactor.unregister(pair[0])
        assert reactor.watching(pair[0]) is None
        reactor._poller.change(pair[0].fileno(), READ, 0)


def test_a_sweep_takes_only_what_was_closed(reactor, pair):
    ours, theirs = socket.socketpair()
    fd = ours.fileno()
    reactor.register(ours, READ, print)
    reactor.register(pair[0], READ, print)
    ours.close()
    theirs.close()
    assert reactor.sweep() == [fd]
    assert reactor.watching(pair[0]) == READ


def test_what_is_not_registered_is_refused(reactor, pair):
    assert reactor.watching(0) is None
    for call in (lambda: reactor.modify(pair[0], READ), lambda: reactor.unregister(pair[0])):
        with pytest.raises(KeyError, match="is not registered"):
            call()


@pytest.mark.parametrize("events", [2, 64, EDGE])
def test_events_that_are_none_are_refused(reactor, pair, events):
    with pytest.raises(ValueError, match="not a set of events"):
        reactor.register(pair[0], events, print)


def test_a_closed_descriptor_cannot_be_registered(reactor):
    ours, theirs = socket.socketpair()
    fd = ours.fileno()
    ours.close()
    theirs.close()
    with pytest.raises(ValueError, match="is closed"):
        reactor.register(ours, READ, print)
    with pytest.raises(ValueError, match=f"descriptor {fd} is not open"):
        reactor.register(fd, READ, print)


def test_closed_while_registered_is_reported(reactor):
    ours, theirs = socket.socketpair()
    fd = ours.fileno()
    reactor.register(ours, READ, print)
    ours.close()
    reactor.call_soon(lambda: None)
    reactor.run_once(0)
    if not reactor.errors:  # epoll and kqueue keep quiet, unless asked
        assert reactor.mechanism in ("epoll", "kqueue")
        assert reactor.sweep() == [fd]
    (_, error), *more = reactor.errors
    assert isinstance(error, ClosedDescriptor)
    assert error.fd == fd
    assert not more
    assert reactor.sweep() == []
    theirs.close()


def test_a_reused_number_is_not_mistaken_for_the_old_one(reactor):
    old, peer = socket.socketpair()
    fd = old.fileno()
    reactor.register(old, READ, print)
    old.close()
    new, other = socket.socketpair()
    try:
        assert fd in (new.fileno(), other.fileno())
        with pytest.raises(ClosedDescriptor, match="closed while registered"):
            reactor.register(fd, READ, print)
        reactor.unregister(fd)
        calls = []
        reactor.register(fd, WRITE, lambda fd, events: calls.append(events))
        reactor.run_once(5)
        assert calls == [WRITE]
    finally:
        for sock in (peer, new, other):
            sock.close()


@pytest.fixture
def pairs():
    """Six pairs, each with a byte to read."""
    with contextlib.ExitStack() as stack:
        made = [socket.socketpair() for _ in range(6)]
        for ours, theirs in made:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            theirs.send(b"x")
        yield made


def test_taken_off_during_the_same_turn_is_not_called_and_everybody_else_is(reactor, pairs):
    called, off = [], set()

    def come(fd, events):
        if not called:
            others = [ours.fileno() for ours, _ in pairs if ours.fileno() != fd]
            off.update(others[::2])
            for other in off:
                reactor.unregister(other)
        called.append(fd)

    for ours, _ in pairs:
        reactor.register(ours, READ, come)
    reactor.run_once(5)
    assert len(off) == 3
    assert sorted(called) == sorted({ours.fileno() for ours, _ in pairs} - off)


def test_all_that_were_closed_are_told_of_in_one_turn(reactor, pair, pairs):
    """And whoever is ready waits for one more turn at most."""
    called = []
    for ours, _ in pairs:
        reactor.register(ours, READ, print)
        ours.close()
    reactor.register(pair[0], READ, lambda fd, events: called.append(os.read(fd, 1)))
    pair[1].send(b"x")
    turns = run_until(reactor, lambda: called)
    assert turns <= 2
    told = len(reactor.errors)
    assert told + len(reactor.sweep()) == len(pairs)
    assert told == 0 or reactor.mechanism in ("select", "poll")


def test_old_news_is_not_for_a_new_descriptor_of_the_same_number(reactor):
    """Within one turn: the first callback closes the other descriptor, and a new one takes its number."""
    pairs = [socket.socketpair() for _ in range(2)]
    new: list = []
    called = []

    def swap(fd, events):
        other = next(ours for ours, _ in pairs if ours.fileno() != fd)
        number = other.fileno()
        reactor.unregister(other)
        other.close()
        new.extend(socket.socketpair())
        assert number in (sock.fileno() for sock in new)
        reactor.register(number, READ, lambda fd, events: called.append("mistaken"))
        reactor.unregister(fd)

    for ours, theirs in pairs:
        reactor.register(ours, READ, swap)
        theirs.send(b"x")
    reactor.run_once(5)
    assert new
    assert not called
    assert not reactor.errors
    for sock in (*new, *(one for pair in pairs for one in pair)):
        sock.close()


def test_a_disk_file(reactor):
    with tempfile.TemporaryFile() as file:
        calls = []
        if reactor.mechanism == "epoll":
            with pytest.raises(PermissionError, match="disk file is always 'ready'"):
                reactor.register(file, READ, print)
            assert reactor.watching(file) is None
            return
        reactor.register(file, READ, lambda fd, events: calls.append(events))
        reactor.run_once(5)
        assert calls == [READ]


def test_select_ends_at_1024_and_the_others_do_not(reactor, pair):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft <= 1030:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2048 if hard == resource.RLIM_INFINITY else hard, hard))
    import fcntl

    high = fcntl.fcntl(pair[0].fileno(), fcntl.F_DUPFD_CLOEXEC, 1024)
    try:
        if reactor.mechanism == "select":
            with pytest.raises(ValueError, match="its sets end at 1023"):
                reactor.register(high, READ, print)
            assert reactor.watching(high) is None
        else:
            calls = []
            reactor.register(high, READ, lambda fd, events: calls.append(os.read(fd, 9)))
            pair[1].send(b"ring")
            run_until(reactor, lambda: calls)
            assert calls == [b"ring"]
    finally:
        os.close(high)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def no_more_descriptors(spare=0):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_a_mailbox_its_poller_is_closed(monkeypatch):
    class NoMailbox:
        def __init__(self):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    poller = module.open_poller(mechanisms()[0])
    closed = []
    monkeypatch.setattr(poller, "close", lambda: closed.append(True), raising=True)
    monkeypatch.setattr(module, "open_poller", lambda mechanism: poller)
    monkeypatch.setattr(module, "Mailbox", NoMailbox)
    with pytest.raises(OSError, match="Too many open files"):
        Reactor()
    assert closed


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_no_descriptor_left_for_a_reactor(spare):
    """At whichever of its three descriptors it fails, it gives the others back."""
    if mechanisms()[0] not in ("epoll", "kqueue"):
        pytest.skip("select and poll need two descriptors only")
    with no_more_descriptors(spare), pytest.raises(OSError, match="Too many open files"):
        Reactor()
