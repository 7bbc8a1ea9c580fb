"""The event loop on virtual time: tasks, deadlines, cancelling, and who awaits whom."""

import pytest

from pizzeria.eventloop import Cancelled, Loop, Pause, Resource, sleep


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
