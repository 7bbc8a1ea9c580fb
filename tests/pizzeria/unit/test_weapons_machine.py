"""The state machine of an order: table, run and diagram say the same."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pizzeria.weapons import ORDER, BadTransition, Diagram, run_machine, step


def test_the_run_is_the_one_of_the_cpp_loops():
    log = [(minute, order, event) for minute, order, event, _ in run_machine(2)]
    assert log == [
        (5, 1, "called"),
        (20, 2, "called"),
        (50, 1, "baked"),
        (65, 2, "baked"),
        (70, 1, "delivered"),
        (85, 2, "delivered"),
    ]


def test_without_the_bootstrap_nothing_ever_happens():
    assert run_machine(bootstrap=False) == []


def test_every_order_walks_through_every_state():
    log = run_machine(20)
    assert len(log) == 20 * len(ORDER)
    assert [minute for minute, *_ in log] == sorted(minute for minute, *_ in log)


def test_an_event_in_the_wrong_state_names_what_was_expected():
    with pytest.raises(BadTransition, match="'delivered' while 'in the oven': there it may hear baked"):
        step(ORDER, "in the oven", "delivered")
    with pytest.raises(BadTransition, match="may hear nothing"):
        step(ORDER, "paid", "called")


def test_the_diagram_is_drawn_from_the_table():
    table = {**ORDER, ("on the road", "nobody home"): ("in the oven", "warm <it> up", ("baked", 5))}
    for number, one in ((3, ORDER), (4, table)):
        diagram = Diagram(one)
        svg = ElementTree.fromstring(diagram.svg)
        arrows = [e for e in svg.iter() if e.get("marker-end")]
        assert len(arrows) == diagram.dot.count("->") == number
        words = {e.text for e in svg.iter() if e.tag.endswith("text")}
        for (state, event), (to, action, _) in one.items():
            assert {state, event, to, action} <= words
            assert f'"{state}" -> "{to}" [label="{event}: {action}"]' in diagram.dot
        assert svg[0].text.startswith("The state machine")
        assert not re.search(r"\bNone\b", diagram.svg)


def test_a_final_state_has_a_double_frame():
    svg = Diagram(ORDER).svg
    assert svg.count("<rect") == 4 + 1
    assert Diagram(ORDER).dot.count("peripheries") == 1
