"""The event loop and its resources, on virtual time and on a clock of the test's own."""

import pytest

from pizzeria.eventloop import AT_ONCE, NOBODY, Cancelled, Loop, Pause, Resource, Urgent, sleep
from pizzeria.eventloop.sleepers import first_of, join


def test_deadlines_decide_the_order_and_time_jumps():
    loop, seen = Loop(), []

    async def nap(name, delay):
        await sleep(delay)
        seen.append((name, loop.now))

    loop.spawn(nap("late", 2))
    loop.spawn(nap("early", 1))
    assert loop.run() == 2
    assert seen == [("early", 1.0), ("late", 2.0)]


def test_ties_go_by_priority_then_by_who_came_first():
    loop, seen = Loop(), []

    async def say(name):
        seen.append(name)

    for name, priority in (("c", 1), ("a", 0), ("d", 1), ("b", 0)):
        loop.spawn(say(name), delay=1.0, priority=priority)
    loop.run()
    assert seen == ["a", "b", "c", "d"]


def test_until_stops_the_clock_and_run_goes_on_from_there():
    loop, seen = Loop(), []

    async def tick():
        for _ in range(3):
            await Pause((1.0,))
            seen.append(loop.now)

    loop.spawn(tick())
    assert loop.run(until=1.5) == 1.5
    assert seen == [1.0]
    assert loop.run() == 3.0
    assert seen == [1.0, 2.0, 3.0]


def test_a_task_is_awaited_for_its_result_or_its_error():
    loop = Loop()

    async def give(value):
        await sleep(1)
        if value is None:
            raise KeyError("nothing")
        return value

    async def main():
        task = loop.spawn(give(3))
        assert await task == 3
        assert await task == 3  # once more, when it is done
        with pytest.raises(KeyError):
            await loop.spawn(give(None))
        return "ended"

    assert loop.complete(main()) == "ended"


def test_an_error_nobody_awaits_stops_the_loop():
    loop = Loop()

    async def fail():
        await sleep(1)
        raise KeyError("heard")

    loop.spawn(fail())
    with pytest.raises(KeyError, match="heard"):
        loop.run()


def test_cancel_throws_where_it_sleeps_and_leaves_no_stale_wakeup():
    loop, seen = Loop(), []

    async def sleeper():
        try:
            await sleep(10)
        except Cancelled:
            seen.append(loop.now)
            await sleep(1)
            seen.append(loop.now)

    async def main():
        task = loop.spawn(sleeper())
        await sleep(2)
        task.cancel()
        await task
        task.cancel()  # too late: nothing happens

    loop.complete(main())
    assert loop.run() == 3.0
    assert seen == [2.0, 3.0]


def test_within_cancels_what_takes_too_long():
    loop, seen = Loop(), []

    async def work(minutes):
        try:
            await sleep(minutes)
            return "done"
        except Cancelled:
            seen.append(loop.now)
            raise

    async def main():
        assert await loop.within(5, work(1)) == "done"
        with pytest.raises(TimeoutError):
            await loop.within(5, work(100))

    loop.complete(main())
    assert seen == [6.0]
    assert loop.run() == 6.0


def test_complete_says_so_when_it_can_never_end():
    loop = Loop()

    async def deadlock():
        async with one, one:
            pass

    one = Resource(loop, 1)
    with pytest.raises(RuntimeError, match="stuck"):
        loop.complete(deadlock())


@pytest.mark.parametrize("delay", [-1, float("nan")])
def test_time_only_goes_forward(delay):
    with pytest.raises(ValueError, match="forward"):
        Loop().complete(sleep(delay))


def test_an_unknown_awaitable_is_named():
    class Stranger:
        def __await__(self):
            yield "future of somebody else"

    async def main():
        await Stranger()

    loop = Loop()
    loop.spawn(main())
    with pytest.raises(TypeError, match="somebody else"):
        loop.run()


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


def take(loop, block, name, seen, hold=1.0):
    async def user():
        async with block:
            seen.append((name, loop.now))
            await sleep(hold)

    return loop.spawn(user())


def test_a_resource_serves_in_the_order_of_asking():
    loop, seen = Loop(), []
    two = Resource(loop, 2)
    for name in "abcd":
        take(loop, two, name, seen)
    loop.run()
    assert seen == [("a", 0.0), ("b", 0.0), ("c", 1.0), ("d", 1.0)]
    assert (two.free, two.waiting) == (2, 0)


