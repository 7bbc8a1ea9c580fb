"""One contract for the reactor, kept on every mechanism this system has."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import socket
import tempfile
import threading
import time
import weakref

import pytest

from pizzeria.common.measured import measured
from pizzeria.eventloop import reactor as module
from pizzeria.eventloop.reactor import EDGE, READ, WRITE, ClosedDescriptor, Reactor, mechanisms
from pizzeria.eventloop.world import World, real_loop

TURNS = 2000  # no loop of a test turns more often


pytestmark = pytest.mark.usefixtures("nothing_leaks")


class Kevent:
    """What `select.kevent` is on BSD."""

    def __init__(self, ident, filter=-1, flags=1):
        self.ident, self.filter, self.flags = ident, filter, flags


class StandInKqueue:
    """`select.kqueue` over epoll, so that the contract is kept on a Linux too: one epoll a filter, inside a third."""

    def __init__(self):
        self.sides = {-1: select.epoll(), -2: select.epoll()}
        self.all, self.files = select.epoll(), set()
        for side in self.sides.values():
            self.all.register(side.fileno(), select.EPOLLIN)
        self.fileno = self.all.fileno

    def control(self, changes, room, timeout=None):
        for change in changes or ():
            self.change(self.sides[change.filter], change, (change.ident, change.filter))
        if not room:
            return []
        self.all.poll(0 if self.files else timeout)
        news = [(fd, kind) for kind, side in self.sides.items() for fd, _ in side.poll(0, room)]
        return [Kevent(*one) for one in [*news, *self.files]]

    def change(self, side, change, key):
        if change.flags & 2:  # EV_DELETE
            if key in self.files:
                self.files.remove(key)
            else:
                side.unregister(change.ident)
            return
        bits = select.EPOLLIN if change.filter == -1 else select.EPOLLOUT
        bits |= select.EPOLLET if change.flags & 0x20 else 0
        try:
            side.register(change.ident, bits)
        except FileExistsError:
            side.modify(change.ident, bits)
        except PermissionError:  # a disk file, which kqueue takes
            self.files.add(key)

    def close(self):
        for epoll in (*self.sides.values(), self.all):
            epoll.close()


STANDS_IN = ("kqueue",) if "kqueue" not in mechanisms() and "epoll" in mechanisms() else ()


@pytest.fixture(params=[*mechanisms(), *STANDS_IN])
def reactor(request, monkeypatch):
    errors: list = []
    if request.param in STANDS_IN:
        constants = {
            "KQ_FILTER_READ": -1,
            "KQ_FILTER_WRITE": -2,
            "KQ_EV_ADD": 1,
            "KQ_EV_DELETE": 2,
            "KQ_EV_CLEAR": 0x20,
        }
        for name, value in {**constants, "kqueue": StandInKqueue, "kevent": Kevent}.items():
            monkeypatch.setattr(select, name, value, raising=False)
    with Reactor(request.param, lambda what, error: errors.append((what, error))) as one:
        one.errors = errors
        yield one


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


def run_until(reactor, condition) -> int:
    """Turn the loop until the condition holds; return the turns it took. Every wait has a generous end."""
    for turn in range(TURNS):
        if condition():
            return turn
        reactor.run_once(5)
    raise AssertionError("it never came true")


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


def test_keyboard_interrupt_is_not_swallowed(reactor):
    def interrupt():
        raise KeyboardInterrupt

    reactor.call_soon(interrupt)
    with pytest.raises(KeyboardInterrupt):
        reactor.run()
    reactor.call_soon(reactor.stop)
    reactor.run()  # and it can be run again


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


def test_a_sweep_takes_only_what_was_closed(reactor, pair):
    ours, theirs = socket.socketpair()
    fd = ours.fileno()
    reactor.register(ours, READ, print)
    reactor.register(pair[0], READ, print)
    ours.close()
    theirs.close()
    assert reactor.sweep() == [fd]
    assert reactor.watching(pair[0]) == READ


def test_a_call_from_another_thread_can_be_taken_back(reactor):
    said = []
    reactor.call_soon_threadsafe(said.append, 1).cancel()
    reactor.call_soon_threadsafe(said.append, 2)
    run_until(reactor, lambda: said)
    assert said == [2]


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


def test_a_hangup_is_told_as_what_was_waited_for(reactor, pair):
    ours, theirs = pair
    said = []
    reactor.register(ours, READ, lambda fd, events: said.append(events))
    theirs.close()
    reactor.run_once(5)
    assert said == [READ]


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


def test_calls_and_timers_keep_their_order(reactor):
    said = []
    now = reactor.time()
    reactor.call_at(now + 0.002, said.append, "second")
    reactor.call_at(now + 0.001, said.append, "first")
    reactor.call_at(now + 0.002, said.append, "third")
    reactor.call_soon(said.append, "at once")
    run_until(reactor, lambda: len(said) == 4)
    assert said == ["at once", "first", "second", "third"]


def test_a_timer_is_never_early_and_costs_few_turns(reactor):
    rang = []
    due = reactor.time() + 0.03
    reactor.call_at(due, lambda: rang.append(reactor.time()))
    turns = run_until(reactor, lambda: rang)
    assert rang[0] >= due
    assert turns <= 3


def test_a_timer_rings_when_the_clock_shows_its_deadline_and_no_other_does(reactor):
    said = []
    now = 1000.0
    reactor.time = lambda: now
    for deadline in (1003, 1002, 1001):
        reactor.call_at(deadline, said.append, deadline)
    reactor.run_once(0)
    assert said == []
    now = 1002.0
    reactor.run_once()
    assert said == [1001, 1002]
    reactor.run_once(0)
    assert said == [1001, 1002]
    now = 1003.5
    reactor.run_once()
    assert said == [1001, 1002, 1003]


def test_a_wait_is_as_short_as_it_was_asked_to_be(reactor):
    """A timer in an hour makes no wait longer: the test's own time limit would catch one that lasts until then."""
    said = []
    reactor.call_later(3600, said.append, 1)
    reactor.run_once(0)
    reactor.run_once(0.001)
    assert said == []


