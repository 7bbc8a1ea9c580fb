"""The event loop on a clock of the test's own: what is due, what it waits for, and who wakes it."""

import pytest

from pizzeria.eventloop import Loop, sleep
from pizzeria.eventloop.sleepers import first_of, join


def test_a_real_clock_is_waited_for():
    time, waits = [0.0], []

    def wait(delay):
        waits.append(delay)
        time[0] += delay + 0.25  # the world is always a little late

    loop = Loop(clock=lambda: time[0], wait=wait)

    async def main():
        await sleep(1)
        await sleep(1)
        return loop.now

    assert loop.complete(main()) == 2.5
    assert waits == [1.0, 1.0]


def test_outside_keeps_the_loop_waiting_until_somebody_wakes_it():
    held = []

    def wait(delay):
        assert delay is None
        loop.outside -= 1
        loop.wake(held.pop())

    loop = Loop(clock=lambda: 0.0, wait=wait)

    class Outside:
        def __await__(self):
            loop.outside += 1
            yield held.append

    async def main():
        await Outside()
        return "woken"

    assert loop.complete(main()) == "woken"


def test_a_clock_alone_is_refused():
    with pytest.raises(ValueError, match="wait"):
        Loop(clock=lambda: 0.0)


class Clock:
    """A clock of the test's own; `wait` notes what it was asked, and lets `pace` of it pass."""

    def __init__(self, now=0.0, pace=1.0):
        self.now, self.pace, self.asked = now, pace, []

    def __call__(self):
        return self.now

    def wait(self, delay):
        assert delay is not None, "nothing outside will ever wake it"
        self.asked.append(delay)
        self.now += delay if len(self.asked) % 2 == 0 else delay * self.pace


def napping(loop, seen, *delays):
    async def nap(delay):
        await sleep(delay)
        seen.append((delay, loop.now))

    for delay in delays:
        loop.spawn(nap(delay))


@pytest.mark.parametrize("pace", [1.0, 0.5])
def test_only_what_is_due_wakes_on_a_real_clock(pace):
    clock, seen = Clock(100.0, pace), []
    loop = Loop(clock, clock.wait)
    assert loop.now == 100.0
    napping(loop, seen, 1.0, 5.0)
    assert loop.run() == 105.0
    assert seen == [(1.0, 101.0), (5.0, 105.0)]
    asked = len(clock.asked)
    assert loop.run() == 105.0
    assert len(clock.asked) == asked, "with nothing to do it does not wait"


@pytest.mark.parametrize("real", [False, True])
def test_what_is_due_when_the_clock_shows_until_is_done(real):
    clock, seen = Clock(), []
    loop = Loop(clock, clock.wait) if real else Loop()
    napping(loop, seen, 3.0, 5.0)
    assert loop.run(until=3.0) == 3.0
    assert seen == [(3.0, 3.0)]
    assert loop.run(until=4.0) == 4.0
    assert seen == [(3.0, 3.0)]
    assert loop.run() == 5.0


def test_a_delay_counts_from_now_and_none_is_a_turn():
    loop, seen = Loop(), []

    async def say(word):
        seen.append((word, loop.now))

    async def main():
        await sleep(5)
        loop.spawn(say("later"), delay=1)
        loop.spawn(say("next"))
        await sleep(0)
        await say("after")

    loop.complete(main())
    loop.run()
    assert seen == [("next", 5.0), ("after", 5.0), ("later", 6.0)]


def test_a_crowd_that_sleeps_until_the_same_moment_is_no_queue_to_sort():
    compared = 0

    class Priority(int):
        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return int(self) == int(other)

        __hash__ = int.__hash__

    sleepers, many = {}, 2000
    for number in range(many):
        join(sleepers, 1.0, number, Priority(0))
    woken = [first_of(sleepers, 1.0, sleepers.pop(1.0)) for _ in range(many)]
    assert woken == list(range(many))
    assert compared < 100 * many
