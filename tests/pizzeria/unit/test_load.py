"""The load generator counts what it says, and its latencies leave no waiting out."""

import asyncio

import pytest

from pizzeria.common.measured import measured
from pizzeria.datacenter.measure import held, in_turn, results
from pizzeria.datacenter.measure.load import Histogram, closed, open_loop
from pizzeria.datacenter.measure.points import Point, Window
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


def a_window(number=1, **changes):
    plain = {
        "round": number, "seconds": 2.0, "served": 20, "clients_served": 10, "p50": 540.0, "p99": 545.0, "cpu_ms": 1.5,
        "cores": 0.1, "generator": 0.05, "upstream": 0.02, "others": 0.3, "threads": 2, "processes": 1, "descriptors": 20,
        "resident": 1, "proportional": 1, "reserved": 1, "switches": 0.1,
    }  # fmt: skip
    return Window(**{**plain, **changes})


def test_many_who_work_for_a_moment_are_not_counted_as_nothing():
    """A hundred processes that use two milliseconds each: hundredths of a second would all be cut down to none."""
    import subprocess
    import sys

    import psutil

    from pizzeria.datacenter.measure.probes import cpu_seconds

    # Forked from one that has long begun, so that each has done nothing but its moment.
    code = (
        "import os, time, sys\nmany = []\nfor _ in range(100):\n  pid = os.fork()\n  if not pid:\n"
        "    while time.thread_time() < 0.002: pass\n    os.write(1, b'.'); os.read(0, 1); os._exit(0)\n"
        "  many.append(pid)\nsys.stdin.read()\nfor pid in many: os.waitpid(pid, 0)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as parent:
        assert len(parent.stdout.read(100)) == 100
        found = [cpu_seconds(child) for child in psutil.Process(parent.pid).children()]
        parent.communicate(b"." * 200)
    assert len(found) == 100
    assert sum(found) >= 0.15


def test_results_come_back_as_they_were_saved(tmp_path):
    record = results.new("a command", {"workers": 10})
    record.points.append(Point("loop", 10, [a_window(), a_window(2, at_work=1, errors={"TimeoutError": 3})]))
    record.proxies.append(Point("nginx", 10, [a_window()], "lifted"))
    record.save(tmp_path / "deep" / "data.json")
    again = results.load(tmp_path / "deep" / "data.json")
    assert again == record
    assert again.point("loop", 10).rate == 10.0
    assert again.namesake("nginx", "lifted", 10) == record.proxies[0]
    assert again.namesake("nginx", "as shipped", 10) is None
    with pytest.raises(KeyError, match="loop at 10"):
        again.point("loop", 11)


def test_a_point_says_medians_and_spreads_and_forgets_no_window():
    served = (18, 40, 20)
    windows = [a_window(n, served=count, others=count / 40) for n, count in enumerate(served, 1)]
    windows[0].cpu_ms = windows[1].cpu_ms = None
    windows[0].errors, windows[2].errors = {"503": 2}, {"503": 1, "TimeoutError": 5}
    point = Point("loop", 10, windows)
    assert (point.rate, point.spread) == (10.0, (9.0, 20.0)), "one odd window does not move the median"
    assert point.cpu_ms == 1.5, "a window that served nobody has no price"
    assert (point.errors, point.wrong) == ({"503": 3, "TimeoutError": 5}, 1.0)
    record = results.new("a command", {})
    record.points.append(point)
    assert record.company == (0.5, 1.0)
    assert record.rounds == 3
    assert results.new("nothing yet", {}).company == (0.0, 0.0)


def test_a_table_has_a_row_for_everybody_and_says_how_far_apart_the_windows_were():
    record = results.new("a command", {})
    record.points.append(Point("loop", 10, [a_window(1), a_window(2, served=60, errors={"503": 4})]))
    record.proxies.append(Point("nginx", 10, [a_window(cpu_ms=None, p50=None)], "as shipped"))
    rows = record.table().columns
    found = {str(column.header): list(column.cells) for column in rows}
    assert found["server"] == ["loop", "nginx as shipped"]
    assert (found["per s"], found["lowest"], found["highest"]) == (
        ["20.0", "10.0"],
        ["10.0", "10.0"],
        ["30.0", "10.0"],
    )
    assert found["errors/s"] == ["1.0", "0.0"]
    assert found["CPU ms"] == ["1.50", "-"]


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


def test_a_round_measures_everybody_once_in_an_order_of_its_own():
    plan = list(range(40))
    first, second = in_turn.shuffled(plan, 1), in_turn.shuffled(plan, 2)
    assert sorted(first) == sorted(second) == plan
    assert first != second
    assert first == in_turn.shuffled(plan, 1), "the same on another day"


def test_nobody_is_asked_to_start_thousands_of_processes():
    points = in_turn.servers(["processes", "loop"], [10, 5000])
    assert [(p.server, p.clients) for p in points] == [("processes", 10), ("loop", 10), ("loop", 5000)]


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


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', '{"schema": 2, "surprise": 2}'])
def test_a_broken_record_says_what_to_do(tmp_path, text):
    (tmp_path / "data.json").write_text(text)
    with pytest.raises(ValueError, match=r"data\.json.*again"):
        results.load(tmp_path / "data.json")


def test_a_missing_record_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="datacenter compare"):
        results.load(tmp_path / "none.json")