def test_a_call_can_be_cancelled(reactor):
    said = []
    handles = [reactor.call_soon(said.append, 1), reactor.call_later(0, said.append, 2)]
    for handle in handles:
        handle.cancel()
        handle.cancel()
    reactor.call_later(0, said.append, 3)
    run_until(reactor, lambda: said)
    assert said == [3]


def test_many_cancelled_timers_do_not_pile_up(reactor):
    for _ in range(1000):
        reactor.call_later(3600, print).cancel()
    assert len(reactor._timers) < 200


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf")])
def test_impossible_delays_are_refused(reactor, delay):
    with pytest.raises(ValueError, match="finite and at least 0"):
        reactor.call_later(delay, print)


def test_a_call_made_by_a_call_waits_for_the_next_turn(reactor):
    said = []
    reactor.call_soon(lambda: reactor.call_soon(said.append, "later"))
    reactor.run_once(0)
    assert said == []
    reactor.run_once(0)
    assert said == ["later"]


def test_stopped_from_another_thread(reactor):
    started = threading.Event()
    reactor.call_soon(started.set)
    caller = []

    def from_outside():
        started.wait(10)
        reactor.call_soon_threadsafe(lambda: (caller.append(threading.get_ident()), reactor.stop()))

    thread = threading.Thread(target=from_outside)
    thread.start()
    reactor.run()
    thread.join(10)
    assert caller == [threading.get_ident()]


def test_more_wake_ups_than_the_box_holds(reactor):
    for _ in range(5000):
        reactor.wake()
    turns = 0
    for turns in range(200):
        if not reactor._mailbox.collect() and turns:
            break
        reactor.run_once(0)
    said = []
    reactor.call_soon_threadsafe(said.append, 1)
    run_until(reactor, lambda: said)


def test_run_inside_run_and_close_inside_run_are_refused(reactor):
    reactor.call_soon(reactor.run)
    reactor.call_soon(reactor.close)
    reactor.call_soon(reactor.stop)
    reactor.run()
    assert [str(error) for _, error in reactor.errors] == [
        "the reactor is already running",
        "stop the reactor before closing it",
    ]


def test_closed_is_closed():
    reactor = Reactor()
    reactor.close()
    reactor.close()
    for call in (reactor.wake, reactor.run_once, lambda: reactor.register(0, READ, print)):
        with pytest.raises(RuntimeError, match="closed"):
            call()


def test_a_closed_reactor_lets_go_of_whom_it_would_have_called(reactor, pair):
    class Cook:
        def called(self, *_):
            pass

    cooks = [Cook() for _ in range(3)]
    there = [weakref.ref(cook) for cook in cooks]
    reactor.register(pair[0], READ, cooks[0].called)
    reactor.call_soon(cooks[1].called)
    reactor.call_later(3600, cooks[2].called)
    cooks.clear()
    assert all(cook() for cook in there)
    reactor.close()
    assert not any(cook() for cook in there)


def test_a_signal_is_a_call_in_the_loop(reactor):
    before = signal.getsignal(signal.SIGUSR1)
    heard = []
    reactor.on_signal(signal.SIGUSR1, heard.append)
    os.kill(os.getpid(), signal.SIGUSR1)
    run_until(reactor, lambda: heard)
    assert heard == [signal.SIGUSR1]
    reactor.close()
    assert signal.getsignal(signal.SIGUSR1) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_ends_a_wait_without_end(reactor):
    reactor.on_signal(signal.SIGALRM, lambda signum: reactor.stop())
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    reactor.run()  # the test's own time limit would catch a loop that sleeps through it


def test_signals_are_for_the_main_thread(reactor):
    failures = []

    def elsewhere():
        try:
            reactor.on_signal(signal.SIGUSR1, print)
        except RuntimeError as error:
            failures.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(10)
    assert "main thread" in failures[0]


def test_interrupted_system_calls_are_taken_up_again(reactor):
    """EINTR: a storm of signals with an ordinary handler must neither end the wait nor cut the timer short."""
    storms = []
    before = signal.signal(signal.SIGALRM, lambda *_: storms.append(1))
    rang = []
    due = reactor.time() + 0.1
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        reactor.call_at(due, lambda: rang.append(reactor.time()))
        turns = run_until(reactor, lambda: rang)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert storms
    assert rang[0] >= due
    assert turns <= 3


def test_an_idle_loop_uses_no_processor(reactor, pair):
    """A ratio within one run: the processor time of an idle wait against the time it lasted."""
    reactor.register(pair[0], READ, print)

    def share():
        reactor.call_later(0.2, reactor.stop)
        cpu, wall = time.thread_time(), time.monotonic()
        reactor.run()
        return (time.thread_time() - cpu) / (time.monotonic() - wall)

    idle = measured(share, lambda share: share < 0.1)  # usually below a thousandth; of a spinning one: 1
    assert idle.came_out, idle


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
