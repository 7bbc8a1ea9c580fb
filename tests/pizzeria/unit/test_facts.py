"""The figures of the story, and that what it leaves open is called assumed."""

import pytest

from pizzeria import facts


def test_every_fact_has_unit_and_standing():
    found = facts.all_facts()
    assert len(found) > 25
    assert {fact.standing for fact in found.values()} == set(facts.STANDINGS)
    assert all(fact.unit and fact.says for fact in found.values())


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("CALL", 5, "min"),
        ("PREPARE", 15, "min"),
        ("BAKE", 30, "min"),
        ("DELIVER", 20, "min"),
        ("LONGEST_RESTOCK", 30, "min"),
        ("CREDENTIALS", 500, "ms"),
        ("COMPUTE", 10, "ms"),
        ("SELECT_LIMIT", 1024, "descriptors"),
        ("MANY_CONNECTIONS", 20_000, "connections"),
    ],
)
def test_the_story_is_kept(name, value, unit):
    fact = facts.all_facts()[name]
    assert (fact.value, fact.unit, fact.standing) == (value, unit, "given")


@pytest.mark.parametrize("name", ["OUT_OF_STOCK", "HAND_OVER", "AGENTS", "ORDERS_PER_HOUR", "BURNS_AFTER"])
def test_what_the_story_leaves_open_is_assumed(name):
    assert facts.all_facts()[name].standing == "assumed"


def test_an_unknown_standing_is_refused():
    with pytest.raises(ValueError, match="guessed"):
        facts.Fact(1, "min", "guessed", "nothing")
