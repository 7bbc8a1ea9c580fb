"""What the reactor calls besides: timers, calls from other threads and signals; and how it ends."""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref

import pytest

from pizzeria.common.measured import measured
from pizzeria.eventloop.reactor import READ, Reactor
from support.reactors import run_until

pytestmark = pytest.mark.usefixtures("nothing_leaks")


def test_keyboard_interrupt_is_not_swallowed(reactor):
    def interrupt():
        raise KeyboardInterrupt

    reactor.call_soon(interrupt)
    with pytest.raises(KeyboardInterrupt):
        reactor.run()
    reactor.call_soon(reactor.stop)
    reactor.run()  # and it can be run again


def test_a_call_from_another_thread_can_be_taken_back(reactor):
    said = []
    reactor.call_soon_threadsafe(said.append, 1).cancel()
    reactor.call_soon_threadsafe(said.append, 2)
    run_until(reactor, lambda: said)
    assert said == [2]


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


def test_a_sweep_of_cancelled_timers_is_worth_its_while(reactor):
    """Neither a few of few nor some of many: else each cancelled one would cost a walk along all of them."""
    for there, cancelled in ((3, 3), (1000, 100)):
        before = len(reactor._timers)
        handles = [reactor.call_later(3600, print) for _ in range(there)]
        for handle in handles[:cancelled]:
            handle.cancel()
        assert len(reactor._timers) == before + there


def test_whom_nobody_cancelled_rings_in_order_when_many_others_were(reactor):
    said = []
    now = 0.0
    reactor.time = lambda: now
    deadlines = [37 * n % 401 for n in range(1, 401)]
    handles = {deadline: reactor.call_at(deadline, said.append, deadline) for deadline in deadlines}
    for deadline in deadlines:
        if deadline % 3:
            handles[deadline].cancel()
    left = sorted(deadline for deadline in deadlines if not deadline % 3)
    assert len(left) <= len(reactor._timers) < len(deadlines)
    for now in (100.0, 250.0, 401.0):
        reactor.run_once(0)
        assert said == [deadline for deadline in left if deadline <= now]


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
