"""The event loop and its resources, on virtual time and on a clock of the test's own."""

import pytest

from pizzeria.eventloop import AT_ONCE, NOBODY, Cancelled, Loop, Pause, Resource, Urgent, sleep


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
