"""What becomes of the windows that were measured: points, tables, rounds and records."""

import pytest

from pizzeria.datacenter.measure import in_turn, results
from pizzeria.datacenter.measure.points import Point, Window


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


def test_a_round_measures_everybody_once_in_an_order_of_its_own():
    plan = list(range(40))
    first, second = in_turn.shuffled(plan, 1), in_turn.shuffled(plan, 2)
    assert sorted(first) == sorted(second) == plan
    assert first != second
    assert first == in_turn.shuffled(plan, 1), "the same on another day"


def test_nobody_is_asked_to_start_thousands_of_processes():
    points = in_turn.servers(["processes", "loop"], [10, 5000])
    assert [(p.server, p.clients) for p in points] == [("processes", 10), ("loop", 10), ("loop", 5000)]


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
