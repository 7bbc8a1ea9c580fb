"""What the page shows of the servers is what their simulator and the record say."""

import json
import math
import select
import warnings
from functools import partial
from itertools import pairwise

import pytest

from pizzeria.datacenter import load_results
from pizzeria.explorables import (
    kitchens,
    loads,
    pipe,
    predict,
    ring,
    sandbox,
    scan,
    servers,
    turns,
    workers,
)
from pizzeria.explorables.packed import UNIT, unpack
from pizzeria.kitchen import OverloadWarning, Setup, Trace, simulate
from support.blog import ROOT


def percentile(values, share):
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


RECORD = load_results(ROOT / "content/data/datacenter.json")
FIGURED = {
    "ring": ring.figure,
    **{name: partial(kitchens.figure, name) for name in kitchens.FIGURES},
    **{name: partial(loads.figure, name) for name in loads.FIGURES},
    **{name: partial(turns.figure, name) for name in turns.PROGRAMS},
    "knee": partial(loads.knee, RECORD),
    "pipe": pipe.figure,
    "workers": workers.figure,
    "sandbox": sandbox.figure,
    "cooks": predict.cooks,
    "fifty": predict.fifty,
    "guess-knee": partial(predict.knee, RECORD),
    "edge": predict.edge,
    "look": partial(
        scan.figure, {"select": {100: 4.0}, "poll": {100: 3.0, 900: 30.0}, "epoll": {100: 1.0, 900: 1.0}}
    ),
}


@pytest.mark.parametrize("name", FIGURED)
def test_a_figure_is_published_whole(name):
    component, data, fallback, *parts = FIGURED[name]()
    json.dumps([data, *parts])
    assert "<table>" in fallback or "<dl" in fallback
    assert "style=" not in fallback
    assert (ROOT / "code/theme/static/js/explorables" / f"{component}.js").is_file()


@pytest.mark.parametrize("position", [loads.START, {"pool": 54, "clients": 100, "wait": 500, "compute": 10}])
def test_the_servers_replay_what_the_simulator_counted(position):
    for name, run in servers.rush(**position)["runs"].items():
        result = servers.serve(name, **position)
        spans = unpack(run, servers.UNIT)
        stays = [s.end - s.start for s in spans if s.what == "in the house"]
        assert len(stays) == result.served == run["counts"]["served"] == servers.ROUNDS * position["clients"]
        for share, said in ((0.5, result.sojourn.p50), (0.99, result.sojourn.p99)):
            assert percentile(stays, share) == pytest.approx(said, abs=2 * servers.UNIT)


def test_the_servers_keep_below_their_ceilings_and_near_them():
    for position in ({**loads.START, "clients": n, "pool": p} for n in (10, 50, 100) for p in (10, 54)):
        runs = servers.rush(**position)["runs"]
        for name, ceiling in zip(("pool", "fifo"), servers.ceilings(**position), strict=True):
            assert 0.85 * ceiling < runs[name]["counts"]["rate"] <= ceiling * 1.001, (name, position)


def test_nobody_computes_beside_another_on_one_core():
    for name in ("pool", "fifo", "urgent"):
        trace = Trace()
        servers.serve(name, pool=20, clients=40, wait=100, compute=10, trace=trace)
        computing = sorted((s.start, s.end) for s in trace.spans if (s.who, s.what) == ("order", "prepare"))
        assert len(computing) == 80
        assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(computing))


def test_a_loop_that_takes_quick_things_first_has_no_convoys():
    runs = servers.rush(pool=54, clients=50, wait=500, compute=10)["runs"]
    assert runs["fifo"]["counts"]["rate"] < 0.7 * runs["pool"]["counts"]["rate"]
    assert runs["urgent"]["counts"]["rate"] == pytest.approx(runs["pool"]["counts"]["rate"], rel=0.05)


def test_the_reader_s_call_changes_nothing_before_it():
    base = ring.lunch()
    for moment in ring.MOMENTS:
        rung = ring.lunch(moment)
        for house, run in rung["runs"].items():
            before, after = ([s for s in unpack(r) if s.end < moment] for r in (base["runs"][house], run))
            assert [(s.start, s.end, s.who, s.what) for s in before] == [
                (s.start, s.end, s.who, s.what) for s in after
            ]
            mine = [s for s in unpack(run) if s.order == rung["you"] and s.what == "in the house"]
            assert [s.start for s in mine] == [pytest.approx(moment, abs=UNIT)]
            served = [s for s in unpack(run) if s.what == "in the house"]
            assert len(served) == ring.ORDERS + 1
    assert ring.guests(10_000)[1] == ring.ORDERS + 1, "who rings after all others is the last"


def test_who_is_rude_makes_everybody_wait():
    runs = loads.at("rude", loads.FIGURES["rude"]["start"])["runs"]
    longest = {
        name: max(s.end - s.start for s in unpack(run, servers.UNIT) if s.what == "in the house")
        for name, run in runs.items()
    }
    assert longest["rude"] > longest["fifo"] + servers.RUDE / 2
    computing = [s for s in unpack(runs["rude"], servers.UNIT) if (s.who, s.what) == ("order", "prepare")]
    assert max(s.end - s.start for s in computing) == pytest.approx(servers.RUDE, abs=servers.UNIT)
    assert sum(s.end - s.start > 2 for s in computing) == 1


def test_a_pool_twice_as_large_needs_half_the_rounds():
    runs = loads.at("rounds", loads.FIGURES["rounds"]["start"])["runs"]
    assert runs["hired"]["counts"]["ms"] == pytest.approx(runs["pool"]["counts"]["ms"] / 2, rel=0.15)


def test_the_three_requests_wait_together_on_one_thread():
    pictures = turns.run("requests")
    assert max(len(p["pending"]) for p in pictures) == 3
    assert any(p["line"] for p in pictures), "somebody stands in line for the core"
    assert pictures[-1]["now"] < sum(turns.WAITS) / 2


def test_the_answers_are_those_of_the_post():
    assert [value for _, value in predict.cooks()[1]["answers"]] == [57, 14]
    assert predict.fifty()[1]["answers"] == (("times sooner", 3.9),)
    assert predict.knee(RECORD)[1]["answers"] == (("measured", RECORD.settings["workers"]),)
    if hasattr(select, "epoll"):
        assert dict(predict.edge()[1]["answers"]) == {"edge": "silent", "level": "ready"}


def test_the_sandbox_serves_as_the_simulator_does():
    start = sandbox.START["orders"]
    played = sandbox.play("orders", **start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverloadWarning)
        setup = Setup(cooks=start["cooks"], ovens=start["ovens"], orders_per_hour=start["rate"])
        run = simulate(setup, start["house"], sandbox.ORDERS, sandbox.SEED, start["habit"])
    assert (played["numbers"]["burnt"], played["numbers"]["last"]) == (run.burnt, run.minutes)
    fewer = sandbox.play("orders", **{**start, "leaves": True})
    assert fewer["numbers"]["served"] == sandbox.ORDERS
    assert fewer["numbers"]["last"] > played["numbers"]["last"] + 60


def test_both_servers_of_the_sandbox_can_win_and_rudeness_loses():
    start = sandbox.START["requests"]
    assert not sandbox.play("requests", **start)["met"]
    for better in ({"pool": 20}, {"house": "loop"}):
        assert sandbox.play("requests", **{**start, **better})["met"]
        assert not sandbox.play("requests", **{**start, **better, "rude": True})["met"]
