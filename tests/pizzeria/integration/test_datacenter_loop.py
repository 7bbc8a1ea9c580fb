"""What only the server on our own loop promises: who computes takes turns, and the world is looked at in between."""

import socket

from pizzeria.datacenter.servers.loop_host import ReactorHost, ReactorStream
from pizzeria.eventloop.reactor import Reactor

SOON = 60  # s; a bound, not a pause


def lunch(story):
    """Run the coroutine that `story(host)` returns on a host of its own."""
    with Reactor() as reactor:
        host = ReactorHost(reactor)
        host.loop.outside += 1
        return host.loop.complete(story(host))


def test_an_answer_that_is_there_is_heard_before_the_next_price():
    near, far = socket.socketpair()
    near.setblocking(False)

    async def main(host):
        said = []
        stream = ReactorStream(host, near)

        async def compute(number):
            await host.turn()
            said.append(number)
            if not number:
                far.send(b"answer")

        async def hear():
            await stream.recv(host.clock() + SOON)
            said.append("heard")

        tasks = [host.loop.spawn(compute(number)) for number in range(4)] + [host.loop.spawn(hear())]
        for task in tasks:
            await task
        stream.close()
        return said

    with far:
        assert lunch(main) == [0, "heard", 1, 2, 3]


def test_whoever_gave_up_waiting_for_a_turn_takes_nobody_elses():
    async def main(host):
        said = []

        async def compute(number):
            await host.turn()
            said.append(number)

        async def give_up():
            first.cancel()

        first, second = (host.loop.spawn(compute(number)) for number in range(2))
        host.loop.spawn(give_up())  # in the same round: both are in line, and nobody has had a turn
        await second
        return said

    assert lunch(main) == [1]
