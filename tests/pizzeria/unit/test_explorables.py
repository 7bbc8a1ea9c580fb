"""What the page replays is what the simulator did: counts read off the packed trace equal the books."""

import gzip
import json
import math
import select
import warnings
from functools import partial
from itertools import pairwise

import pytest

from pizzeria.datacenter import load_results
from pizzeria.explorables import (
    diary,
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
from pizzeria.explorables.packed import UNIT, pack, unpack
from pizzeria.kitchen import KitchenError, OverloadWarning, Setup, Trace, simulate
from pizzeria.weapons import readiness
from support.blog import ROOT

START = kitchens.lunch(**kitchens.START)


def percentile(values, share):
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


def replayed(run):
    """Count as the page does: orders that left, pizzas that stayed too long in their oven, time in the house."""
    spans = unpack(run)
    stays = {s.order: s for s in spans if s.what == "in the house"}
    baked = {s.order: s.end for s in spans if (s.who, s.what) == ("order", "bake")}
    rescued = {s.order: s.start for s in spans if (s.who, s.what) == ("order", "take out")}
    late = [n for n, at in rescued.items() if at - baked[n] > Setup().burns_after + UNIT / 2]
    times = [s.end - s.start for s in stays.values()]
    return len(stays), len(late), max(times)


@pytest.mark.parametrize(
    "position",
    [
        kitchens.START,
        *(
            {**kitchens.START, "cooks": 2, "rate": 12, "ovens": o, "missing": m}
            for o in (2, 16)
            for m in (20, 50)
        ),
    ],
)
def test_the_replay_counts_what_the_simulator_counted(position):
    for name, run in kitchens.lunch(**position)["runs"].items():
        strategy, policy = ("apachehut", "urgent") if name == "apachehut" else ("nginxopepperoni", name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverloadWarning)
            result = simulate(kitchens.setup(**position), strategy, kitchens.ORDERS, kitchens.SEED, policy)
        served, burnt, longest = replayed(run)
        assert (served, burnt) == (result.served, result.burnt)
        assert longest == pytest.approx(result.sojourn.most, abs=2 * UNIT)
        assert run["counts"] == kitchens.counts(result)


def test_packing_loses_nothing_but_rounding():
    trace = Trace()
    simulate(Setup(cooks=2), "nginxopepperoni", 20, seed=3, at_once=True, trace=trace)
    back = unpack(pack(trace, {}))
    assert [s[2:] for s in back] == [s[2:] for s in trace.spans]
    for was, now in zip(trace.spans, back, strict=True):
        assert now.start == pytest.approx(was.start, abs=UNIT)
        assert now.end == pytest.approx(was.end, abs=UNIT)


def test_both_kitchens_see_the_same_clients():
    arrivals = [
        {s.order: round(s.start, 6) for s in unpack(run) if s.what == "in the house"}
        for run in START["runs"].values()
    ]
    assert all(a == arrivals[0] for a in arrivals)
    assert len(arrivals[0]) == kitchens.ORDERS


@pytest.mark.parametrize("figure", kitchens.FIGURES)
def test_every_position_of_a_figure_has_a_file_and_it_is_small(figure):
    files = kitchens.positions(figure)
    about = kitchens.page(figure)
    assert len(files) == math.prod(len(s["ready"]) for s in about["sliders"].values())
    assert kitchens.name(about["start"]) in files
    for lunch in files.values():
        assert {house["run"] for house in about["houses"]} <= set(lunch["runs"])
        assert set(about["sliders"]) | set(about["fixed"]) == set(lunch["position"])
    biggest = max(len(gzip.compress(json.dumps(v).encode())) for v in files.values())
    assert biggest < 10_000


def test_the_reader_s_own_order_is_replayed():
    source = kitchens.SOURCE
    assert kitchens.rewritten(source, **kitchens.START) == kitchens.at(
        "yours", kitchens.FIGURES["yours"]["start"]
    )
    assert (
        kitchens.rewritten(source, **kitchens.START)["runs"]["urgent"]["spans"]
        == START["runs"]["urgent"]["spans"]
    )
    # Whoever holds the cook while the pizza bakes has rebuilt Apach' Hut, but for the delivery.
    held = source.replace(
        "await kitchen.prepare\n", "await kitchen.prepare\n            await kitchen.bake\n"
    )
    slower = kitchens.rewritten(held, **kitchens.START)
    assert slower["runs"]["urgent"]["counts"]["longest"] > START["runs"]["urgent"]["counts"]["longest"] + 25


def test_an_order_stands_at_the_line_that_says_what_it_does():
    """The recorded lines and the recorded spans tell the same story, moment by moment."""
    run = kitchens.at("yours", kitchens.FIGURES["yours"]["start"])["runs"]["urgent"]
    lines = kitchens.SOURCE.splitlines()
    words = {
        "talk": "kitchen.talk",
        "restock": "wait_for_stock",
        "prepare": "kitchen.prepare",
        "bake": "kitchen.bake",
        "deliver": "kitchen.deliver",
    }
    words |= {
        "waiting for agent": "kitchen.agent",
        "waiting for oven": "kitchen.oven",
        "waiting for cook": "cook_to_",
    }
    seen = set()
    for span in unpack(run):
        if span.who != "order" or span.what not in words or span.end - span.start < 2 * UNIT:
            continue
        at, line, middle = 0, None, (span.start + span.end) / 2
        for since, place in zip(*[iter(run["lines"][span.order])] * 2, strict=True):
            at += since
            line = place if at * UNIT <= middle else line
        assert words[span.what] in lines[line], (span, lines[line])
        seen.add(span.what)
    assert seen >= {"talk", "prepare", "bake", "deliver", "restock"}
    assert all(flat[-1] == -1 for flat in run["lines"].values()), "every order ends"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("async def order(kitchen, call, restock)\n    pass", "line 1: "),
        ("order = 1", 'no "async def order('),
        ("async def order(kitchen, call, restock):\n    await kitchen.bke", "line 2: AttributeError"),
        ("async def order(kitchen, call, restock):\n    await kitchen.bake", "still in the house"),
    ],
)
def test_a_broken_order_is_told_in_one_line(source, says):
    told = kitchens.rewritten(source, **kitchens.START)["error"]
    assert says in told
    assert "\n" not in told