def test_the_most_urgent_claim_goes_first_and_equals_by_age():
    loop, seen = Loop(), []
    one = Urgent(loop, 1)
    for name, urgency in (("first", 9), ("c", 2), ("a", 0), ("d", 2), ("b", 1)):
        take(loop, one.claim(urgency), name, seen)
    loop.run()
    assert [name for name, _ in seen] == ["first", "a", "b", "c", "d"]
    assert one.free == 1


@pytest.mark.parametrize("kind", ["fifo", "urgent"])
@pytest.mark.parametrize("moment", [0.5, 1.0])
def test_whoever_is_cancelled_in_line_takes_no_unit_with_him(kind, moment):
    loop, seen = Loop(), []
    resource = Resource(loop, 1) if kind == "fifo" else Urgent(loop, 1)
    block = resource if kind == "fifo" else resource.claim(0)

    async def main():
        take(loop, block, "a", seen)
        victim = take(loop, block, "b", seen)
        take(loop, block, "c", seen)
        await sleep(moment)  # at 1.0 the victim has just been handed the unit
        victim.cancel()

    loop.spawn(main())
    loop.run()
    assert seen[-1][0] == "c"
    assert (resource.free, resource.waiting) == (1, 0)


@pytest.mark.parametrize("units", [0, -1, 1.5])
def test_a_resource_needs_whole_units(units):
    for kind in (Resource, Urgent):
        with pytest.raises(ValueError, match="whole number"):
            kind(Loop(), units)


def test_nobody_and_at_once_do_not_wait():
    loop = Loop()

    async def main():
        for _ in range(3):
            async with NOBODY:
                await AT_ONCE
        return loop.now

    assert loop.complete(main()) == 0.0


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


@pytest.mark.parametrize("others", [0, 1])
def test_who_sleeps_has_the_usual_priority(others):
    loop, seen = Loop(), []

    async def sleeper():
        await sleep(1)
        seen.append("sleeper")

    async def say(word):
        seen.append(word)

    async def late():
        loop.spawn(say("spawned"), delay=1)

    loop.spawn(sleeper())
    if others:
        loop.spawn(late())  # so that somebody is ready when the sleeper falls asleep
    else:
        loop.run(until=0)
        loop.spawn(say("spawned"), delay=1)
    loop.run()
    assert seen == ["sleeper", "spawned"]


def test_a_task_that_is_cancelled_twice_hears_it_once():
    loop, seen = Loop(), []

    async def stubborn():
        try:
            await sleep(10)
        except Cancelled:
            await sleep(1)
            seen.append(loop.now)

    async def main():
        task = loop.spawn(stubborn())
        await sleep(2)
        task.cancel()
        task.cancel()
        await task

    loop.complete(main())
    assert seen == [3.0]


def test_a_task_that_is_about_to_run_is_cancelled_where_it_sleeps_next():
    loop, seen = Loop(), []

    async def work():
        seen.append("begun")
        try:
            await sleep(10)
        except Cancelled:
            seen.append(loop.now)
            raise

    task = loop.spawn(work())
    task.cancel()
    assert loop.run() == 0.0
    assert seen == ["begun", 0.0]
    assert task.done


def test_whom_nobody_awaits_any_more_may_end_in_peace():
    loop = Loop()

    async def watcher(task):
        await task

    async def main():
        task = loop.spawn(sleep(5))
        watching = loop.spawn(watcher(task))
        await sleep(1)
        watching.cancel()
        await sleep(10)

    loop.complete(main())


def test_within_leaves_nothing_behind():
    loop, seen = Loop(), []

    async def work(minutes):
        try:
            await sleep(minutes)
        except Cancelled:
            seen.append(loop.now)
            raise
        return "done"

    assert loop.complete(loop.within(5, work(1))) == "done"
    assert loop.run() == 1.0, "no alarm goes off"
    task = loop.spawn(loop.within(5, work(100)))

    async def main():
        await sleep(2)
        task.cancel()
        with pytest.raises(Cancelled):
            await task

    loop.complete(main())
    assert seen == [3.0]
    assert loop.run() == 3.0


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
