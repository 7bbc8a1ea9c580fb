"""The load generator counts what it says, and its latencies leave no waiting out."""

import asyncio

import pytest

from pizzeria.common.measured import measured
from pizzeria.datacenter.measure import held, results
from pizzeria.datacenter.measure.load import Histogram, closed, open_loop
from pizzeria.datacenter.measure.probes import look

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


class Counter(asyncio.Protocol):
    """A server that answers after `delay`, all at once stalled until `stall` is set."""

    def __init__(self, seen, delay=0.0, stall=None, answer=ANSWER):
        self.seen, self.delay, self.stall, self.answer = seen, delay, stall, answer

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.seen.append(data)
        self.task = asyncio.get_running_loop().create_task(self.reply())

    async def reply(self):
        if self.stall:
            await self.stall.wait()
        await asyncio.sleep(self.delay)
        self.transport.write(self.answer)


async def serving(load, **options):
    seen, loop = [], asyncio.get_running_loop()
    server = await loop.create_server(lambda: Counter(seen, **options), "127.0.0.1", 0)
    async with server:
        return await load(server.sockets[0].getsockname()[1]), seen


def test_percentiles_are_exact_to_two_per_cent():
    histogram = Histogram()
    for n in range(1, 1001):
        histogram.add(n / 1000)
    assert histogram.percentile(0.5) == pytest.approx(0.5, rel=0.02)
    assert histogram.percentile(0.99) == pytest.approx(0.99, rel=0.02)
    assert histogram.percentile(1) == 1.0
    assert Histogram().percentile(0.5) is None


def test_closed_loops_count_what_the_window_saw():
    probes = iter("ab")

    async def load(port):
        return await closed(port, 8, 0.5, warm_up=0.2, stagger=0.05, least=20, probe=lambda: next(probes))

    tally, seen = asyncio.run(serving(load, delay=0.01))
    assert 20 <= tally.served < len(seen)
    assert tally.clients_served == 8
    assert tally.probes == ("a", "b")
    assert tally.latency.count == tally.served
    assert tally.latency.percentile(0.01) >= 0.0099
    assert not tally.errors


def test_who_still_waits_when_the_window_ends_is_not_forgotten():
    """One of four is never answered: no latency tells, so the window says who waits, and for how long."""

    class Deaf(Counter):
        met = 0

        def connection_made(self, transport):
            super().connection_made(transport)
            Deaf.met += 1
            self.deaf = Deaf.met == 1

        def data_received(self, data):
            if not self.deaf:
                super().data_received(data)

    async def main():
        server = await asyncio.get_running_loop().create_server(lambda: Deaf([]), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await closed(port, 4, 0.2, warm_up=0.1, stagger=0.0, least=20, everybody=False)

    tally = asyncio.run(main())
    assert tally.clients_served == 3
    assert 1 <= tally.unanswered <= 4
    assert tally.oldest >= 0.3
    assert tally.latency.longest < tally.oldest


def test_refusals_and_errors_are_not_served():
    async def load(port):
        return await closed(port, 3, 0.2, warm_up=0.1, stagger=0.01)

    refused = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    broken = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    tally, _ = asyncio.run(serving(load, answer=refused))
    assert tally.served == tally.clients_served == 0
    tally, _ = asyncio.run(serving(load, answer=broken))
    assert tally.served == 0
    assert tally.errors["500"] > 0


def test_an_open_loop_does_not_wait_for_a_stalled_server():
    async def load(port):
        asyncio.get_running_loop().call_later(0.4, stall.set)
        return await open_loop(port, 100, 0.5, seed=3, connections=5)

    async def main():
        global stall
        stall = asyncio.Event()
        return await serving(load, stall=stall)

    def median():
        tally, seen = asyncio.run(main())
        assert tally.served == len(seen) > 25
        return tally.latency.percentile(0.5)

    # Five connections only, and a stall of 0.4 s at the start: whoever was due in it waited for its end. A load that
    # waited itself would find a median of hardly a millisecond.
    found = measured(median, lambda seconds: seconds > 0.1)
    assert found.came_out, found


def test_a_dead_server_is_counted_as_errors():
    async def load():
        return await closed(9, 2, 0.1, warm_up=0.05, stagger=0.01)

    tally = asyncio.run(load())
    assert tally.served == 0
    assert (tally.errors + tally.errors_before)["ConnectionRefusedError"] > 0


def test_a_probe_of_ourselves():
    import os

    found = look(os.getpid())
    assert found.processes >= 1 <= found.threads
    assert found.reserved > found.resident >= found.proportional // 2 > 0
    assert found.descriptors > 2
    assert found.cpu > 0


def test_held_connections_keep_their_rounds_and_say_medians():
    record = results.new("a command", {})
    for each, errors in ((100, {}), (900, {"TimeoutError": 1}), (120, {})):
        found = {
            "server": "loop", "connections": 50, "open": 50 - len(errors), "failed": 0, "served": 4, "errors": errors,
            "threads": 2, "resident_each": each, "reserved_each": each,
        }  # fmt: skip
        held.remember(record, found)
    (row,) = record.held
    assert (row["resident_each"], row["open"], row["errors"]) == (120, 49, {"TimeoutError": 1})
    assert [one["resident_each"] for one in row["rounds"]] == [100, 900, 120]


def test_a_window_counts_its_own_errors_and_keeps_those_before_apart():
    async def load(port):
        return await closed(port, 2, 0.2, warm_up=0.3, stagger=0.01, everybody=False)

    async def main():
        answers = iter([b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"] * 2)
        seen, loop = [], asyncio.get_running_loop()

        def protocol():
            counter = Counter(seen)
            counter.answer = next(answers, ANSWER)
            return counter

        server = await loop.create_server(protocol, "127.0.0.1", 0)
        async with server:
            # A client keeps its line, and this server keeps its answer: nothing but errors, before and within.
            return await load(server.sockets[0].getsockname()[1])

    tally = asyncio.run(main())
    assert tally.errors_before["500"] >= 2
    assert tally.errors["500"] >= 1
    assert tally.served == 0
