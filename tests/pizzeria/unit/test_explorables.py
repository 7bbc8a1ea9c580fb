"""What the page replays is what the simulator did: counts read off the packed trace equal the books."""

import gzip
import json
import math
import select
import warnings
from itertools import pairwise

import pytest

from pizzeria.explorables import (
    kitchens,
    pipe,
    turns,
    workers,
)
from pizzeria.explorables.packed import UNIT, pack, unpack
from pizzeria.kitchen import KitchenError, OverloadWarning, Setup, Trace, simulate
from pizzeria.weapons import readiness

START = kitchens.lunch(**kitchens.START)


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
