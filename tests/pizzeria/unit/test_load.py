"""The load generator counts what it says, and its latencies leave no waiting out."""

import asyncio

import pytest

from pizzeria.common.measured import measured
from pizzeria.datacenter.measure import results
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
    assert tally.errors["ConnectionRefusedError"] > 0


def test_a_probe_of_ourselves():
    import os

    found = look(os.getpid())
    assert found.processes >= 1 <= found.threads
    assert found.reserved > found.resident >= found.proportional // 2 > 0
    assert found.descriptors > 2
    assert found.cpu > 0


def test_results_come_back_as_they_were_saved(tmp_path):
    record = results.new("a command", {"workers": 10})
    record.points.append(results.Point("loop", 10, 18.5, 100, 10, 540.0, 545.0, 1.5, 2, 1, 20, 1, 1, 1, 0.1))
    record.save(tmp_path / "deep" / "data.json")
    again = results.load(tmp_path / "deep" / "data.json")
    assert again == record
    assert again.point("loop", 10).rate == 18.5
    with pytest.raises(KeyError, match="loop at 10"):
        again.point("loop", 11)


def a_point(server, rate):
    return results.Point(server, 10, rate, 100, 10, 540.0, 545.0, 1.5, 2, 1, 20, 1, 1, 1, 0.1)


def test_servers_measured_later_join_a_record_and_it_says_so():
    record, later = results.new("all of them", {"workers": 10}), results.new("two of them", {"workers": 10})
    record.when, later.when = "2026-01-02T03:00:00+00:00", "2026-02-03T04:00:00+00:00"
    record.points += [a_point("pool", 1.0), a_point("loop", 2.0)]
    record.held += [{"server": "loop", "connections": 1}]
    later.points += [a_point("loop", 3.0), a_point("asio", 4.0)]
    later.held += [{"server": "loop", "connections": 2}, {"server": "asio", "connections": 2}]
    record.add(later)
    assert {(p.server, p.rate) for p in record.points} == {("pool", 1.0), ("loop", 3.0), ("asio", 4.0)}
    assert [row["connections"] for row in record.held] == [2, 2]
    assert record.provenance.startswith("on 2026-01-02 (loop, asio on 2026-02-03), on ")
    assert record.added == [{"when": later.when, "command": "two of them", "servers": ["loop", "asio"]}]
    again = results.new("one load", {"workers": 10})
    again.points.append(a_point("loop", 5.0))
    again.points[0].clients = 1
    record.add(again)
    assert [(p.server, p.clients, p.rate) for p in record.points] == [
        ("pool", 10, 1.0), ("loop", 1, 5.0), ("loop", 10, 3.0), ("asio", 10, 4.0),
    ]  # fmt: skip
    assert len(record.held) == 2
    assert [run["servers"] for run in record.added] == [["loop", "asio"], ["loop"]]


@pytest.mark.parametrize("change", [{"cores": 64}, {"python": "2.7"}, {"kernel": "1.0"}])
def test_another_machine_does_not_join_a_record(change):
    record, later = results.new("a", {}), results.new("b", {})
    later.machine |= change
    with pytest.raises(ValueError, match="cannot stand in one table"):
        record.add(later)


def test_other_settings_do_not_join_a_record():
    with pytest.raises(ValueError, match="settings"):
        results.new("a", {"workers": 10}).add(results.new("b", {"workers": 11}))


def test_the_rest_of_the_machine_is_what_is_not_ours(monkeypatch):
    import subprocess
    import sys

    from pizzeria.datacenter.measure import probes

    assert probes.others((0.0, 10.0), (2.0, 11.0)) == 0.5
    assert probes.others((0.0, 10.0), (2.0, 9.0)) == 0.0
    frozen = probes.psutil.cpu_times()
    monkeypatch.setattr(probes.psutil, "cpu_times", lambda: frozen)  # as if nobody worked, us included
    before = probes.elsewhere()[1]
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as child:
        child.stdout.readline()
        during = probes.elsewhere()[1]
        child.communicate(b"\n")
    assert before - during >= 0.25  # what a child used is taken off
    assert before - probes.elsewhere()[1] >= 0.25  # also when it has ended


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 0}', '{"schema": 1, "surprise": 2}'])
def test_a_broken_record_says_what_to_do(tmp_path, text):
    (tmp_path / "data.json").write_text(text)
    with pytest.raises(ValueError, match=r"data\.json.*again"):
        results.load(tmp_path / "data.json")


def test_a_missing_record_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="datacenter compare"):
        results.load(tmp_path / "none.json")