def test_a_recipe_that_never_ends_is_given_up():
    async def forgets(kitchen, call, restock):
        await kitchen.bake

    with pytest.raises(KitchenError, match="3 orders are still in the house"):
        simulate(Setup(), "apachehut", 3, at_once=True, recipe=forgets, until=600)


def test_the_conversations_with_the_pipe_are_those_of_the_post():
    if not hasattr(select, "epoll"):
        pytest.skip("no epoll on this system")
    page = pipe.page()
    assert len(page["answers"]) == sum(3**length for length in range(1, pipe.DEPTH + 1))

    def said(*actions):
        place = 0
        for action in actions:
            place = 3 * place + list(pipe.ACTIONS).index(action)
        digit = int(page["answers"][sum(3**n for n in range(1, len(actions))) + place])
        return {temper: bool(digit >> bit & 1) for bit, temper in enumerate(pipe.TEMPERS)}

    talk = ("write", "read", "ask", "write", "read", "read", "read")
    for trigger in pipe.TEMPERS:
        expected = list(readiness(trigger).values())
        heard = [said(*talk[:length])[trigger] for length in (1, 2, 3, 4, 7)]
        assert heard == expected, trigger
    assert not any(said("read", "ask").values()), "an empty pipe is never ready"


def test_the_turns_are_those_of_the_loop():
    pictures = turns.run()
    assert pictures[0]["ready"] == [1, 2, 3], "the bootstrap"
    assert pictures[-1]["lines"] == {1: None, 2: None, 3: None}
    for before, after in pairwise(pictures):
        assert after["now"] >= before["now"]
        if before["ready"]:
            assert after["runs"] == before["ready"][0], "first come, first run"
        else:
            assert (after["now"], after["runs"]) == tuple(before["pending"][0]), "then the earliest deadline"
    for picture in pictures:
        everybody = [*picture["ready"], *picture["line"], *(number for _, number in picture["pending"])]
        alive = sorted(number for number, line in picture["lines"].items() if line is not None)
        assert sorted(everybody) == alive, "everybody is in one place"
    held = [
        sum(
            turns.source()[line or 0].endswith(("# prepare", "# take it out")) for line in p["lines"].values()
        )
        for p in pictures
    ]
    assert max(held) == 1, "one cook"


@pytest.mark.parametrize("temper", workers.TEMPERS)
def test_the_page_walks_where_the_ready_list_goes(temper):
    """Every state and every step of the table, done again from the start."""
    table = workers.states(temper)
    ways = {0: ()}
    for number, state in enumerate(table):
        floor = workers.after(temper, ways[number])
        assert floor.state() == (state["bytes"], state["listed"], state["armed"], *state["inside"])
        assert list(state["next"]) == floor.possible()
        for action, then in state["next"].items():
            ways.setdefault(then, (*ways[number], action))
            waiting, *_ = workers.after(temper, (*ways[number], action)).state()
            assert waiting == table[then]["bytes"]
    assert len(ways) == len(table)


def test_who_can_meet_in_one_connection():
    """Level and edge let both in; one-shot never does, and switches off whoever is forgotten."""
    together = {t: [s for s in workers.states(t) if all(s["inside"])] for t in workers.TEMPERS}
    assert together["level"]
    assert together["edge"]
    assert not together["one-shot"]
    lost = {
        t: [s for s in workers.states(t) if s["bytes"] and not s["listed"] and not any(s["inside"])]
        for t in workers.TEMPERS
    }
    assert not lost["level"]
    assert lost["edge"]
    assert all(not s["armed"] for s in lost["one-shot"])


