"""The command line and the sweeps, as a user meets them."""

import importlib.util
import json
import os
import signal

import psutil
import pytest

from pizzeria import cli
from pizzeria.kitchen import KitchenError, Trace
from pizzeria.kitchen.sweep import HEADER, LOCAL, grid, read_table, sweep


def test_json_repeats_its_seed_and_itself(capsys):
    outputs = []
    for _ in range(2):
        assert cli.main(["kitchen", "--orders", "50", "--seed", "3", "--json"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    runs = json.loads(outputs[0])
    assert [run["strategy"] for run in runs] == ["apachehut", "nginxopepperoni"]
    assert {run["seed"] for run in runs} == {3}
    assert all(run["served"] == 50 for run in runs)


def test_table_trace_plot_and_replay(tmp_path, capsys):
    trace, plot = tmp_path / "day.json", tmp_path / "day.svg"
    command = ["kitchen", "--strategy", "nginxopepperoni", "--cooks", "1", "--orders", "5"]
    assert cli.main([*command, "--trace", str(trace), "--plot", str(plot)]) == 0
    captured = capsys.readouterr()
    assert "pizzas per cook-hour" in captured.out
    assert "seed 1" in captured.out
    assert "overloaded" in captured.err
    assert "<svg" in plot.read_text(encoding="utf-8")
    spans = Trace.from_json(trace.read_text(encoding="utf-8")).spans
    assert cli.main(["kitchen", "replay", str(trace)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(spans) > 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--cooks", "0"], "cooks must be"),
        (["--orders", "0"], "orders must be"),
        (["--trace", "x.json"], "needs --strategy"),
        (["verdict", "--clients", "0"], "clients must be"),
        (["replay", "/nowhere/at/all"], "No such file"),
    ],
)
def test_one_clear_line_and_exit_code_1(arguments, says, capsys):
    assert cli.main(["kitchen", *arguments]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["nowhere"], ["kitchen", "--policy", "lazy"], ["kitchen", "--cooks", "many"]]
)
def test_bad_usage_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err


def test_verdict(capsys):
    assert cli.main(["kitchen", "verdict", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data_centre_in_flight"] == 54


def cases():
    return grid(cooks=[1, 2], rates=[0.5], seeds=[1, 2], orders=20)


def test_an_interrupted_sweep_keeps_what_it_finished_and_resumes(tmp_path):
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    assert sweep(cases(), whole, workers=2) == 8
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    assert "sojourn_mean [min]" in lines[0]
    cut.write_text(
        "".join(lines[:4]) + lines[4][:20], encoding="utf-8"
    )  # killed while it wrote its fourth row
    assert sweep(cases(), cut, workers=2) == 5
    assert sweep(cases(), cut) == 0

    def table(path):
        return sorted(map(tuple, (row.items() for row in read_table(path))))

    assert table(cut) == table(whole)
    assert len(table(cut)) == 8


def test_a_foreign_table_is_not_touched(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(KitchenError, match="columns differ"):
        sweep(cases(), table)
    assert table.read_text(encoding="utf-8") == "a,b\n1,2\n"
    assert len(HEADER) == len(set(HEADER))


def test_a_sweep_of_nothing_or_of_the_impossible_does_not_start():
    with pytest.raises(KitchenError, match="nothing"):
        grid(cooks=[], rates=[1.0], seeds=[1])
    with pytest.raises(KitchenError, match="cooks"):
        grid(cooks=[0], rates=[1.0], seeds=[1])


def have_dask():
    if importlib.util.find_spec("distributed") is None:
        if os.environ.get("CI"):
            pytest.fail("dask.distributed is missing: nothing may be skipped here")
        pytest.skip("dask.distributed is not installed")


def test_dask_gives_the_same_table(tmp_path):
    have_dask()
    from dask import distributed

    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    sweep(cases(), here, workers=1)
    with distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp", **LOCAL) as cluster:
        sweep(cases(), there, scheduler=cluster.scheduler_address)
    key = lambda path: sorted(map(str, read_table(path)))
    assert key(here) == key(there)


def test_a_cluster_of_our_own_is_closed_when_the_sweep_fails(tmp_path):
    """Its workers are processes: none is left, and the table goes on from the row that it has."""
    have_dask()
    seen, table = [], tmp_path / "table.csv"

    def disk_full(done, total):
        seen.extend(children())
        if done:
            raise OSError("disk full")

    before = children()
    with pytest.raises(OSError, match="disk full"):
        sweep(cases(), table, scheduler="local", workers=1, progress=disk_full)
    assert set(seen) - before, "there was no cluster"
    assert not {p for p in set(seen) & children() if works(p)} - before
    assert len(read_table(table)) == 1
    assert sweep(cases(), table, workers=1) == len(cases()) - 1


def children():
    return set(psutil.Process().children(recursive=True))


def works(process):
    """Tell whether a process is a worker that has not ended; the tracker of what processes share goes with ours."""
    try:
        return "resource_tracker" not in str(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie, too, which only waits to be counted
        return False


def test_a_killed_worker_costs_its_lunch_a_second_start_and_the_table_no_row(tmp_path):
    have_dask()
    from dask import distributed

    table, killed = tmp_path / "table.csv", []
    many = grid(cooks=[1, 2], rates=[0.5], seeds=range(10), orders=200)
    with distributed.LocalCluster(n_workers=1, **LOCAL) as cluster:

        def kill(done, total):
            if done == 1:
                killed.append(cluster.workers[0].pid)
                os.kill(killed[0], signal.SIGKILL)

        assert sweep(many, table, scheduler=cluster.scheduler_address, progress=kill) == len(many)
        assert cluster.workers[0].pid not in (None, *killed)
    assert sorted((r["cooks"], r["strategy"], r["seed"]) for r in read_table(table)) == sorted(
        (str(case["cooks"]), case["strategy"], str(case["seed"])) for case in many
    )
    assert sweep(many, table) == 0


def test_a_silent_scheduler_is_one_clear_error(tmp_path):
    have_dask()
    with pytest.raises(KitchenError, match="no dask scheduler answers"):
        sweep(cases(), tmp_path / "table.csv", scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dask", None)
    with pytest.raises(KitchenError, match="pip install distributed"):
        sweep(cases(), tmp_path / "table.csv", scheduler="tcp://127.0.0.1:9")


def test_clusters_of_our_own_stand_side_by_side():
    have_dask()
    from dask import distributed

    with (
        distributed.LocalCluster(n_workers=0, **LOCAL) as one,
        distributed.LocalCluster(n_workers=0, **LOCAL) as other,
    ):
        ports = {cluster.scheduler.http_server.port for cluster in (one, other)}
    assert len(ports) == 2
    assert 8787 not in ports
