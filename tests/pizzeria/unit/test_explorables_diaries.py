"""What the page tells of the ovens and of a killed cook: every bar, and where his order goes."""

import pytest

from pizzeria.explorables import (
    diary,
    sandbox,
)
from pizzeria.explorables.packed import UNIT, unpack
from pizzeria.kitchen import Setup


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