def test_the_story_that_the_page_begins_with_is_possible_in_every_temper_but_one():
    page = workers.page()
    for temper, table in page["tempers"].items():
        at = 0
        for action in page["begun"]:
            at = table[at]["next"][action]
        assert all(table[at]["inside"]) is (temper != "one-shot")
    assert workers.still().count("Ada and Luigi") == 5


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


def test_the_diary_of_the_ovens_has_every_bar():
    events = [
        (-1.0, "oven 1", "baking"),
        (12.0, "oven 1", "baked"),
        (13.0, "Ada", "oven 1"),
        (13.0, "oven 1", "empty"),
        (28.0, "Ada", "free"),
    ]
    component, data, still = diary.ovens(events, ["1"])
    assert component == "diary"
    assert data["rows"] == ["oven 1", "Ada", "Linus"]
    assert data["bars"] == [
        (0, 0.0, 12.0, "baking", ""),
        (0, 12.0, 13.0, "waits", ""),
        (1, 13.0, 28.0, "hands", "oven 1"),
    ]
    assert still.count("<tr>") == 1 + len(data["bars"])


def test_the_diary_of_a_crash_begins_at_its_first_bar():
    spans = [
        (5.0, 9.0, 2, "prepare", "anna", "back"),
        (9.5, 20.0, 2, "prepare", "bruno", "done"),
        (5.0, 6.0, 1, "bake", "3", "done"),
    ]
    _, data, _ = diary.crash(spans)
    assert data["rows"] == ["Anna", "Bruno"]
    assert data["bars"] == [(0, 0.0, 4.0, "waits", "order 2"), (1, 4.5, 15.0, "hands", "order 2")]
    assert (data["opens"], data["flags"]) == (4.0, [(0, 4.0, "Anna is killed over order 2")])
    assert "opens" not in diary.crash(spans[1:])[1], "who hit nobody opens at the end"


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


@pytest.mark.parametrize("habit", ["fifo", "urgent", "race"])
def test_a_killed_cooks_order_goes_on_where_a_tablet_had_it(habit):
    start = {**sandbox.START["orders"], "house": "nginxopepperoni", "habit": habit}
    well, shot = (sandbox.play("orders", **{**start, "killed": killed}) for killed in (False, True))
    order, part, at, again = (shot["killed"][name] for name in ("order", "part", "at", "again"))
    assert shot["numbers"]["served"] == sandbox.ORDERS, "nobody is forgotten"
    assert shot["numbers"]["last"] > well["numbers"]["last"], "one cook does what two did"
    assert (at, part) == (sandbox.LEAVES, "prepare")
    spans = [s for s in unpack(shot["run"]) if s.order == order]
    tried = [s for s in spans if s.what == part and s.who.startswith("cook")]
    assert len(tried) == 2, "who takes over begins anew"
    assert tried[0].end == pytest.approx(at, abs=UNIT)
    assert tried[1].start == pytest.approx(again, abs=UNIT)
    assert again >= tried[0].start + 2 * Setup().prepare - UNIT, "not before the lease has run out"
    assert tried[0].who == shot["killed"]["who"] != tried[1].who
    dead = [s for s in unpack(shot["run"]) if s.who == tried[0].who and s.start > at]
    assert dead == [], "who is dead works no more"


def test_a_killed_cooks_order_is_lost_where_only_he_knew_of_it():
    start = {**sandbox.START["orders"], "house": "apachehut", "killed": True}
    for cooks in (2, 4):
        shot = sandbox.play("orders", **{**start, "cooks": cooks})
        order = shot["killed"]["order"]
        assert shot["numbers"]["served"] == sandbox.ORDERS - 1
        assert (shot["killed"]["again"], shot["met"]) == (0, False)
        spans = unpack(shot["run"])
        last = max((s for s in spans if s.order == order), key=lambda s: s.end)
        assert last.what in ("waiting for cook", "bake")
        assert not [s for s in spans if s.order == order and s.what == "in the house"], (
            "its client waits for ever"
        )
        cook = next(s for s in spans if s.order == order and s.who.startswith("cook"))
        assert cook.who == shot["killed"]["who"]
        assert not [s for s in spans if s.who == cook.who and s.start >= cook.end]


def test_with_his_only_cook_a_killed_kitchen_ends():
    for house in ("nginxopepperoni", "apachehut"):
        shot = sandbox.play(
            "orders", **{**sandbox.START["orders"], "house": house, "cooks": 1, "killed": True}
        )
        assert shot["numbers"]["served"] < sandbox.ORDERS
        assert (shot["killed"]["again"], shot["met"]) == (0, False)


def test_both_servers_of_the_sandbox_can_win_and_rudeness_loses():
    start = sandbox.START["requests"]
    assert not sandbox.play("requests", **start)["met"]
    for better in ({"pool": 20}, {"house": "loop"}):
        assert sandbox.play("requests", **{**start, **better})["met"]
        assert not sandbox.play("requests", **{**start, **better, "rude": True})["met"]
