"""Resources of the event loop: who stands in line for a unit of one, and who gets it."""

import pytest

from pizzeria.eventloop import AT_ONCE, NOBODY, Loop, Resource, Urgent, sleep


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
